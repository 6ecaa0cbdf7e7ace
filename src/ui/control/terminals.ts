/**
 * The emulators behind the terminal tabs: one for each process that was shown. It connects them with the session's terminals, keeps their
 * size that of the pane, and knows nothing of focus or painting.
 */
import type { ContainerSummary, ProcessSummary, SessionState, Step } from '../../core/model/index.js';
import type { SessionClient, Terminal } from '../../session/session.js';
import { createEmulator, type Emulator } from '../../term/emulator.js';
import { pipeChannel } from '../../term/pipe-channel.js';
import { stepOfProcess } from '../panels/processes.js';
import { stepText } from '../select/step-rows.js';
import { cleanText, ellipsize } from '../text/width.js';
import type { Theme } from '../theme/theme.js';

/** A program that was started this recently has nobody else who answers what it asked at its start. */
const JUST_STARTED_MS = 5000;

export interface TerminalTab {
  readonly process: string;
  readonly emulator: Emulator;
  readonly terminal: Terminal;
}

export interface Terminals {
  get(process: string): TerminalTab | null;
  /** Connects on first use; null when the session has no terminal for it. */
  open(process: ProcessSummary, state: SessionState): TerminalTab | null;
  close(process: string): void;
  /** The pane's size, for all tabs. Programs are told; nothing happens when it is the same. */
  resize(cols: number, rows: number): void;
  dispose(): void;
}

export interface TerminalsOptions {
  readonly session: SessionClient;
  readonly theme: Theme;
  readonly scrollbackRows: number;
  readonly isAscii: boolean;
  readonly leaveLabel: string;
  /** SGR parameters of the line that says where a shell is. */
  readonly bannerSgr: string;
  readonly nowMs: () => number;
  readonly onDirty: (process: string) => void;
  /** A program asked to set the clipboard; it is not done. */
  readonly onClipboard: (process: string, text: string) => void;
}

export function createTerminals(options: TerminalsOptions): Terminals {
  const tabs = new Map<string, TerminalTab & { dispose(): void }>();
  let size = { cols: 80, rows: 24 };

  const connect = (process: ProcessSummary, state: SessionState): (TerminalTab & { dispose(): void }) | null => {
    let terminal: Terminal;
    try {
      terminal = options.session.terminal(process.id);
    } catch {
      return null;
    }
    const { foreground, background } = options.theme;
    const emulator = createEmulator({ ...size, scrollbackRows: options.scrollbackRows, palette: { foreground, background } });
    const place = stepOfProcess(state, process);
    if (place !== null) emulator.write(bannerText(place.step, place.container, process, options));
    const isNew = options.nowMs() - process.startedAtMs < JUST_STARTED_MS;
    const pipe = pipeChannel(terminal, emulator, { replay: terminal.replay(), answerReplay: isNew });
    const listeners = [
      emulator.onDirty(() => {
        if (!emulator.modes.synchronizedOutput) options.onDirty(process.id);
      }),
      emulator.onClipboard((text) => options.onClipboard(process.id, text)),
    ];
    terminal.resize(size.cols, size.rows);
    return {
      process: process.id,
      emulator,
      terminal,
      dispose() {
        for (const listener of listeners) listener.dispose();
        pipe.dispose();
        terminal.detach();
        emulator.dispose();
      },
    };
  };

  return {
    get: (process) => tabs.get(process) ?? null,
    open(process, state) {
      const known = tabs.get(process.id);
      if (known !== undefined) return known;
      const tab = connect(process, state);
      if (tab !== null) tabs.set(process.id, tab);
      return tab;
    },
    close(process) {
      tabs.get(process)?.dispose();
      tabs.delete(process);
    },
    resize(cols, rows) {
      if (cols < 1 || rows < 1 || (cols === size.cols && rows === size.rows)) return;
      size = { cols, rows };
      for (const { emulator, terminal } of tabs.values()) {
        emulator.resize(cols, rows);
        terminal.resize(cols, rows);
      }
    },
    dispose() {
      for (const tab of tabs.values()) tab.dispose();
      tabs.clear();
    },
  };
}

const MOMENT_TEXTS = { before: 'state before', after: 'state after', failed: 'failed state' } as const;

export type BannerStyle = Pick<TerminalsOptions, 'isAscii' | 'bannerSgr' | 'leaveLabel'>;

/** Where a shell is, above everything that its program prints: `step 9 · RUN npm ci · line 17 · failed state · user node · /app`. */
export function bannerText(step: Step, container: ContainerSummary, process: ProcessSummary, style: BannerStyle): string {
  const { isAscii, bannerSgr } = style;
  const dot = isAscii ? ' - ' : ' · ';
  const mounted = container.mounts.filter((mount) => mount.isMounted).map((mount) => `${mount.kind} ${mount.target}`);
  const missing = container.mounts.filter((mount) => !mount.isMounted);
  const facts = [
    step.number === null ? 'step' : `step ${step.number}`,
    ellipsize(stepText(step), 60, isAscii ? '~' : '…'),
    ...(step.lines === null ? [] : [`line ${step.lines.start}`]),
    MOMENT_TEXTS[container.moment],
    `user ${container.user === '' ? 'root' : container.user}`,
    container.cwd === '' ? '/' : container.cwd,
    ...(mounted.length === 0 ? [] : [`mounts: ${mounted.join(', ')}`]),
  ];
  let banner = `\x1b[0;${bannerSgr}m${cleanText(facts.join(dot))}\x1b[0m\r\n`;
  for (const mount of missing)
    banner += `\x1b[33m${cleanText(`not mounted: ${mount.kind} ${mount.target}: ${mount.detail}`)}\x1b[0m\r\n`;
  if (container.note !== null) banner += `\x1b[33m${cleanText(container.note)}\x1b[0m\r\n`;
  const isAboutFailure = container.moment === 'failed' || container.note !== null || step.state === 'failed';
  if (container.failedCommand !== null && process.kind === 'shell' && isAboutFailure) {
    banner += `\x1b[2mfailed:\x1b[0m \x1b[1m${cleanText(container.failedCommand)}\x1b[0m`;
    banner += `\x1b[2m   (${style.leaveLabel} C runs it again)\x1b[0m\r\n`;
  }
  return banner;
}
