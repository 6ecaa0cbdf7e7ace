/**
 * The full screen over a session, in this process or reached over a socket: themes, terminal, router, guard. What the session is and what
 * becomes of it is the caller's business.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '../../config/index.js';
import { selectCurrent } from '../../core/select/index.js';
import type { LeaveKey } from '../../input/leave-key.js';
import { type CommandLine, createCommandLine, type SessionDirectory } from '../../monitor/index.js';
import { keyboard } from '../../platform/keyboard.js';
import { packageRoot } from '../../platform/package-root.js';
import type { EndCause } from '../../platform/terminal-guard.js';
import type { Invoke, SessionClient } from '../../session/index.js';
import type { ReplayControl } from '../../session/replay-control.js';
import type { RemoteSession } from '../../session/wire/index.js';
import type { ScreenFiles, ScreenHandle } from '../../ui/index.js';
import type { BuildOptions } from '../build/build-options.js';
import { turn } from '../build/connecting.js';
import { keepCrashReport } from './crash-report.js';
import {
  asksForBackground,
  chooseColorDepth,
  chooseGlyphs,
  isThemeChosen,
  paintsGround,
  readTheme,
  tellWarnings,
} from './screen-settings.js';

/** Until then the processor is that of an engine that plans the build, carries out its first steps or starts a shell where they failed. */
const LOAD_MORE_WITHIN_MS = 1_000;
const PROMPT_WITHIN_MS = 50;

export type ScreenOptions = Pick<BuildOptions, 'theme' | 'color' | 'glyphs' | 'leaveKey'>;

export interface ScreenRun<Session extends SessionClient> {
  /** What is needed to show it loads until it is there. */
  readonly session: Promise<Session>;
  readonly options: ScreenOptions;
  readonly settings: Settings;
  /** What is wrong with them: told on the screen. */
  readonly warnings: readonly string[];
  readonly leaveKey: LeaveKey;
  /** What a shell is when a command names none. */
  readonly invoke: Invoke | null;
  /** The Dockerfile as people call it; null: its path. */
  readonly dockerfileLabel: string | null;
  /** The session lives on without this screen. */
  readonly canDetach: boolean;
  /** Set when the session is played from a record. */
  readonly replay?: ReplayControl;
  /** Absent: this screen knows of no other session. */
  readonly others?: OtherSessions;
  /** The terminal or this process is about to go; bounded in time. */
  onEnd(cause: EndCause): void | Promise<void>;
}

export interface OtherSessions {
  readonly directory: SessionDirectory;
  /** Prepares to show another session once this screen has been left. Throws `BxError`, and this one stays. */
  goTo(id: string): Promise<void>;
}

export interface ShownScreen {
  readonly screen: ScreenHandle;
  /** Set once a signal, a hangup or a crash has ended it. */
  readonly endedBy: EndCause | null;
  /** All that is wrong with the settings, to be told again where the screen was. */
  readonly warnings: readonly string[];
  /** Puts the terminal back. Safe to call twice. */
  dispose(): void;
}

