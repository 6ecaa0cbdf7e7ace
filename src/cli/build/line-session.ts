/** The session of a run without the screen: in this process, or in one of its own. */
import { setImmediate as turn } from 'node:timers/promises';
import type { LineSession } from '../../monitor/line/index.js';
import type { TextSink } from '../../plain/index.js';
import type { Disposable } from '../../platform/byte-channel.js';
import type { BxError } from '../../platform/errors.js';
import type { ServerOptions } from '../sessions/server-options.js';
import { cleanupTimeout, disconnect } from './disconnect.js';
import type { LineProgress } from './front-end.js';
import { type BuildRun, openSession } from './open-session.js';
import { startProgress } from './start-progress.js';

export interface RunSession extends LineSession {
  /** Builds, where that has not begun. Throws `BxError`. */
  start(): Promise<void>;
  /** Tells how the builds go, from the beginning on. */
  report(kind: LineProgress, output: TextSink, errors: TextSink): Disposable;
  /** What has become of its process, where that is lost; that shows in the turn in which the session ends. */
  lost(): Promise<BxError | null>;
  /** Ends the session. Never throws, bounded in time. */
  end(): Promise<void>;
}

/** Throws `BxError('input')` for a Dockerfile that cannot be read. */
export function openHere(run: BuildRun, stdinFile: string | null): RunSession {
  const isUnattended = run.frontEnd.monitor === 'none' || run.frontEnd.openOn === 'never';
  let tellRaw: (json: string) => void = () => undefined;
  const session = openSession({ ...run, connect: run.connecting.take }, 'never', {
    isUnattended,
    stdinFile,
    ...(run.frontEnd.progress === 'rawjson' && { onRawStatus: (json) => tellRaw(json) }),
  });
  const onRawStatus = (listener: typeof tellRaw): void => {
    tellRaw = listener;
  };
  return {
    session,
    isServed: false,
    opensShells: false,
    start: () => session.start(),
    report: (kind, output, errors) => startProgress(kind, { session, output, errors, onRawStatus }),
    lost: async () => null,
    end: () => disconnect(session),
    leave: () => undefined,
  };
}

/** `args`: the command line of the build. Throws `BxError` with what the server says. */
export async function openServed(
  { root, logFile }: Pick<ServerOptions, 'root' | 'logFile'>,
  args: readonly string[],
  stdinFile: string | null,
): Promise<RunSession> {
  const [{ startServer }, { untilState }] = await Promise.all([
    import('../sessions/start-server.js'),
    import('../sessions/until-state.js'),
  ]);
  const session = await startServer({ root, logFile, buildArgs: args, openOn: 'never', stdinFile }, { kind: 'screen' }).session;
  return {
    session,
    isServed: true,
    opensShells: false,
    start: () => untilState(session, ({ generations }) => generations.length > 0),
    report: (kind, output, errors) => startProgress(kind, { session, output, errors, withPast: true, onRawStatus: null }),
    lost: () => Promise.race([session.disconnected, turn(null)]),
    async end() {
      await disconnect(session);
      await Promise.race([session.disconnected, cleanupTimeout()]);
    },
    leave: () => session.leave(),
  };
}
