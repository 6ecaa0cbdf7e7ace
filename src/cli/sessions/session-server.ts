/**
 * The process that a detached session lives in: builds, holds the containers, and serves whoever attaches, until it is ended. It has no
 * terminal. Started by `bxtui build --detach`; nobody calls it by hand.
 */
import { chmodSync, closeSync, rmSync, writeSync } from 'node:fs';
import * as net from 'node:net';
import { selectCurrent } from '../../core/select/index.js';
import { isBuilding } from '../../monitor/index.js';
import { type BxError, toBxError } from '../../platform/errors.js';
import type { LocalSession } from '../../session/index.js';
import { createRecord, type FoundSession, removeRecord } from '../../session/records/session-records.js';
import { serveSession } from '../../session/wire/index.js';
import { locateBuildInput } from '../build/build-input.js';
import { readBuildOptions } from '../build/build-options.js';
import { startConnecting } from '../build/connecting.js';
import { disconnect } from '../build/disconnect.js';
import { openSession } from '../build/open-session.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-status.js';
import { programVersion } from '../version.js';
import { READY_FD, type ServerWord } from './start-server.js';

/** How long a session that nobody looks at and in which nothing runs is kept. */
const IDLE_MAX_MS = 24 * 60 * 60_000;
const IDLE_CHECK_MS = 60_000;
const FAREWELL_MS = 2_000;

/** `args`: root, id, then those of `bxtui build`. Resolves with the exit status when the session has ended. */
export async function runSessionServer(args: readonly string[]): Promise<number> {
  const [root = '', id = '', ...buildArgs] = args;
  try {
    return await serve(root, id, buildArgs);
  } catch (error) {
    say({ error: toBxError(error) });
    removeRecord(root, id);
    throw error;
  }
}

async function serve(root: string, id: string, buildArgs: readonly string[]): Promise<number> {
  const options = readBuildOptions(buildArgs, process.env, process.cwd());
  if (options === null) return EXIT_OK;
  const input = locateBuildInput(options, process.cwd());
  const openOn = options.on ?? (options.invoke === null ? 'error' : 'always');
  const connecting = await startConnecting();
  const run = {
    options,
    input,
    connecting,
    frontEnd: { progress: 'screen', monitor: 'none', openOn, endsOnSuccess: false },
  } as const;
  const session = openSession(run, openOn, { id });
  const found = createRecord(root, {
    id,
    pid: process.pid,
    version: programVersion(),
    startedAtMs: Date.now(),
    context: options.context,
    dockerfile: `${input.dockerfileDir}/${input.dockerfileName}`,
    cwd: process.cwd(),
  });
  const end = (): void => void disconnect(session);
  // Its terminal is somebody else's; only being told so ends it.
  process.on('SIGHUP', () => undefined);
  process.on('SIGINT', () => undefined);
  process.once('SIGTERM', end);
  const served = serveSession(session, { id, version: programVersion(), now: Date.now, onKill: end });
  const server = await listen(found, (socket) => served.accept(socket));
  try {
    await session.start();
    say({ ready: true });
    let usedAtMs = Date.now();
    const idle = setInterval(() => {
      if (isInUse(session, served.clients.length)) usedAtMs = Date.now();
      else if (Date.now() - usedAtMs > IDLE_MAX_MS) end();
    }, IDLE_CHECK_MS).unref();
    await session.ended;
    clearInterval(idle);
    return EXIT_OK;
  } catch (error) {
    say({ error: toBxError(error) });
    await disconnect(session);
    return EXIT_FAILED;
  } finally {
    // Whoever is attached is told of the end, and closes.
    await Promise.race([
      new Promise((resolve) => server.close(resolve)),
      new Promise((resolve) => setTimeout(resolve, FAREWELL_MS)),
    ]);
    served.dispose();
    removeRecord(root, id);
  }
}

function listen(found: FoundSession, accept: (socket: net.Socket) => void): Promise<net.Server> {
  rmSync(found.socket, { force: true });
  const server = net.createServer(accept);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(found.socket, () => {
      chmodSync(found.socket, 0o600);
      resolve(server);
    });
  });
}

/** A shell that waits for somebody is no use; a program that somebody has left at work is. */
function isInUse({ state }: LocalSession, clients: number): boolean {
  const isAtWork = state.processes.some(({ kind, endedAtMs }) => kind !== 'shell' && endedAtMs === null);
  return clients > 0 || isAtWork || isBuilding(selectCurrent(state));
}

/** The first word counts; whoever started the server has closed the pipe by the second. */
function say(word: { readonly ready: true } | { readonly error: BxError }): void {
  const text: ServerWord =
    'ready' in word ? word : { error: { code: word.error.code, message: word.error.message, hint: word.error.hint } };
  try {
    writeSync(READY_FD, `${JSON.stringify(text)}\n`);
    closeSync(READY_FD);
  } catch {}
}