/** The first frame is drawn when this resolves. Rejects with the session's error, and no screen comes up then. */
export async function showScreen<Session extends SessionClient>(run: ScreenRun<Session>): Promise<ShownScreen> {
  const { options, leaveKey } = run;
  // Told by whoever awaits it.
  run.session.catch(() => undefined);
  // The greeting goes out first: it is answered while this program loads.
  await turn();
  const [{ loadTheme }, { createTerminalGuard }, { createRouter }, { startScreen }] = await Promise.all([
    import('../../ui/theme/theme.js'),
    import('../../platform/terminal-guard.js'),
    import('../../input/router.js'),
    import('../../ui/index.js'),
  ]);
  const themes = join(packageRoot(), 'themes');
  const warnings = [...run.warnings];
  const load = (name: string) => loadTheme(name, themes);
  const { theme, settings } = readTheme(options, run.settings, process.env, load, (warning) => warnings.push(warning));
  const isChosen = isThemeChosen(options, settings);
  const themeFor = (background: 'dark' | 'light') => (isChosen || theme.name === background ? theme : load(background));
  const colorDepth = chooseColorDepth(options, settings, process.env);
  const session = await run.session;
  const crashReport = keepCrashReport(session);
  const guard = createTerminalGuard({ stdin: keyboard(), stdout: process.stdout, mouse: settings.mouse, crashReport });
  let endedBy: EndCause | null = null;
  guard.onSignal((cause) => {
    endedBy = cause;
    return run.onEnd(cause);
  });
  // What the first frame does not need.
  const isBuilding = selectCurrent(session.state)?.endedAtMs === null;
  const mayLoadMore = isBuilding ? firstShell(session) : turn().then(turn);
  let shown: ScreenHandle | null = null;
  const screen = startScreen({
    session,
    ...(isRemote(session) ? { clients: session } : {}),
    router: createRouter({ leaveKey }),
    guard,
    stdin: keyboard(),
    stdout: process.stdout,
    theme,
    paintsGround: paintsGround(options, settings, process.env, theme.isDark),
    ...(asksForBackground(process.env, colorDepth) ? { themeFor } : {}),
    glyphs: chooseGlyphs(options, settings, process.env),
    colorDepth,
    clock: {
      now: Date.now,
      soon: (run) => void setImmediate(run),
      setTimeout,
      clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
    },
    commandLine: screenCommandLine(run, session, () => shown),
    settings: {
      leaveKey,
      scrollbackRows: settings.scrollbackRows,
      wheelRows: settings.wheelRows,
      preparesShells: settings.prepareShells && run.replay === undefined,
    },
    canDetach: run.canDetach,
    ...(run.replay === undefined ? {} : { replay: run.replay }),
    mayLoadMore,
    dockerfileLabel: run.dockerfileLabel ?? selectCurrent(session.state)?.dockerfile.path ?? 'Dockerfile',
    openEditor: async (file, line, signal) =>
      (await import('../../platform/editor.js')).openEditor(file, line, process.env, signal),
    files: lazyFiles(),
    copy: async (text) => (await import('../../platform/clipboard.js')).copyText(text),
  });
  shown = screen;
  tellWarnings(screen, warnings);
  // An error of it is told by the first terminal.
  void screen.complete
    .then(async () => (await import('../../term/grapheme-widths.js')).prepareGraphemeWidths())
    .catch(() => undefined);
  return {
    screen,
    warnings,
    get endedBy() {
      return endedBy;
    },
    dispose() {
      screen.close();
      guard.dispose();
    },
  };
}

/** Resolves when one has opened and its prompt is drawn, or after a while without one. */
async function firstShell(session: SessionClient): Promise<void> {
  let found = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    found = resolve;
  });
  const listening = session.onEvent(({ type }) => type === 'shell.opened' && found());
  await Promise.race([opened, delay(LOAD_MORE_WITHIN_MS, undefined, { ref: false }), session.ended]);
  listening.dispose();
  await delay(PROMPT_WITHIN_MS, undefined, { ref: false });
}

/** Needed for a key that few press. */
function lazyFiles(): ScreenFiles {
  const load = async (): Promise<ScreenFiles> => (await import('./screen-files.js')).createScreenFiles();
  return {
    edit: async (...about) => (await load()).edit(...about),
    write: async (...about) => (await load()).write(...about),
  };
}

function isRemote(session: SessionClient): session is RemoteSession {
  return 'onClients' in session;
}

/** `:` on the screen: what a command starts is shown in a tab. */
function screenCommandLine<Session extends SessionClient>(
  { invoke, others, canDetach }: ScreenRun<Session>,
  session: Session,
  screen: () => ScreenHandle | null,
): CommandLine {
  return createCommandLine({
    session,
    ...(others === undefined
      ? {}
      : {
          sessions: {
            ...others.directory,
            async attach(id) {
              await others.goTo(id);
              screen()?.close('detached');
              return '';
            },
          },
        }),
    ...(canDetach ? { detach: () => screen()?.close('detached') } : {}),
    hasTerminal: true,
    invoke,
    now: Date.now,
    // Of the page that it is shown on.
    textWidth: () => Math.min(110, (process.stdout.columns || 80) - 4) - 4,
    size: () => screen()?.terminalSize() ?? { cols: process.stdout.columns || 80, rows: process.stdout.rows || 24 },
    selectedStep: () => screen()?.selectedStep() ?? null,
    attach(process) {
      screen()?.attach(process);
      return '';
    },
    start: async (command) => screen()?.start(command),
    exit: () => screen()?.close(),
  });
}
