/** What the process of a session does: builds, holds the containers, and serves whoever attaches, until it is ended. */
import { appendFileSync } from 'node:fs';
import type * as net from 'node:net';
import { loadSettings, settingsPath } from '../../config/index.js';
import { toBxError } from '../../platform/errors.js';
import { workingDirectory } from '../../platform/working-directory.js';
import { removeLeftovers } from '../../session/records/leftovers.js';
import { makeToken } from '../../session/records/make-token.js';
import { removeRecord, spillDirectory } from '../../session/records/session-records.js';
import { refuseSession, serveSession } from '../../session/wire/server.js';
import { locateBuildInput } from '../build/build-input.js';
import { readBuildOptions } from '../build/build-options.js';
import type { Connecting } from '../build/connecting.js';
import { disconnect } from '../build/disconnect.js';
import { openSession } from '../build/open-session.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-status.js';
import { withoutCacheSecrets } from '../values/cache-secrets.js';
import { programVersion } from '../version.js';
import { watchIdle } from './idle.js';
import { enterList, type Listing } from './listing.js';
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
  const { root, id, openOn, buildArgs, stdinFile, starter, connecting } = build;
  const options = readBuildOptions(buildArgs, process.env, workingDirectory());
  if (options === null) return EXIT_OK;
  const input = locateBuildInput(options, workingDirectory());
  const told = readServerOptions(options, process.env);
  const { settings } = loadSettings(settingsPath(process.env));
  let out = (text: string): void => void process.stderr.write(text);
  const log = createServerLog(id, told.logLevel, (text) => out(text), Date.now);
  const session = openSession({ options, input, connect: connecting.take }, openOn, {
    id,
    spillDirectory: spillDirectory(root, id),
    stdinFile,
    onSecrets: (values) => recorder.conceal(values),
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
    onClientsChanged(clients) {
      log.clientsChanged(clients);
      // Whoever has left must be able to come back.
      void listing?.check();
    },
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
  let listing: Listing | null = null;
  try {
    listing = await enterList({
      root,
      record: {
        ...{ id, pid: process.pid, version: programVersion(), startedAtMs: Date.now(), context: options.context },
        dockerfile: input.dockerfileDir === null ? input.dockerfileName : `${input.dockerfileDir}/${input.dockerfileName}`,
        cwd: workingDirectory(),
        args: withoutCacheSecrets(buildArgs),
      },
      token,
      accept: (stream) => served.accept(stream),
      refuse: (stream, error) => void refuseSession(stream, programVersion(), error),
      onPutBack(found) {
        // Standard error is a file without a name by now.
        if (told.logFile === null) out = (text) => appendTo(found.log, text);
        log.write('warn', `what lets others in was taken away, and is there again: ${root}/${id}`);
      },
      onLost: ({ message }) => log.write('error', `nobody else can come in any more: ${message}`),
    });
    log.write('info', `begins: process ${process.pid}, bxtui ${programVersion()}`);
    served.accept(starter, true);
    removeLeftovers(root);
    await starting;
    await session.ended;
    return EXIT_OK;
  } catch (error) {
    if (listing === null) throw error;
    log.write('error', toBxError(error).message);
    served.fail(toBxError(error));
    return EXIT_FAILED;
  } finally {
    idle.dispose();
    await disconnect(session);
    await recorder.finish();
    // Whoever is attached is told of the end, and closes.
    await Promise.race([
      Promise.all([listing?.close(), left(starter)]),
      new Promise((resolve) => setTimeout(resolve, FAREWELL_MS)),
    ]);
    served.dispose();
    log.write('info', 'has ended');
    removeRecord(root, id);
  }
}

function appendTo(path: string, text: string): void {
  try {
    appendFileSync(path, text, { mode: 0o600 });
  } catch {
    process.stderr.write(text);
  }
}

async function left(client: net.Socket): Promise<void> {
  if (!client.destroyed) await new Promise((resolve) => client.once('close', resolve));
}
