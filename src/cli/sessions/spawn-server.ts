/** Starts the process of a session. It must load nothing more: the process has its engine to dial while this one goes on. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { prepareLog } from '../../session/records/session-records.js';
import type { FrontEnd } from '../build/front-end.js';
import { packageRoot } from '../version.js';

/** The server's end of the stream. */
export const STARTER_FD = 3;
export const SERVER_COMMAND = 'session-server';

export interface ServerWish {
  readonly root: string;
  /** Those of `bxtui build`, checked already; relative paths in them count from this directory. */
  readonly buildArgs: readonly string[];
  /** When the session opens a shell by itself. */
  readonly openOn: FrontEnd['openOn'];
}

export interface SpawnedServer {
  readonly root: string;
  readonly id: string;
  readonly process: ChildProcess;
  /** The stream that both sides have from the start. */
  readonly stream: Duplex;
}

/** Throws `BxError('state')` where no session can be kept. */
export function spawnServer({ root, buildArgs, openOn }: ServerWish): SpawnedServer {
  const id = randomBytes(4).toString('hex');
  const log = openSync(prepareLog(root, id), 'a', 0o600);
  const launcher = join(packageRoot(), 'bin/bxtui');
  const server = spawn(process.execPath, [launcher, SERVER_COMMAND, root, id, openOn, ...buildArgs], {
    // A process group and session of its own: no signal of this terminal reaches it.
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
  });
  closeSync(log);
  server.unref();
  // Node gives both ends of a pipe beyond the first three both directions.
  return { root, id, process: server, stream: server.stdio[STARTER_FD] as unknown as Duplex };
}
