/**
 * The emulators behind the terminal tabs: one for each process that was shown. It connects them with the session's terminals, asks for the
 * size of the pane and gives each the size that its program has, and knows nothing of focus or painting.
 */
import type { ProcessSummary, SessionState } from '../../core/model/index.js';
import type { SessionClient, Terminal, TerminalSize } from '../../session/session.js';
import { createEmulator, type Emulator } from '../../term/emulator.js';
import { pipeChannel } from '../../term/pipe-channel.js';
import { stepOfProcess } from '../panels/processes.js';
import type { Theme } from '../theme/theme.js';
import { createFirstLook } from './first-look.js';
import { bannerText, endText, type LineStyle } from './terminal-lines.js';

/** A program that was started this recently has nobody else who answers what it asked at its start. */
const JUST_STARTED_MS = 5000;

export interface TerminalTab {
  readonly process: string;
  /** What is looked at; not always the same one while the tab is new. */
  readonly emulator: Emulator;
  readonly terminal: Terminal;
}

export interface Terminals {
  get(process: string): TerminalTab | null;
  /** Connects on first use; null when the session has no terminal for it. */
  open(process: ProcessSummary, state: SessionState): TerminalTab | null;
  /** The program has ended: its last line says how. Once; nothing for a process without a tab. */
  ended(process: ProcessSummary): void;
  close(process: string): void;
  /** The pane's size, for all tabs. Programs are told; nothing happens when it is the same. */
  resize(cols: number, rows: number): void;
  /** The process whose tab is in sight; null: none is. Other screens' sizes count for the rest. */
  show(process: string | null): void;
  /** Resolves when what the tabs that are there now have to show can be seen. */
  seen(): Promise<unknown>;
  /** Something of it is still on its way. */
  readonly isLate: boolean;
  dispose(): void;
}

export interface TerminalsOptions {
  readonly session: SessionClient;
  /** Calls `run` when what is dirty now is drawn. */
  readonly afterFrame: (run: () => void) => void;
  readonly theme: () => Theme;
  readonly scrollbackRows: number;
  readonly lineStyle: () => LineStyle;
  readonly nowMs: () => number;
  readonly onDirty: (process: string) => void;
  /** A program has another size, which may not be that of the pane. */
  readonly onSize: (process: string) => void;
  /** A program asked to set the clipboard; it is not done. */
  readonly onClipboard: (process: string, text: string) => void;
}

interface Tab extends TerminalTab {
  /** The emulator that all output goes to. */
  readonly grid: Emulator;
  readonly seen: Promise<void>;
  readonly isSeen: boolean;
  isOver: boolean;
  dispose(): void;
}

