/**
 * The process that a session lives in. It has no terminal; its first client is the program that starts it, over a stream of their own, and
 * nobody calls it by hand.
 */
import * as net from 'node:net';
import { toBxError } from '../../platform/errors.js';
import { workingDirectory } from '../../platform/working-directory.js';
import { type EngineWish, startConnecting } from '../build/connecting.js';
import type { FrontEnd } from '../build/front-end.js';
import { EXIT_FAILED } from '../exit-status.js';
import { programVersion } from '../version.js';
import type { ServedBuild } from './serve-build.js';
import { nameServer, SERVER_COMMAND, STARTER_FD } from './server-process.js';

/**
 * `args`: root, id, when a shell opens by itself, the file with standard input or nothing, then those of `bxtui build`. Resolves with the exit
 * status when the session has ended.
 */
export async function runSessionServer(args: readonly string[]): Promise<number> {
  const [root = '', id = '', openOn, stdin, ...buildArgs] = args;
  nameServer(SERVER_COMMAND, id);
  // Its terminal is somebody else's; only being told so ends it.
  process.on('SIGHUP', () => undefined);
  process.on('SIGINT', () => undefined);
  const starter = new net.Socket({ fd: STARTER_FD, readable: true, writable: true });
  const connecting = await startConnecting(await engineWishOf(buildArgs));
  return await serveTo({
    root,
    id,
    openOn: openOn as FrontEnd['openOn'],
    buildArgs,
    starter,
    connecting,
    stdinFile: stdin || null,
  });
}

/** Resolves with the exit status when the session has ended. Its first client is told what keeps it from beginning. */
export async function serveTo(build: ServedBuild): Promise<number> {
  try {
    const { serveBuild } = await import('./serve-build.js');
    return await serveBuild(build);
  } catch (error) {
    const [{ refuseSession }, { removeRecord }] = await Promise.all([
      import('../../session/wire/server.js'),
      import('../../session/records/session-records.js'),
    ]);
    await refuseSession(build.starter, programVersion(), toBxError(error));
    removeRecord(build.root, build.id);
    return EXIT_FAILED;
  } finally {
    await build.connecting.abandon();
  }
}

/** Flags of `bxtui build` that say something of the engine. */
const ENGINE_FLAGS = /^--(?:engine|builder|context|platform)\b/;

/** Flags are read only where one may say something of the engine. Throws `BxError` for a command line that is wrong. */
export async function engineWishOf(buildArgs: readonly string[]): Promise<EngineWish> {
  const isSaid = buildArgs.some((arg) => ENGINE_FLAGS.test(arg)) || (process.env.DOCKER_BUILDKIT ?? '') !== '';
  const options = isSaid
    ? (await import('../build/build-options.js')).readBuildOptions(buildArgs, process.env, workingDirectory())
    : null;
  return options ?? { builder: 'either', endpoint: { builder: null, context: null, platform: null } };
}
