/** A build on the full screen: a session in a process of its own, and the screen as its first client. */
import type { SessionState } from '../../core/model/index.js';
import { selectCurrent } from '../../core/select/index.js';
import { sessionRoot } from '../../session/records/root-dir.js';
import type { RemoteSession } from '../../session/wire/index.js';
import type { ScreenHandle } from '../../ui/index.js';
import { EXIT_FAILED } from '../exit-status.js';
import { listenForInterrupts } from '../interrupts.js';
import { runScreen } from '../screen/run-screen.js';
import { chooseLeaveKey, readSettings } from '../screen/screen-settings.js';
import { startServer } from '../sessions/start-server.js';
import type { BuildInput } from './build-input.js';
import type { BuildOptions } from './build-options.js';
import type { FrontEnd } from './front-end.js';

/** The screen comes up then, without an engine. */
const ENGINE_WAIT_MS = 60;

export interface ScreenBuild {
  readonly options: BuildOptions;
  /** The command line that the options were read from. */
  readonly args: readonly string[];
  readonly input: BuildInput;
  readonly frontEnd: FrontEnd;
}

/**
 * Resolves with the exit status: that of the session's last build, 0 for one that goes on without this screen. Throws `BxError`, also what
 * the session's process says is wrong before the screen stands.
 */
export async function runOnScreen({ options, args, input, frontEnd }: ScreenBuild): Promise<number> {
  const warnings: string[] = [];
  const settings = readSettings((warning) => warnings.push(warning));
  // Before anything that takes long: it has the engine to dial while this process loads the screen.
  const server = startServer({
    root: sessionRoot(options.root, process.env),
    buildArgs: args,
    openOn: frontEnd.openOn,
    as: { kind: 'screen', sharedSize: settings.sharedSize },
  });
  const interrupts = listenForInterrupts();
  const leaveKey = chooseLeaveKey(options, settings);
  const running = runScreen({
    id: server.id,
    session: server.session.then(untilItCanBeShown),
    ...{ options, settings, leaveKey, warnings },
    invoke: options.invoke,
    dockerfileLabel: options.file ?? input.dockerfileName,
    endsOnSignal: true,
    onShown({ screen }, session) {
      interrupts.dispose();
      if (frontEnd.endsOnSuccess) closeAfterSuccess(session, screen);
    },
  });
  return Promise.race([running, interrupts.ending.then(({ exitStatus }) => endEarly(server.session, exitStatus))]);
}

/** Rejects with what is wrong when the session ends at once, for want of an engine say. */
async function untilItCanBeShown(session: RemoteSession): Promise<RemoteSession> {
  const lost = await Promise.race([session.disconnected, isOnEngine(session)]);
  if (lost !== null) throw lost;
  return session;
}

/** Resolves when the engine has answered, or takes its time. */
function isOnEngine(session: RemoteSession): Promise<null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), ENGINE_WAIT_MS);
    const look = (): void => {
      if (session.state.engine === null) return;
      clearTimeout(timer);
      resolve(null);
    };
    session.onEvent(look);
    look();
  });
}

/** Nothing was shown yet: there is nobody who would look for the session. */
async function endEarly(starting: Promise<RemoteSession>, exitStatus: number): Promise<number> {
  await starting.then((session) => session.kill()).catch(() => undefined);
  return exitStatus || EXIT_FAILED;
}

/** `--on=error`: nothing is left to do after a build that succeeds, unless a shell is in use. */
function closeAfterSuccess(session: RemoteSession, screen: ScreenHandle): void {
  const closeUnused = ({ processes }: SessionState): void => {
    const isInUse = processes.some((process) => process.state === 'starting' || process.state === 'running');
    if (!isInUse) screen.close();
  };
  session.onEvent((event, state) => {
    if (event.type === 'engine.reported' && event.event.type === 'build.succeeded') closeUnused(state);
  });
  // It may have succeeded while the screen was loading.
  if (selectCurrent(session.state)?.status === 'succeeded') closeUnused(session.state);
}
