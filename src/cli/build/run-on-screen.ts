/** A build on the full screen, with its session in this process. What stays after it is a summary on the normal screen. */
import { toBxError } from '../../platform/errors.js';
import type { LocalSession } from '../../session/index.js';
import type { ScreenHandle } from '../../ui/index.js';
import { EXIT_FAILED } from '../exit-status.js';
import { renderError } from '../render-error.js';
import { chooseLeaveKey, readSettings } from '../screen/screen-settings.js';
import { showScreen } from '../screen/show-screen.js';
import { writeSummary } from '../screen/write-summary.js';
import { disconnect } from './disconnect.js';
import { type BuildRun, openSession } from './open-session.js';

/** Resolves with the exit status: that of the session's last build. Throws `BxError` for what is wrong before the screen stands. */
export async function runOnScreen(run: BuildRun): Promise<number> {
  const warnings: string[] = [];
  const settings = readSettings((warning) => warnings.push(warning));
  const leaveKey = chooseLeaveKey(run.options, settings);
  const session = openSession(run, run.frontEnd.openOn);
  // What goes wrong at the start is told once the terminal is back.
  let starting: Promise<unknown> = Promise.resolve();
  try {
    const shown = await showScreen({
      session,
      ...{ options: run.options, settings, leaveKey },
      invoke: run.options.invoke,
      dockerfileLabel: run.options.file ?? run.input.dockerfileName,
      canDetach: false,
      onEnd: () => disconnect(session),
      // All steps are known at once; the engine's libraries, which load from here on, come to their turn after the first frame.
      begin() {
        starting = session.start();
        starting.catch(() => undefined);
        return isUnderWay(session);
      },
    });
    const { screen } = shown;
    if (run.frontEnd.endsOnSuccess) closeAfterSuccess(session, screen);
    const noEngine = starting.then(() => new Promise<never>(() => undefined)).catch((error: unknown) => toBxError(error));
    const failure = await Promise.race([noEngine, screen.closed.then(() => null)]);
    shown.dispose();
    if (failure === null) return writeSummary(session, warnings, shown.endedBy);
    process.stderr.write(renderError(failure));
    return EXIT_FAILED;
  } finally {
    await disconnect(session);
  }
}

/** Resolves when the engine has been given all that it can begin with, or there is nothing that it could begin. */
function isUnderWay(session: LocalSession): Promise<void> {
  return new Promise((resolve) => {
    const listener = session.onEvent((event) => {
      if (event.type !== 'engine.reported' || !/^(plan\.|build\.)/.test(event.event.type)) return;
      listener.dispose();
      resolve();
    });
  });
}

/** `--on=error`: nothing is left to do after a build that succeeds, unless a shell is in use. */
function closeAfterSuccess(session: LocalSession, screen: ScreenHandle): void {
  session.onEvent((event, state) => {
    if (event.type !== 'engine.reported' || event.event.type !== 'build.succeeded') return;
    const isInUse = state.processes.some((process) => process.state === 'starting' || process.state === 'running');
    if (!isInUse) screen.close();
  });
}
