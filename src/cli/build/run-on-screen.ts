/** A build on the full screen. The screen stands before the engine's libraries load; what stays after it is a summary on the normal screen. */
import { join } from 'node:path';
import type { Settings } from '../../config/index.js';
import { selectCurrent } from '../../core/select/index.js';
import type { LeaveKey } from '../../input/leave-key.js';
import { type CommandLine, createCommandLine, isBuilding } from '../../monitor/index.js';
import { type BxError, toBxError } from '../../platform/errors.js';
import type { EndCause } from '../../platform/terminal-guard.js';
import type { LocalSession } from '../../session/index.js';
import type { ScreenHandle } from '../../ui/index.js';
import { EXIT_FAILED, EXIT_INTERRUPTED, exitStatusOfBuild } from '../exit-status.js';
import { renderError } from '../render-error.js';
import { renderSummary } from '../summary.js';
import { packageRoot } from '../version.js';
import { keepCrashReport } from './crash-report.js';
import { disconnect } from './disconnect.js';
import { type BuildRun, openSession } from './open-session.js';
import { createScreenFiles } from './screen-files.js';
import {
  asksForBackground,
  chooseColorDepth,
  chooseGlyphs,
  chooseLeaveKey,
  chooseTheme,
  readSettings,
} from './screen-settings.js';

/** Resolves with the exit status: that of the session's last build. Throws `BxError` for what is wrong before the screen stands. */
export async function runOnScreen(run: BuildRun): Promise<number> {
  const warnings: string[] = [];
  const settings = readSettings((warning) => warnings.push(warning));
  const leaveKey = chooseLeaveKey(run.options, settings);
  const session = openSession(run, run.frontEnd.openOn);
  const report = keepCrashReport(session);
  try {
    return await showSession({ run, session, settings, leaveKey, warnings, report });
  } finally {
    await disconnect(session);
  }
}

interface Showing {
  readonly run: BuildRun;
  readonly session: LocalSession;
  readonly settings: Settings;
  readonly leaveKey: LeaveKey;
  readonly warnings: readonly string[];
  readonly report: () => string;
}

async function showSession({ run, session, settings, leaveKey, warnings, report }: Showing): Promise<number> {
  const [{ loadTheme, startScreen }, { createTerminalGuard }, { createRouter }] = await Promise.all([
    import('../../ui/index.js'),
    import('../../platform/terminal-guard.js'),
    import('../../input/router.js'),
  ]);
  const themes = join(packageRoot(), 'themes');
  const theme = loadTheme(chooseTheme(run.options, settings, process.env), themes);
  const colorDepth = chooseColorDepth(run.options, settings, process.env);
  const guard = createTerminalGuard({ stdin: process.stdin, stdout: process.stdout, mouse: settings.mouse, crashReport: report });
  let endedBy: EndCause | null = null;
  guard.onSignal((cause) => {
    endedBy = cause;
    return disconnect(session);
  });
  // All steps are known at once; the engine's libraries, which load from here on, come to their turn after the first frame.
  const starting: Promise<BxError | null> = session.start().then(
    () => null,
    (error: unknown) => toBxError(error),
  );
  let shown: ScreenHandle | null = null;
  const screen = startScreen({
    session,
    router: createRouter({ leaveKey }),
    guard,
    stdin: process.stdin,
    stdout: process.stdout,
    theme,
    ...(asksForBackground(run.options, settings, process.env, colorDepth)
      ? { themeFor: (background) => (theme.name === background ? theme : loadTheme(background, themes)) }
      : {}),
    glyphs: chooseGlyphs(run.options, settings, process.env),
    colorDepth,
    clock: {
      now: Date.now,
      soon: (run) => void setImmediate(run),
      setTimeout,
      clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
    },
    commandLine: screenCommandLine(session, run, () => shown),
    settings: {
      leaveKey,
      scrollbackRows: settings.scrollbackRows,
      wheelRows: settings.wheelRows,
      preparesShells: settings.prepareShells,
    },
    mayLoadMore: isUnderWay(session),
    dockerfileLabel: run.options.file ?? run.input.dockerfileName,
    openEditor: async (file, line) => (await import('../../platform/editor.js')).openEditor(file, line),
    files: createScreenFiles(),
    copy: async (text) => (await import('../../platform/clipboard.js')).copyText(text),
  });
  shown = screen;
  if (run.frontEnd.endsOnSuccess) closeAfterSuccess(session, screen);

  const noEngine = starting.then((error) => error ?? new Promise<never>(() => undefined));
  const failure = await Promise.race([noEngine, screen.closed.then(() => null)]);
  screen.close();
  guard.dispose();
  if (failure !== null) process.stderr.write(renderError(failure));
  return failure === null ? leave(session, warnings, endedBy) : EXIT_FAILED;
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

/** `:` on the screen: what a command starts is shown in a tab. */
function screenCommandLine(session: LocalSession, { options }: BuildRun, screen: () => ScreenHandle | null): CommandLine {
  return createCommandLine({
    session,
    hasTerminal: true,
    invoke: options.invoke,
    now: Date.now,
    size: () => screen()?.terminalSize() ?? { cols: process.stdout.columns || 80, rows: process.stdout.rows || 24 },
    selectedStep: () => screen()?.selectedStep() ?? null,
    attach(process) {
      screen()?.attach(process);
      return '';
    },
    exit: () => screen()?.close(),
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

/** Prints what stays on the normal screen; returns the exit status. */
function leave(session: LocalSession, warnings: readonly string[], endedBy: EndCause | null): number {
  const last = selectCurrent(session.state);
  const status = endedBy?.exitCode ?? (isBuilding(last) ? EXIT_INTERRUPTED : exitStatusOfBuild(last));
  const step = last?.failure?.step ?? null;
  const log = last === null || step === null ? null : session.stepLog(last.number, step);
  for (const warning of warnings) process.stderr.write(`WARNING: ${warning}\n`);
  for (const line of renderSummary(
    session.state,
    log === null ? '' : log.omittedBytes === 0 ? log.head + log.tail : log.tail,
    status,
  ))
    process.stdout.write(`${line}\n`);
  return status;
}
