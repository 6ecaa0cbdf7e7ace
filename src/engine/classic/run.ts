/** One run of the build, and the ground for its containers: images of steps, what failed commands have left, and their removal. */
import type { DockerfilePlan, PlannedInstruction } from '../../core/dockerfile/index.js';
import type { EngineEvent, PlannedVertex } from '../../core/events.js';
import type { LineRange, StepKey } from '../../core/model/index.js';
import { BxError, toBxError } from '../../platform/errors.js';
import type { BuildRequest, BuildRun } from '../engine.js';
import type { EngineApi } from '../shared/engine-api.js';
import { createEventQueue } from '../shared/event-queue.js';
import { createRegistryAuth } from '../shared/registry-auth.js';
import { within } from '../shared/within.js';
import { type BuildOutcome, build } from './build.js';
import type { ImageConfig } from './container.js';
import { cutBefore, stagesFor } from './cut.js';
import type { Dialect } from './dialect.js';
import { readPlatform } from './facts.js';
import type { Journal } from './journal.js';
import type { Remains } from './looks.js';
import { removeContainer } from './owner.js';
import type { Places } from './places.js';
import type { SentStep } from './progress.js';
import { refuseOtherPlatform, requireNames, requireTarget } from './refuse.js';

/** How long an engine that is being left may take for each part of it. */
const FAREWELL_MS = 5_000;

/** Of this process. */
let runs = 0;

type BuildFailed = NonNullable<BuildOutcome['failure']>;

/** What the runs of one engine have in common. */
export interface RunSurroundings {
  readonly api: EngineApi;
  readonly journal: Journal;
  readonly dialect: Dialect;
  /** No build begins before it. */
  readonly clean: Promise<void>;
}

