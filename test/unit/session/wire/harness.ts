/** A local session on a fake engine, and the ways to reach it: as it is, over a pair of streams in memory, over a unix socket. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import { afterAll } from 'vitest';
import type { EngineEvent } from '../../../../src/core/events.js';
import { createLocalSession, type LocalSession, type SessionClient } from '../../../../src/session/index.js';
import { createSplitter, encodeMessage } from '../../../../src/session/wire/frames.js';
import {
  type ClientIdentity,
  type ConnectOptions,
  connectSession,
  PROTOCOL,
  type RemoteSession,
} from '../../../../src/session/wire/index.js';
import { type ServeOptions, type SessionServer, serveSession } from '../../../../src/session/wire/server.js';
import { FakeEngine, type FakeProcess } from '../fake-engine.js';
import { planOf, requestOf } from '../fixture.js';

export const TEXT = 'FROM scratch\nRUN one\nRUN two\n';
export const SIZE = { cols: 80, rows: 24 };

const request = requestOf(TEXT);

export const plan = planOf([2, 3]);
export const failure: EngineEvent = {
  type: 'build.failed',
  failure: { digest: 'v3', message: 'exit code: 1', hint: null, exitCode: 1, line: 3 },
};
export const success: EngineEvent = { type: 'build.succeeded', result: { imageId: null, tags: ['a'], outputs: [] } };
export const vertex = (line: number, completedAtMs: number | null = 2): EngineEvent => ({
  type: 'vertex.updated',
  digest: `v${line}`,
  name: `v${line}`,
  inputs: [],
  isCached: false,
  startedAtMs: 1,
  completedAtMs,
  error: '',
});
export const printed = (line: number, text: string): EngineEvent => ({
  type: 'log.appended',
  digest: `v${line}`,
  stream: 'stdout',
  text,
});
export const rollback = (step: string) =>
  ({ type: 'step.rollback', step, moment: 'auto', exclusiveCaches: 'mount', size: SIZE }) as const;

export const SCREEN: ClientIdentity = { kind: 'screen', isReadOnly: false, label: 'tty1', version: '1.2.3' };

export interface Served {
  readonly engine: FakeEngine;
  readonly local: LocalSession;
  readonly server: SessionServer;
  readonly kills: number[];
  /** A raw stream to the server. */
  stream(): Duplex;
  connect(identity?: Partial<ConnectOptions>): Promise<RemoteSession>;
  /** The programs that were started in containers of this run of the build. */
  programs(run?: number): FakeProcess[];
}

/** Logs that outgrew memory, of sessions that a test has not ended. */
const spills: string[] = [];
afterAll(() => {
  for (const directory of spills.splice(0)) rmSync(directory, { recursive: true, force: true });
});

export function serve(options: Partial<ServeOptions> = {}, openOn: 'never' | 'error' = 'never'): Served {
  const engine = new FakeEngine();
  const spillDirectory = join(tmpdir(), `bxtui-test-${randomUUID()}`);
  spills.push(spillDirectory);
  const kills: number[] = [];
  const local = createLocalSession({
    id: 's1',
    contextLabel: '.',
    connect: async () => engine,
    prepare: () => request,
    target: null,
    openOn,
    invoke: null,
    spillDirectory,
    now: () => 1,
  });
  const server = serveSession(local, {
    id: 's1',
    version: '1.2.3',
    now: () => 7,
    onKill: () => void kills.push(1),
    ...options,
  });
  const stream = (): Duplex => {
    const [near, far] = duplexPair();
    server.accept(far);
    return near;
  };
  return {
    engine,
    local,
    server,
    kills,
    stream,
    connect: (identity) => connectSession(stream(), { ...SCREEN, ...identity }),
    programs: (run = 0) => engine.runs[run]!.containers.flatMap((container) => container.processes),
  };
}

export interface Reached extends Served {
  readonly session: SessionClient;
  close(): Promise<void>;
}

/** The session before its start, reached this way. */
export type Way = () => Promise<Reached>;

export const WAYS: Readonly<Record<string, Way>> = {
  async 'in this process'() {
    const served = serve();
    return { ...served, session: served.local, close: () => end(served) };
  },
  async 'over a stream'() {
    const served = serve();
    return { ...served, session: await served.connect(), close: () => end(served) };
  },
  async 'over a unix socket'() {
    const served = serve();
    const path = join(tmpdir(), `bxtui-${randomUUID().slice(0, 8)}.sock`);
    const server = createServer((socket) => served.server.accept(socket));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const session = await connectSession(createConnection(path), SCREEN);
    const close = async (): Promise<void> => {
      await end(served);
      await new Promise((resolve) => server.close(resolve));
      rmSync(path, { force: true });
    };
    return { ...served, session, close };
  },
};

async function end({ local }: Served): Promise<void> {
  await local.execute({ type: 'session.disconnect' });
}

/** Waits for what has to come over streams. */
export async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error(`this never came: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Lets everything that is ready happen, on streams too. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  // After a time in which this process stood still the timer is due before what has come.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A session whose build has failed, with a shell in step 2. */
export async function withShell(served: Served): Promise<void> {
  await served.local.start();
  served.engine.runs[0]!.say(plan, vertex(2), vertex(3), failure);
  await until(() => served.local.state.generations[0]?.status === 'failed');
  await served.local.execute(rollback('2'));
}

/** What the server says, as long as it says anything. */
export function messages(stream: Duplex): Array<Record<string, unknown>> {
  const seen: Array<Record<string, unknown>> = [];
  const splitter = createSplitter();
  stream.on('data', (chunk: Buffer) => {
    for (const frame of splitter.push(chunk)) if (frame.kind === 'message') seen.push(JSON.parse(frame.text));
  });
  stream.on('error', () => undefined);
  return seen;
}

/** A client's first frame. */
export const hello = (change: object = {}) => encodeMessage({ type: 'hello', protocol: PROTOCOL, ...SCREEN, ...change });
