/** Runs builds on the engines under test and tells what came of them: the events as they were, and the state that they fold into. */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, it } from 'vitest';
import type { Endpoint, TlsMaterial } from '../../src/builders/endpoint.js';
import { parseDockerfile, severalPlatforms } from '../../src/core/dockerfile/index.js';
import type { EngineEvent } from '../../src/core/events.js';
import type { Generation, Step } from '../../src/core/model/index.js';
import { initialState, reduce } from '../../src/core/reduce/index.js';
import type {
  BuildRequest,
  BuildRun,
  Container,
  ContainerSpec,
  Engine,
  ProcessExit,
  ProcessSpec,
} from '../../src/engine/engine.js';
import { type BuilderKind, connectEngine } from '../../src/engine/registry.js';
import type { ReplaySession } from '../../src/session/recording/replay-session.js';
import { CLASSIC, isDocker, isPodman, REPLAY } from '../helpers/engines.js';
import { type Project, removeProjects } from '../helpers/project.js';
import { type RecordedRun, recordedEngine } from './recorded.js';

export interface TestEndpoint extends Endpoint {
  readonly builder: BuilderKind;
  readonly isPodman: boolean;
  /** What is tested is the replay of what is recorded there. */
  readonly isReplay: boolean;
  /** As in BXTUI_TEST_ENGINES. */
  readonly label: string;
}

/**
 * One endpoint per address of BXTUI_TEST_ENGINES (comma-separated); `classic+unix://…` is the classic builder there, `replay+…` the replays of
 * what is recorded there, for the parts of the contract that hold for them.
 */
export function contractEndpoints({ isForReplays = false } = {}): TestEndpoint[] {
  const endpoints = (process.env.BXTUI_TEST_ENGINES ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '')
    .map((address) => endpointAt(address))
    .filter(({ isReplay }) => isForReplays || !isReplay);
  // A file without a test is an error.
  if (endpoints.length === 0) it.skip('of a running engine only', () => undefined);
  return endpoints;
}

export function replayEndpoints(): TestEndpoint[] {
  const endpoints = contractEndpoints({ isForReplays: true }).filter(({ isReplay }) => isReplay);
  if (endpoints.length === 0) it.skip('of replays only', () => undefined);
  return endpoints;
}

/** Skips the tests around the call on BuildKit: they ask for what only the classic builder has. */
export function skipBuildKit({ builder }: TestEndpoint): void {
  beforeEach(({ skip }) => skip(builder === 'buildkit', 'of the classic builder only'));
}

/** Skips the tests around the call on the classic builder, which has no mounts and no outputs. */
export function skipClassic({ builder }: TestEndpoint): void {
  beforeEach(({ skip }) => skip(builder === 'classic', 'the classic builder has none of it'));
}

export function dockerEndpoints(): Endpoint[] {
  return contractEndpoints().filter(({ kind }) => kind === 'docker');
}

export function endpointAt(label: string): TestEndpoint {
  const isReplay = label.startsWith(REPLAY);
  const engine = label.replace(REPLAY, '');
  const builder = engine.startsWith(CLASSIC) ? 'classic' : 'buildkit';
  const address = engine.replace(CLASSIC, '');
  return {
    ...{ builder, isReplay },
    isPodman: isPodman(address),
    label,
    kind: isDocker(address) ? 'docker' : 'buildkitd',
    address,
    source: 'the test',
    tls: tlsFor(address),
  };
}

/** As the program has it: a buildkitd on tcp is spoken to with the certificates of BXTUI_BUILDKIT_TLS_DIR. */
function tlsFor(address: string): TlsMaterial | null {
  const dir = process.env.BXTUI_BUILDKIT_TLS_DIR;
  if (!dir || !address.startsWith('tcp://')) return null;
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFileSync(join(dir, name), 'utf8'));
  return { ca: ca ?? null, cert: cert ?? null, key: key ?? null, skipVerify: false, serverName: null };
}

export async function connect(endpoint: Endpoint & Partial<TestEndpoint>): Promise<Engine> {
  const engine = await connectEngine(endpoint, AbortSignal.timeout(15_000), async () => dockerEndpoints(), endpoint.builder);
  return endpoint.isReplay ? recordedEngine(engine) : engine;
}

export function requestFor(project: Project, overrides: Partial<BuildRequest> = {}): BuildRequest {
  const text = project.read('Dockerfile');
  const path = project.path('Dockerfile');
  return {
    contextDir: project.dir,
    dockerfile: {
      ...{ dir: dirname(path), name: basename(path), text },
      plan: parseDockerfile(text, severalPlatforms(overrides.platform ?? null)),
    },
    target: null,
    buildArgs: [],
    tags: [],
    noCache: false,
    platform: null,
    secrets: [],
    ssh: [],
    outputs: [],
    ...overrides,
  };
}

