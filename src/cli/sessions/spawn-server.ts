/** Starts the process of a session. It must load nothing more: the process has its engine to dial while this one goes on. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { hasStreams } from '../../platform/child-streams.js';
import { BxError } from '../../platform/errors.js';
import { spawnOwn } from '../../platform/own-process.js';
import { reasonOf, writeReasonOf } from '../../platform/reason.js';
import { makeSessionId } from '../../session/records/session-id.js';
import { adoptInput, prepareLog, removeRecord } from '../../session/records/session-records.js';
import type { FrontEnd } from '../build/front-end.js';
import { claimEarlyServer, type EarlyServer } from './claim-early.js';
import type { ServerOptions } from './server-options.js';
import { SERVER_COMMAND, STARTER_FD } from './server-process.js';

/** `logFile` null: a file beside the session's record. */
export interface ServerWish extends Pick<ServerOptions, 'root' | 'logFile'> {
  /** Those of `bxtui build`, checked already; relative paths in them count from this directory. */
  readonly buildArgs: readonly string[];
  /** When the session opens a shell by itself. */
  readonly openOn: FrontEnd['openOn'];
  /** Where standard input was kept, if it is to be built from; the session takes the file over. */
  readonly stdinFile: string | null;
}

export interface ServerLogFile {
  readonly path: string;
  /** Where this server's part of it begins. */
  readonly begin: number;
}

export interface SpawnedServer {
  readonly root: string;
  readonly id: string;
  readonly log: ServerLogFile;
  /** To the server, which may still be loading. Rejects when it cannot be started. */
  readonly stream: Promise<Duplex>;
  /** Does nothing while the process is not known. */
  kill(signal: NodeJS.Signals): void;
}

/**
 * Takes the process that was started together with this one, where there is one. Throws `BxError('state')` where no session can be kept,
 * `BxError('input')` for a log that cannot be written.
 */
export function spawnServer({ root, logFile, buildArgs, openOn, stdinFile }: ServerWish): SpawnedServer {
  const id = makeSessionId();
  const path = logFile ?? prepareLog(root, id);
  const log = openLog(path);
  const begin = fstatSync(log).size;
  const stdin = stdinFile === null ? null : adopted(root, id, stdinFile, log);
  const spawned = (): StartedProcess => spawnProcess([root, id, openOn, stdin ?? '', ...buildArgs], path);
  const early = claimEarlyServer({ root, id, openOn, log: path, stdinFile: stdin });
  closeSync(log);
  return { root, id, log: { path, begin }, ...(early === null ? spawned() : orElse(early, spawned)) };
}

/** As `adoptInput`; what was made for a session that cannot be is taken away again. */
function adopted(root: string, id: string, stdinFile: string, log: number): string {
  try {
    return adoptInput(root, id, stdinFile);
  } catch (error) {
    closeSync(log);
    removeRecord(root, id);
    throw error;
  }
}

type StartedProcess = Pick<SpawnedServer, 'stream' | 'kill'>;

function orElse(early: EarlyServer, spawned: () => StartedProcess): StartedProcess {
  let running: StartedProcess | null = null;
  const coming = early.stream.then((stream) => {
    running = stream === null ? spawned() : { stream: Promise.resolve(stream), kill: (signal) => endProcess(early.pid, signal) };
    return running.stream;
  });
  return { stream: coming, kill: (signal) => running?.kill(signal) };
}

function spawnProcess(args: readonly string[], logPath: string): StartedProcess {
  const log = openLog(logPath);
  const server = spawnOwn([SERVER_COMMAND, ...args], {
    // A process group and session of its own: no signal of this terminal reaches it.
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
  });
  closeSync(log);
  server.unref();
  // Node gives both ends of a pipe beyond the first three both directions.
  const stream = (hasStreams(server) ? server.stdio[STARTER_FD] : null) as unknown as Duplex;
  return {
    stream: new Promise((resolve, reject) => {
      server.once('error', (error) => reject(notStarted(error)));
      server.once('spawn', () => resolve(stream));
    }),
    kill: (signal) => void server.kill(signal),
  };
}

function notStarted(error: Error): BxError {
  return new BxError('state', `the process of the session cannot be started: ${reasonOf(error)}`, {
    hint: 'What a program may use is limited here (ulimit -a). bxtui build --progress=plain needs no process of its own.',
    cause: error,
  });
}

function endProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

function openLog(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw new BxError('input', `cannot write the log of the session ${path}: ${writeReasonOf(error)}`, {
      hint: 'log_file in the file of --server-config names it; its directory must be there.',
      cause: error,
    });
  }
}
