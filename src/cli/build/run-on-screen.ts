/**
 * A build on the full screen, with its session in this process. The engine has its first requests before the screen's code loads, and works
 * on them meanwhile; what stays after the screen is a summary on the normal one.
 */
import type { EngineEvent } from '../../core/events.js';
import type { SessionState } from '../../core/model/index.js';
import { selectCurrent } from '../../core/select/index.js';
import { type BxError, toBxError } from '../../platform/errors.js';
import type { LocalSession } from '../../session/index.js';
import type { ScreenHandle } from '../../ui/index.js';
import { EXIT_FAILED } from '../exit-status.js';
import { renderError } from '../render-error.js';
import { chooseLeaveKey, readSettings } from '../screen/screen-settings.js';
import { showScreen } from '../screen/show-screen.js';
import { writeSummary } from '../screen/write-summary.js';
import { turn } from './connecting.js';
import { disconnect } from './disconnect.js';
import { type BuildRun, openSession } from './open-session.js';

/** How long the screen waits for the engine to begin. */
const HEAD_START_MS = 25;
/** How long nothing more is loaded once it has begun. */
const PAUSE_MS = 80;

/** Resolves with the exit status: that of the session's last build. Throws `BxError` for what is wrong before the screen stands. */
export async function runOnScreen(run: BuildRun): Promise<number> {
  await turn();
  const warnings: string[] = [];
  const settings = readSettings((warning) => warnings.push(warning));
  const leaveKey = chooseLeaveKey(run.options, settings);
  const session = openSession(run, run.frontEnd.openOn);
  // What goes wrong at the start is told once the terminal is back.
  let starting: Promise<BxError | null> = Promise.resolve(null);
  try {
    const shown = await showScreen({
      session,
      ...{ options: run.options, settings, leaveKey },
      invoke: run.options.invoke,
      dockerfileLabel: run.options.file ?? run.input.dockerfileName,
      canDetach: false,
      onEnd: () => disconnect(session),
      begin() {
        starting = session.start().then(
          () => null,
          (error: unknown) => toBxError(error),
        );
        const mayLoad = hasFiles(session, starting).then(() => Promise.race([starting, null]));
        return { mayLoad: mayLoad.then((error) => error === null), mayLoadMore: isUnderWay(session).then(pause) };
      },
    });
    if (shown === null) {
      const error = await starting;
      if (error !== null) process.stderr.write(renderError(error));
      return EXIT_FAILED;
    }
    const { screen } = shown;
    if (run.frontEnd.endsOnSuccess) closeAfterSuccess(session, screen);
    const noEngine = starting.then((error) => error ?? new Promise<never>(() => undefined));
    const failure = await Promise.race([noEngine, screen.closed.then(() => null)]);
    shown.dispose();
    if (failure === null) return writeSummary(session, warnings, shown.endedBy);
    process.stderr.write(renderError(failure));
    return EXIT_FAILED;
  } finally {
    await disconnect(session);
  }
}

/** Resolves when the engine has what it makes its plan of, when it never will, or after a moment. */
function hasFiles(session: LocalSession, starting: Promise<BxError | null>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      listener.dispose();
      resolve();
    };
    const timer = setTimeout(done, HEAD_START_MS);
    const listener = session.onEvent((event) => {
      if (event.type !== 'engine.reported') return;
      const { event: reported } = event;
      // The Dockerfile is asked for first, then the ignore file out of the context.
      const isRead = reported.type === 'context.transferred' && reported.name === 'context' && reported.isDone;
      if (isRead || isPlanOrEnd(reported)) setImmediate(done);
    });
    void starting.then((error) => {
      if (error !== null) done();
    });
  });
}

/** Resolves when the engine has been given all that it can begin with, or there is nothing that it could begin. */
function isUnderWay(session: LocalSession): Promise<void> {
  return new Promise((resolve) => {
    const listener = session.onEvent((event) => {
      if (event.type !== 'engine.reported' || !isPlanOrEnd(event.event)) return;
      listener.dispose();
      resolve();
    });
  });
}

function isPlanOrEnd({ type }: EngineEvent): boolean {
  return /^(plan\.|build\.)/.test(type);
}

/** The first frame is drawn meanwhile, and the engine asks for the files that its first steps need. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}

/** `--on=error`: nothing is left to do after a build that succeeds, unless a shell is in use. */
function closeAfterSuccess(session: LocalSession, screen: ScreenHandle): void {
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