export interface Observed {
  readonly run: BuildRun;
  readonly request: BuildRequest;
  readonly events: EngineEvent[];
  readonly late: EngineEvent[];
  /** The last event of the build. */
  readonly last: EngineEvent;
  /** Of a recorded build: the events are those of this replay, and so is the state. */
  readonly replay: ReplaySession | null;
}

/** Builds to the end. `onEvent` sees each event as it comes. */
export async function build(
  engine: Engine,
  project: Project,
  overrides: Partial<BuildRequest> = {},
  onEvent: (event: EngineEvent, run: BuildRun) => void = () => {},
): Promise<Observed> {
  const request = requestFor(project, overrides);
  const run = engine.build(request);
  const events: EngineEvent[] = [];
  const late: EngineEvent[] = [];
  run.onLateEvent((event) => late.push(event));
  for await (const event of run.events) {
    events.push(event);
    onEvent(event, run);
  }
  const played = 'play' in run ? await (run as RecordedRun).play() : null;
  const told = played ? [...played.events] : events;
  const last = told.at(-1);
  if (!last) throw new Error('the build ended without an event');
  return { run, request, events: told, late: played ? [...played.late] : late, last, replay: played?.session ?? null };
}

/** An engine for the tests around the call, and builds that are given back, with their contexts, at the end of each. */
export function keepRuns(endpoint: TestEndpoint): {
  readonly engine: Engine;
  observe(project: Project, ...more: BuildMore): Promise<Observed>;
} {
  let engine: Engine;
  const runs: Observed[] = [];
  beforeAll(async () => {
    engine = await connect(endpoint);
  });
  afterAll(() => engine.dispose());
  afterEach(async () => {
    await Promise.all(runs.splice(0).map((observed) => observed.run.dispose()));
    removeProjects();
  });
  return {
    get engine() {
      return engine;
    },
    async observe(project, ...more) {
      const observed = await build(engine, project, ...more);
      runs.push(observed);
      return observed;
    },
  };
}

type BuildMore = Parameters<typeof build> extends [unknown, unknown, ...infer Rest] ? Rest : never;

/** What the events fold into, as everybody else sees it; late events included. */
export function generationOf({ request, events, late, replay }: Observed): Generation {
  const { dockerfile, target } = request;
  if (replay?.state.generations[0]) return replay.state.generations[0];
  let state = reduce(initialState(), {
    type: 'generation.started',
    atMs: 0,
    generation: 1,
    dockerfile: { path: dockerfile.name, text: dockerfile.text },
    plan: dockerfile.plan,
    target,
  });
  for (const event of [...events, ...late])
    state = reduce(state, { type: 'engine.reported', atMs: Date.now(), generation: 1, event });
  const generation = state.generations[0];
  if (!generation) throw new Error('the state has no generation');
  return generation;
}

/** The step of the instruction whose text contains `text`. */
export function stepWith(observed: Observed, text: string): Step {
  const step = Object.values(generationOf(observed).steps).find((one) => one.kind === 'instruction' && one.text.includes(text));
  if (!step) throw new Error(`no step contains ${JSON.stringify(text)}`);
  return step;
}

/** The log of that step, as its command has written it. */
export function logOf(observed: Observed, text: string): string {
  const digests = new Set(stepWith(observed, text).vertices);
  const said = [...observed.events, ...observed.late]
    .flatMap((event) => (event.type === 'log.appended' && digests.has(event.digest) ? [event.text] : []))
    .join('');
  // The classic builder names the image of every step in its log.
  return said.replace(/(?:^|(?<=\n))(?: -)?--> [0-9a-f]{11,12}\n/g, '');
}

export function openAt(
  observed: Observed,
  text: string,
  moment: ContainerSpec['moment'] = 'auto',
  exclusiveCaches: ContainerSpec['exclusiveCaches'] = 'mount',
): Promise<Container> {
  const spec = { step: stepWith(observed, text).key, moment, exclusiveCaches };
  return observed.run.openContainer(spec, AbortSignal.timeout(60_000));
}

/** Runs a command line in the container's shell and collects what it prints. */
export async function shell(
  container: Container,
  commandLine: string,
  overrides: Partial<ProcessSpec> = {},
): Promise<{ readonly output: string; readonly exit: ProcessExit }> {
  const process = await container.start({
    args: [...container.defaults.shell, '-c', commandLine],
    env: [],
    user: null,
    cwd: null,
    tty: false,
    cols: 80,
    rows: 24,
    ...overrides,
  });
  const chunks: Uint8Array[] = [];
  process.onData((data) => chunks.push(data));
  const exit = await process.exited;
  return { output: Buffer.concat(chunks).toString('utf8'), exit };
}
