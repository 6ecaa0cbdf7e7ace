/** A build on the full screen: a session in a process of its own, and the screen as its first client. */
import type { Settings } from '../../config/index.js';
import type { SessionState } from '../../core/model/index.js';
import { selectCurrent } from '../../core/select/index.js';
import type { RemoteSession } from '../../session/wire/index.js';
import type { ScreenHandle } from '../../ui/index.js';
import type { Interrupts } from '../interrupts.js';
import { runScreen } from '../screen/run-screen.js';
import { chooseLeaveKey, readSettings } from '../screen/screen-settings.js';
import type { SpawnedServer } from '../sessions/spawn-server.js';
import { joinServer } from '../sessions/start-server.js';
import { untilState } from '../sessions/until-state.js';
import type { BuildInput } from './build-input.js';
import type { BuildOptions } from './build-options.js';
import type { FrontEnd } from './front-end.js';

/** The screen comes up then, without an engine. */
const ENGINE_WAIT_MS = 60;

export interface ScreenBuild {
  readonly options: BuildOptions;
  readonly input: BuildInput;
  readonly frontEnd: FrontEnd;
  readonly server: SpawnedServer;
  /** Until the screen is there, a signal ends the session with this program. */
  readonly interrupts: Interrupts;
}

/**
 * Resolves with the exit status: that of the session's last build, 0 for one that goes on without this screen. Throws `BxError`, also what
 * the session's process says is wrong before the screen stands.
 */
export async function runOnScreen(build: ScreenBuild): Promise<number> {
  const { server, interrupts } = build;
  let session: Promise<RemoteSession> | null = null;
  let isShown = false;
  try {
    const warnings: string[] = [];
    const settings = readSettings((warning) => warnings.push(warning));
    session = joinServer(server, { kind: 'screen', sharedSize: settings.sharedSize });
    const running = showBuild(build, session, settings, warnings, () => {
      isShown = true;
    });
    return await Promise.race([running, interrupts.ending.then(({ exitStatus }) => exitStatus)]);
  } finally {
    interrupts.dispose();
    // There is nobody who would look for it.
    if (!isShown) await endUnseen(server, session);
  }
}

function showBuild(
  { options, input, frontEnd, server, interrupts }: ScreenBuild,
  session: Promise<RemoteSession>,
  settings: Settings,
  warnings: readonly string[],
  onShown: () => void,
): Promise<number> {
  return runScreen({
    root: server.root,
    id: server.id,
    session: session.then(untilItCanBeShown),
    ...{ options, settings, leaveKey: chooseLeaveKey(options, settings), warnings },
    invoke: options.invoke,
    dockerfileLabel: options.file ?? input.dockerfileName,
    endsOnSignal: true,
    onShown({ screen }, remote) {
      interrupts.dispose();
      onShown();
      if (frontEnd.endsOnSuccess) closeAfterSuccess(remote, screen);
    },
  });
}

/** Rejects with what is wrong when the session ends at once, for want of an engine say; one that takes its time is not waited for. */
async function untilItCanBeShown(session: RemoteSession): Promise<RemoteSession> {
  await untilState(session, ({ engine }) => engine !== null, ENGINE_WAIT_MS);
  return session;
}

async function endUnseen(server: SpawnedServer, session: Promise<RemoteSession> | null): Promise<void> {
  if (session === null) server.kill('SIGTERM');
  else await session.then((remote) => remote.kill()).catch(() => undefined);
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
