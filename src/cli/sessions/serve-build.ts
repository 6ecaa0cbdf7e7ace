/** What the process of a session does: builds, holds the containers, and serves whoever attaches, until it is ended. */
import { chmodSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { loadSettings, settingsPath } from '../../config/index.js';
import { toBxError } from '../../platform/errors.js';
import { checkEntrance, makeToken, writeToken } from '../../session/records/entrance.js';
import { createRecord, type FoundSession, removeRecord, spillDirectory } from '../../session/records/session-records.js';
import { refuseSession, type SessionServer, serveSession } from '../../session/wire/index.js';
import { type BuildInput, locateBuildInput } from '../build/build-input.js';
import { readBuildOptions } from '../build/build-options.js';
import type { Connecting } from '../build/connecting.js';
import { disconnect } from '../build/disconnect.js';
import { openSession } from '../build/open-session.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-status.js';
import { programVersion } from '../version.js';
import { watchIdle } from './idle.js';
import { NO_RECORDER, recordSession } from './recording.js';
import { createServerLog } from './server-log.js';
import { readServerOptions } from './server-options.js';
import type { ServerWish } from './spawn-server.js';

const FAREWELL_MS = 2_000;

export interface ServedBuild extends Omit<ServerWish, 'logFile'> {
  readonly id: string;
  /** To the first client. */
  readonly starter: net.Socket;
  readonly connecting: Connecting;
}

/** Resolves with the exit status when the session has ended. Throws `BxError` when it cannot begin; its first client is not told then. */
export async function serveBuild(build: ServedBuild): Promise<number> {
  const { root, id, openOn, buildArgs, starter, connecting } = build;
  const options = readBuildOptions(buildArgs, process.env, process.cwd());
  if (options === null) return EXIT_OK;
  const input = locateBuildInput(options, process.cwd());
  const told = readServerOptions(options, process.env);
  const { settings } = loadSettings(settingsPath(process.env));
  const log = createServerLog(id, told.logLevel, (text) => process.stderr.write(text), Date.now);
  const session = openSession({ options, input, connect: (signal) => connecting.take(signal) }, openOn, {
    id,
    spillDirectory: spillDirectory(root, id),
  });
  const end = (why: string): void => {
    log.write('info', `ends: ${why}`);
    void disconnect(session);
  };
  process.once('SIGTERM', () => end('SIGTERM'));
  const idle = watchIdle({
    session,
    clients: () => served.clients,
    limitHours: told.idleHours ?? settings.idleHours,
    now: Date.now,
    onIdle: () => end('nobody has been there for long'),
  });
  const token = makeToken();
  const served = serveSession(session, {
    id,
    version: programVersion(),
    now: Date.now,
    token,
    onKill: () => end('a client wants it to'),
    onClientsChanged: log.clientsChanged,
    onDropped({ label }) {
      log.write('warn', `${label} was dropped: it has taken nothing in for too long`);
      session.post('warning', `${label} was dropped: it has taken nothing in for too long`);
    },
    idleEndsAtMs: idle.endsAtMs,
  });
  // Both from its first event on.
  const recorder = settings.recordSessions ? recordSession(session, id, { ...options, root: told.namedRoot }) : NO_RECORDER;
  log.follow(session);
  const starting = session.start();
  starting.catch(() => undefined);
  let server: net.Server | null = null;
  try {
    server = await enterList(build, { context: options.context, input, token }, served);
    log.write('info', `begins: process ${process.pid}, bxtui ${programVersion()}`);
    served.accept(starter, true);
    await starting;
    await session.ended;
    return EXIT_OK;
  } catch (error) {
    if (server === null) throw error;
    log.write('error', toBxError(error).message);
    served.fail(toBxError(error));
    return EXIT_FAILED;
  } finally {
    idle.dispose();
    await disconnect(session);
    await recorder.finish();
    // Whoever is attached is told of the end, and closes.
    await Promise.race([
      Promise.all([closed(server), left(starter)]),
      new Promise((resolve) => setTimeout(resolve, FAREWELL_MS)),
    ]);
    served.dispose();
    log.write('info', 'has ended');
    removeRecord(root, id);
  }
}

interface About {
  readonly context: string;
  readonly input: BuildInput;
  readonly token: string;
}

/** From now on the session is found by others, and they are let in. Throws `BxError('state')`. */
function enterList(
  { root, id, buildArgs }: Pick<ServerWish, 'root' | 'buildArgs'> & { readonly id: string },
  { context, input, token }: About,
  served: SessionServer,
): Promise<net.Server> {
  const found = createRecord(root, {
    id,
    pid: process.pid,
    version: programVersion(),
    startedAtMs: Date.now(),
    context,
    dockerfile: `${input.dockerfileDir}/${input.dockerfileName}`,
    cwd: process.cwd(),
    args: buildArgs,
  });
  writeToken(found, token);
  return listen(found, served);
}

async function closed(server: net.Server | null): Promise<void> {
  if (server !== null) await new Promise((resolve) => server.close(resolve));
}

async function left(client: net.Socket): Promise<void> {
  if (!client.destroyed) await new Promise((resolve) => client.once('close', resolve));
}

/** Whoever comes is let in as long as the way to the socket is this user's alone. */
function listen(found: FoundSession, served: SessionServer): Promise<net.Server> {
  rmSync(found.socket, { force: true });
  const server = net.createServer((socket) => {
    try {
      checkEntrance(found);
      served.accept(socket);
    } catch (error) {
      void refuseSession(socket, programVersion(), toBxError(error));
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(found.socket, () => {
      chmodSync(found.socket, 0o600);
      resolve(server);
    });
  });
}