export function createTerminals(options: TerminalsOptions): Terminals {
  const tabs = new Map<string, Tab>();
  let size: TerminalSize = { cols: 80, rows: 24 };
  let shown: string | null = null;

  const connect = (process: ProcessSummary, state: SessionState): Tab | null => {
    let terminal: Terminal;
    try {
      terminal = options.session.terminal(process.id);
    } catch {
      return null;
    }
    const { foreground, background } = options.theme();
    terminal.setShown?.(process.id === shown);
    // Before anything is read, so that what was printed comes to a grid of its size.
    terminal.resize(size.cols, size.rows);
    const emulator = createEmulator({
      ...terminal.size,
      scrollbackRows: options.scrollbackRows,
      palette: { foreground, background },
    });
    let firstLook: Emulator | null = null;
    let isSeen = false;
    let resolveSeen = (): void => undefined;
    const seen = new Promise<void>((resolve) => {
      resolveSeen = resolve;
    });
    const setSeen = (): void => {
      isSeen = true;
      resolveSeen();
    };
    const endFirstLook = (): void => {
      if (firstLook === null) return;
      firstLook.dispose();
      firstLook = null;
      options.onDirty(process.id);
    };
    const place = stepOfProcess(state, process);
    const isNew = options.nowMs() - process.startedAtMs < JUST_STARTED_MS;
    const clipboard = emulator.onClipboard((text) => options.onClipboard(process.id, text));
    const pipe = pipeChannel(terminal, emulator, {
      replay: terminal.replay(),
      isReplayFirst: terminal.isReplayFirst === true,
      answerReplay: isNew,
      onBegin(replay) {
        if (process.id === shown) firstLook = createFirstLook(replay, { ...terminal.size, scrollbackRows: 0 });
        else setSeen();
        if (firstLook !== null) {
          const goOn = emulator.hold();
          firstLook.onDirty(() => {
            options.onDirty(process.id);
            setSeen();
            // The frame with the first look goes out before the whole keeps the program busy.
            options.afterFrame(goOn);
          });
        }
        if (place !== null) {
          emulator.write(bannerText(place, process, emulator.cols, options.lineStyle()));
        }
      },
      onReplayed() {
        endFirstLook();
        setSeen();
      },
    });
    if (terminal.isReplayFirst !== true) setSeen();
    const listeners = [
      emulator.onDirty(() => {
        if (firstLook === null && !emulator.modes.synchronizedOutput) options.onDirty(process.id);
      }),
      terminal.onSize(() => {
        firstLook?.resize(terminal.size.cols, terminal.size.rows);
        // What waits was printed for the size before.
        const adopt = (): void => emulator.resize(terminal.size.cols, terminal.size.rows);
        if (emulator.pendingBytes === 0) adopt();
        else emulator.write('', adopt);
        options.onSize(process.id);
      }),
      clipboard,
    ];
    return {
      process: process.id,
      grid: emulator,
      seen,
      get isSeen() {
        return isSeen;
      },
      get emulator() {
        return firstLook ?? emulator;
      },
      terminal,
      isOver: false,
      dispose() {
        firstLook?.dispose();
        firstLook = null;
        for (const listener of listeners) listener.dispose();
        pipe.dispose();
        terminal.detach();
        emulator.dispose();
      },
    };
  };

  const end = (tab: Tab, process: ProcessSummary): void => {
    if (tab.isOver) return;
    tab.isOver = true;
    const tell = (): void => writeLast(tab.grid, () => endText(process, tab.grid.cols, options.lineStyle()));
    const delivered = tab.terminal.delivered?.();
    if (delivered === undefined) tell();
    else void delivered.then(() => tabs.get(process.id) === tab && tell());
  };

  return {
    get: (process) => tabs.get(process) ?? null,
    open(process, state) {
      const known = tabs.get(process.id);
      if (known !== undefined) return known;
      const tab = connect(process, state);
      if (tab === null) return null;
      tabs.set(process.id, tab);
      if (process.endedAtMs !== null) end(tab, process);
      return tab;
    },
    ended(process) {
      const tab = tabs.get(process.id);
      if (tab !== undefined) end(tab, process);
    },
    close(process) {
      tabs.get(process)?.dispose();
      tabs.delete(process);
    },
    resize(cols, rows) {
      if (cols < 1 || rows < 1 || (cols === size.cols && rows === size.rows)) return;
      size = { cols, rows };
      for (const { terminal } of tabs.values()) terminal.resize(cols, rows);
    },
    show(process) {
      if (process === shown) return;
      const before = shown;
      shown = process;
      if (before !== null) tabs.get(before)?.terminal.setShown?.(false);
      if (process !== null) tabs.get(process)?.terminal.setShown?.(true);
    },
    get isLate() {
      return [...tabs.values()].some((tab) => !tab.isSeen);
    },
    seen: () => Promise.all([...tabs.values()].map((tab) => tab.seen)),
    dispose() {
      for (const tab of tabs.values()) tab.dispose();
      tabs.clear();
    },
  };
}

/** Ends whatever the program has left open, a sequence, a string, an alternate screen, margins, then writes below what it has printed. */
function writeLast(emulator: Emulator, text: () => string): void {
  const writeBelow = (): void => {
    const { firstRow, length, top } = emulator.viewport;
    const y = top + emulator.cursor.y - (firstRow + length - emulator.rows);
    // Margins and origin mode send the cursor home when they are taken back.
    const place = `\x1b[?6l\x1b[r\x1b[${y + 1};${emulator.cursor.x + 1}H`;
    emulator.write(`${place}${emulator.cursor.x > 0 ? '\r\n' : ''}${text()}\x1b[?25l`);
  };
  emulator.write('\x18\x1b\\\x1b[?2026l\x1b[0m\x1b(B\x0f\x1b[?7h\x1b[4l', () => {
    // For a program that is not on its alternate screen it would put the cursor back to some place of old.
    if (emulator.modes.alternateScreen) emulator.write('\x1b[?1049l', writeBelow);
    else writeBelow();
  });
}