export function startRun({ api, journal, dialect, clean }: RunSurroundings, request: BuildRequest): BuildRun {
  const { plan, text } = request.dockerfile;
  const origins = { plan, dockerfileText: text, buildArgs: request.buildArgs };
  const queue = createEventQueue<EngineEvent>();
  const lateListeners = new Set<(event: EngineEvent) => void>();
  const run = ++runs;
  const digestOf = (step: StepKey): string => `classic:${run}:${step}`;
  const known = new Set<StepKey>();
  const images = new Map<StepKey, string>();
  const failed = new Map<StepKey, BuildFailed>();
  const remains = new Map<StepKey, Remains>();
  const opening = new Set<Promise<unknown>>();
  const lifetime = new AbortController();
  let work = new AbortController();
  let evaluating: Promise<unknown> = Promise.resolve();
  let disposing: Promise<void> | null = null;
  let isBuilt = false;
  const waiting = new Set<() => void>();

  const emit = (event: EngineEvent): void => {
    for (const resolve of waiting) resolve();
    waiting.clear();
    if (!queue.isEnded) queue.push(event);
    else for (const listener of lateListeners) listener(event);
  };
  const warn = (step: StepKey, message: string, lines: LineRange | null = null): void =>
    emit({ type: 'warning.reported', digest: digestOf(step), message, detail: [], url: null, lines });
  const registryAuth = createRegistryAuth(process.env, (message) => {
    for (const step of [...known].slice(0, 1)) warn(step, message);
  });
  const announce = (sent: readonly SentStep[]): void => {
    const vertices = sent.flatMap(({ step, isHidden }): PlannedVertex[] => {
      if (isHidden || known.has(step.key)) return [];
      known.add(step.key);
      const before = plan.instructions[step.number - 2];
      return [
        {
          digest: digestOf(step.key),
          name: step.text,
          inputs: before?.stage === step.stage ? [digestOf(before.key)] : [],
          lines: step.lines,
          op: opOf(step.instruction),
        },
      ];
    });
    if (vertices.length > 0 || known.size === 0) emit({ type: 'plan.resolved', vertices });
  };

  /** Runs it, keeps what it has made, and takes away what nobody will look into. */
  const carryOut = async (
    sent: readonly SentStep[],
    cutText: string | null,
    signal: AbortSignal,
    { isWhole = cutText === null, isWithoutContext = false } = {},
  ): Promise<BuildOutcome> => {
    announce(sent);
    await clean;
    const outcome = await build(api, {
      request,
      registryAuth,
      sent,
      ...{ text: cutText, isWhole, isWithoutContext },
      images,
      journal,
      dialect,
      digestOf,
      emit,
      room: () => queue.room(),
      signal,
    });
    const { progress, failedStep } = outcome;
    if (outcome.failure !== null && failedStep !== null) failed.set(failedStep, outcome.failure);
    const { container } = progress;
    const isKept = outcome.failure !== null && failedStep !== null && container !== null && request.isUnattended !== true;
    if (isKept) remains.set(failedStep, await readRemains(container));
    const others = [...progress.containers].filter((id) => !isKept || id !== container);
    await Promise.all(others.map(removeBuilt));
    return outcome;
  };

  /** What cannot be removed stays noted for the next start. */
  const removeBuilt = (id: string): Promise<void> =>
    removeContainer(api, id).then(
      () => journal.remove(id),
      () => {},
    );
  const readRemains = async (container: string): Promise<Remains> => {
    const { Config, Image } = await api.json<{ readonly Config: ImageConfig; readonly Image: string }>(
      'GET',
      `/containers/${container}/json`,
    );
    return { container, image: Image, config: Config };
  };
  /** Undefined: not known. */
  const imageUpTo = (step: PlannedInstruction): string | null | undefined => {
    const image = images.get(step.key);
    if (image !== undefined) return image;
    return step.instruction === 'FROM' && plan.stages[step.stage]?.base.toLowerCase() === 'scratch' ? null : undefined;
  };

  /** Up to a step; each stage before that it takes from is a build of its own, which ends with the first that fails. */
  const byStages = async (until: PlannedInstruction, signal: AbortSignal, isWhole: boolean): Promise<BuildOutcome> => {
    const needed = [...stagesFor(origins, until)].filter((stage) => stage < until.stage).sort((a, b) => a - b);
    for (const stage of needed) {
      const last = plan.instructions.findLast((step) => step.stage === stage);
      if (last === undefined || imageUpTo(last) !== undefined) continue;
      const outcome = await carryOutUpTo(last, signal, false);
      if (outcome.failure !== null || signal.aborted) return outcome;
    }
    return carryOutUpTo(until, signal, isWhole);
  };
  const carryOutUpTo = (until: PlannedInstruction, signal: AbortSignal, isWhole: boolean): Promise<BuildOutcome> => {
    const { text: cutText, sent } = cutBefore(origins, until, images);
    return carryOut(sent, cutText, signal, { isWhole, isWithoutContext: !sent.some((one) => takesFromContext(plan, one)) });
  };

  const main = async (): Promise<EngineEvent> => {
    const { signal } = work;
    try {
      requireTarget(request);
      requireNames(request);
      if (request.platform !== null) refuseOtherPlatform(request, await readPlatform(api, signal), dialect);
      const sent = dialect.stepsFor(origins, request.target);
      const last = sent.at(-1)?.step;
      const isCut = dialect.isStageByStage && last !== undefined && last.stage !== sent[0]?.step.stage;
      announce(sent);
      const steps = sent.map(({ step }) => step);
      for (const { step, lines, message } of dialect.misreadIn(text, plan, steps)) warn(step, message, lines);
      if (request.classic?.keepsContainers && steps[0]) warn(steps[0].key, NO_CONTAINERS_LEFT);
      const { failure, progress } = await (isCut ? byStages(last, signal, true) : carryOut(sent, null, signal));
      if (signal.aborted) return { type: 'build.cancelled' };
      if (failure) return { type: 'build.failed', failure };
      emit({ type: 'export.started' });
      return { type: 'build.succeeded', result: { imageId: progress.imageId, tags: request.tags, outputs: [] } };
    } catch (error) {
      if (signal.aborted) return { type: 'build.cancelled' };
      const { message, hint } = toBxError(error, 'engine');
      return { type: 'build.failed', failure: { digest: null, message, hint, exitCode: null, line: null } };
    }
  };
  const done = main().then((event) => {
    isBuilt = true;
    emit(event);
    queue.end();
  });

  /** A second build of the same steps beside the one that runs would give other images than it: what may come of that is waited for. */
  const untilSettled = async (step: PlannedInstruction, signal: AbortSignal): Promise<void> => {
    while (imageUpTo(step) === undefined && !isBuilt && !signal.aborted) {
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  };

  /** The image after a step, built up to there when it is not there yet; null for the empty one of `FROM scratch`. */
  const imageAfter = async (step: PlannedInstruction, signal: AbortSignal): Promise<string | null> => {
    const found = imageUpTo(step);
    if (found !== undefined) return found;
    const turn = evaluating.then(() => evaluate(step, AbortSignal.any([signal, work.signal, lifetime.signal])));
    evaluating = turn.catch(() => {});
    await turn;
    return imageUpTo(step) ?? null;
  };
  const evaluate = async (step: PlannedInstruction, signal: AbortSignal): Promise<void> => {
    if (imageUpTo(step) !== undefined) return;
    if (signal.aborted) throw new BxError('cancelled', `building up to step ${step.number} was cancelled`);
    const cut = cutBefore(origins, step, images);
    // What has failed in this run is not tried again.
    const known = cut.sent.flatMap((one) => failed.get(one.step.key) ?? [])[0];
    const outcome = known
      ? null
      : await (dialect.isStageByStage ? byStages(step, signal, false) : carryOut(cut.sent, cut.text, signal));
    const failure = known ?? outcome?.failure;
    if (signal.aborted) throw new BxError('cancelled', `building up to step ${step.number} was cancelled`);
    if (failure) throw new BxError('engine', failure.message, { hint: failure.hint });
  };

  let places: Promise<Places> | null = null;
  /** Most builds succeed, and nobody looks into them: what leads into a step is loaded by who does. */
  const placesOf = (): Promise<Places> => {
    journal.begin();
    places ??= import('./places.js').then(({ createPlaces }) =>
      createPlaces({
        ...{ api, request, dialect, images, failed, remains, imageAfter, untilSettled },
        lifetime: lifetime.signal,
      }),
    );
    return places;
  };
  /** What is asked for while the run is there; `what`: for a message. */
  const asked = <T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    if (request.isUnattended) throw new BxError('state', 'this build was started without a way into its steps');
    if (disposing) throw new BxError('state', 'this run of the build has been given back to the engine');
    const one = work().catch((error: unknown) => {
      throw signal.aborted ? new BxError('cancelled', `${what} was cancelled`) : error;
    });
    opening.add(one);
    one.catch(() => {}).finally(() => opening.delete(one));
    return one;
  };

  const disposeAll = async (): Promise<void> => {
    work.abort();
    lifetime.abort();
    await within(FAREWELL_MS, Promise.allSettled([done, evaluating, ...opening]));
    if (places !== null)
      await within(
        FAREWELL_MS,
        places.then((all) => all.release()),
      );
    const left = [...remains.values()].map(({ container }) => removeBuilt(container));
    await within(FAREWELL_MS, Promise.allSettled(left));
  };

  return {
    events: queue,
    onLateEvent: (listener) => void lateListeners.add(listener),
    async cancel() {
      work.abort();
      await Promise.allSettled([done, evaluating]);
      work = new AbortController();
    },
    openContainer: async (spec, signal) =>
      asked('opening the container', signal, async () => (await placesOf()).open(spec, signal)),
    openFiles: async (spec, signal) => asked('opening the files', signal, async () => (await placesOf()).openFiles(spec, signal)),
    changes: async (step, signal) =>
      asked('comparing the step with the one before', signal, async () => (await placesOf()).changesOf(step, signal)),
    hasExclusiveCache: () => false,
    dispose() {
      disposing ??= disposeAll();
      return disposing;
    },
  };
}

/** `--rm=false`. What they are kept for is to be had otherwise. */
const NO_CONTAINERS_LEFT =
  'the containers of the commands are removed, also with --rm=false: open a shell at a step, which has what its command has left';

/** COPY, ADD, a mount of it; and what an image from elsewhere may bring along (ONBUILD). */
function takesFromContext({ stages }: DockerfilePlan, { step, isHidden }: SentStep): boolean {
  const { instruction, text, stage } = step;
  if (instruction === 'COPY' || instruction === 'ADD') return !/ --from=/.test(text);
  if (instruction === 'RUN') return /--mount=(?!\S*\bfrom=)(?!\S*\btype=(?:cache|tmpfs|secret|ssh)\b)/.test(text);
  const base = stages[stage]?.base.toLowerCase();
  const isElsewhere = base !== 'scratch' && !stages.some(({ name, index }) => name === base && index < stage);
  return instruction === 'FROM' && !isHidden && isElsewhere;
}

function opOf(instruction: string): PlannedVertex['op'] {
  if (instruction === 'FROM') return 'source';
  if (instruction === 'RUN') return 'exec';
  return instruction === 'COPY' || instruction === 'ADD' ? 'file' : 'unknown';
}
