/**
 * A terminal for end-to-end tests: the real program in a real pty, a headless terminal emulator as its screen, and a person's hands:
 * type, press, paste, click, resize, wait until something is to be seen. Knows nothing of bxtui but how to start it.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as NodePty from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { projectRoot } from '../setup/toolchain.mjs';
import { endSessions } from './session-root.js';
import { bytesOfKey, type KeyName, type MouseInput, mouseReport } from './terminal-input.js';

export interface StartOptions {
  /** Arguments of bxtui; with `program` those of the other program. */
  readonly args: readonly string[];
  readonly program?: string;
  readonly cwd?: string;
  readonly cols?: number;
  readonly rows?: number;
  /** Laid over the environment of the tests; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface ExitStatus {
  readonly code: number;
  /** 0: it ended by itself. */
  readonly signal: number;
}

/** What an application switches on in a terminal, and has to switch off before it leaves. */
export interface TerminalModes {
  readonly alternateScreen: boolean;
  readonly cursorHidden: boolean;
  readonly mouse: boolean;
  readonly mouseSgr: boolean;
  readonly focusReports: boolean;
  readonly bracketedPaste: boolean;
  readonly applicationCursorKeys: boolean;
  readonly applicationKeypad: boolean;
  readonly synchronizedOutput: boolean;
}

export const RESTORED_MODES: TerminalModes = {
  alternateScreen: false,
  cursorHidden: false,
  mouse: false,
  mouseSgr: false,
  focusReports: false,
  bracketedPaste: false,
  applicationCursorKeys: false,
  applicationKeypad: false,
  synchronizedOutput: false,
};

export interface Cell {
  readonly text: string;
  readonly isBold: boolean;
  readonly isInverse: boolean;
  readonly isDim: boolean;
  /** True when the cell has a colour of its own, in front or behind. */
  readonly isColored: boolean;
}

type ScreenTest = string | RegExp | ((screen: string) => boolean);

export interface WaitOptions {
  readonly timeoutMs?: number;
  /** What is waited for, in the error's words; needed for a function. */
  readonly what?: string;
}

const DEFAULT_TIMEOUT_MS = 20_000;
const bxtui = join(projectRoot, 'bin/bxtui');
const started = new Set<TestTerminal>();

/** Starts bxtui (or another program) on a terminal of its own. */
export function startTerminal(options: StartOptions): TestTerminal {
  const terminal = new TestTerminal(options);
  started.add(terminal);
  return terminal;
}

/** Ends whatever the test left running, the sessions of screens that are gone as well; belongs into `afterEach`. */
export async function closeTerminals(): Promise<void> {
  await Promise.all([...started].map((terminal) => terminal.close()));
  started.clear();
  await endSessions();
}

export class TestTerminal {
  readonly pid: number;
  /** Every byte that the program wrote, for questions about raw output. */
  rawOutput = '';
  readonly #pty: NodePty.IPty;
  readonly #screen: xterm.Terminal;
  readonly #modes = new Map<string, boolean>();
  readonly #listeners = new Set<() => void>();
  readonly #exited: Promise<ExitStatus>;
  #exit: ExitStatus | null = null;

  constructor(options: StartOptions) {
    const cols = options.cols ?? 160;
    const rows = options.rows ?? 48;
    const env = definedEnv({ ...process.env, ...HERMETIC_ENV, ...options.env });
    const [file, args] = [options.program ?? bxtui, [...options.args]];
    this.#screen = new xterm.Terminal({ cols, rows, allowProposedApi: true, scrollback: 5000 });
    this.#watchModes();
    this.#pty = loadPty().spawn(file, args, { name: 'xterm-256color', cols, rows, cwd: options.cwd ?? projectRoot, env });
    this.pid = this.#pty.pid;
    this.#pty.onData((data) => {
      this.rawOutput += data;
      this.#screen.write(data, () => this.#changed());
    });
    // A terminal answers questions about itself; a program that asks must not wait for ever.
    this.#screen.onData((answer) => this.#exit === null && this.#pty.write(answer));
    this.#exited = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode, signal }) => {
        // What was written last is parsed last.
        this.#screen.write('', () => {
          this.#exit = { code: exitCode, signal: signal ?? 0 };
          resolve(this.#exit);
          this.#changed();
        });
      });
    });
  }

  /** Types text as it is, without an Enter. */
  type(text: string): void {
    this.#pty.write(text);
  }

  /** Presses keys by name, one after the other. */
  press(...keys: KeyName[]): void {
    for (const key of keys) this.#pty.write(bytesOfKey(key, this.#screen.modes.applicationCursorKeysMode));
  }

  /** Pastes as a terminal does: bracketed where the program asked for it. */
  paste(text: string): void {
    const body = text.replaceAll('\n', '\r');
    this.#pty.write(this.#screen.modes.bracketedPasteMode ? `\x1b[200~${body}\x1b[201~` : body);
  }

  /** A mouse event at a cell, counted from 0. Ignored, as by a terminal, while the program has not asked for the mouse. */
  mouse(input: MouseInput): void {
    if (this.#screen.modes.mouseTrackingMode !== 'none') this.#pty.write(mouseReport(input));
  }

  resize(cols: number, rows: number): void {
    this.#screen.resize(cols, rows);
    this.#pty.resize(cols, rows);
  }

  /** Sends a signal to the program (not to its group). */
  kill(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** The window is closed, the line drops: the terminal is gone under the program. */
  hangUp(): void {
    (this.#pty as NodePty.IPty & { destroy(): void }).destroy();
  }

  /** The visible screen; trailing blanks cut. */
  screen(): string {
    return this.lines().join('\n');
  }

  lines(): string[] {
    const buffer = this.#screen.buffer.active;
    return Array.from(
      { length: this.#screen.rows },
      (_, row) => buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? '',
    );
  }

  /** Screen and scrollback of the normal buffer: what a person finds above the prompt afterwards. */
  scrollback(): string {
    const buffer = this.#screen.buffer.normal;
    return Array.from({ length: buffer.length }, (_, row) => buffer.getLine(row)?.translateToString(true) ?? '').join('\n');
  }

  /** Row and column of the first occurrence on the screen. */
  find(text: string): { col: number; row: number } | null {
    const lines = this.lines();
    const row = lines.findIndex((line) => line.includes(text));
    return row < 0 ? null : { col: (lines[row] ?? '').indexOf(text), row };
  }

  cell(col: number, row: number): Cell {
    const cell = this.#screen.buffer.active.getLine(this.#screen.buffer.active.baseY + row)?.getCell(col);
    if (cell === undefined) throw new Error(`no cell at column ${col}, row ${row}`);
    return {
      text: cell.getChars(),
      isBold: cell.isBold() !== 0,
      isInverse: cell.isInverse() !== 0,
      isDim: cell.isDim() !== 0,
      isColored: !cell.isFgDefault() || !cell.isBgDefault(),
    };
  }

  cursor(): { col: number; row: number } {
    return { col: this.#screen.buffer.active.cursorX, row: this.#screen.buffer.active.cursorY };
  }

  modes(): TerminalModes {
    const isOn = (...modes: string[]) => modes.some((mode) => this.#modes.get(mode) === true);
    return {
      alternateScreen: this.#screen.buffer.active.type === 'alternate',
      cursorHidden: this.#modes.get('?25') === false,
      mouse: isOn('?9', '?1000', '?1002', '?1003'),
      mouseSgr: isOn('?1006', '?1015', '?1016'),
      focusReports: isOn('?1004'),
      bracketedPaste: isOn('?2004'),
      applicationCursorKeys: isOn('?1'),
      applicationKeypad: this.#screen.modes.applicationKeypadMode,
      synchronizedOutput: isOn('?2026'),
    };
  }

  /** Resolves with the screen as soon as it holds the text, matches, or satisfies the function; the error shows the screen. */
  async waitFor(test: ScreenTest, options: WaitOptions = {}): Promise<string> {
    const holds = (screen: string) =>
      typeof test === 'string' ? screen.includes(test) : test instanceof RegExp ? test.test(screen) : test(screen);
    const what = options.what ?? (typeof test === 'function' ? test.toString() : String(test));
    return await this.#until(what, options.timeoutMs ?? DEFAULT_TIMEOUT_MS, () => {
      const screen = this.screen();
      return holds(screen) ? screen : null;
    });
  }

  /** Resolves when nothing has been written for a while. */
  async settled(quietMs = 150): Promise<void> {
    let seen = -1;
    while (seen !== this.rawOutput.length) {
      seen = this.rawOutput.length;
      await new Promise((resolve) => setTimeout(resolve, quietMs));
    }
  }

  get hasExited(): boolean {
    return this.#exit !== null;
  }

  /** Resolves when the program has ended and all of its output is on the screen. */
  async waitForExit(options: WaitOptions = {}): Promise<ExitStatus> {
    return await this.#until(options.what ?? 'the end of the program', options.timeoutMs ?? DEFAULT_TIMEOUT_MS, () => this.#exit);
  }

  /** Ends the program if it still runs, politely first: it releases what it holds on the engine. */
  async close(): Promise<void> {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (this.#exit !== null) break;
      try {
        process.kill(this.pid, signal);
      } catch {
        break;
      }
      await Promise.race([this.#exited, new Promise((resolve) => setTimeout(resolve, 8000))]);
    }
    this.#screen.dispose();
  }

  async #until<T>(what: string, timeoutMs: number, probe: () => T | null): Promise<T> {
    const found = probe();
    if (found !== null) return found;
    return await new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        act();
      };
      const look = () => {
        const result = probe();
        if (result !== null) settle(() => resolve(result));
        else if (this.#exit !== null) settle(() => reject(this.#complaint(`the program ended before ${what}`)));
      };
      const timer = setTimeout(() => settle(() => reject(this.#complaint(`no ${what} within ${timeoutMs} ms`))), timeoutMs);
      this.#listeners.add(look);
    });
  }

  #complaint(problem: string): Error {
    const frame = this.lines().map((line) => `  |${line}`);
    const exit = this.#exit === null ? 'still running' : `exit ${this.#exit.code}, signal ${this.#exit.signal}`;
    return new Error([`${problem} (${exit}); the screen:`, ...frame].join('\n'));
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #watchModes(): void {
    const remember = (isSet: boolean) => (params: readonly (number | number[])[]) => {
      for (const param of params.flat()) this.#modes.set(`?${param}`, isSet);
      return false;
    };
    this.#screen.parser.registerCsiHandler({ prefix: '?', final: 'h' }, remember(true));
    this.#screen.parser.registerCsiHandler({ prefix: '?', final: 'l' }, remember(false));
  }
}

/** Nothing of the developer's own settings may decide a test. */
const HERMETIC_ENV = {
  TERM: 'xterm-256color',
  COLORTERM: undefined,
  NO_COLOR: undefined,
  COLORFGBG: undefined,
  TMUX: undefined,
  CI: undefined,
  EDITOR: undefined,
  VISUAL: undefined,
  LANG: 'C.UTF-8',
  LC_ALL: undefined,
} as const;

function definedEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** node-pty where it could be compiled, else the same code with prebuilt binaries. */
function loadPty(): typeof NodePty {
  const require = createRequire(import.meta.url);
  for (const name of ['node-pty', '@lydell/node-pty']) {
    try {
      return require(name) as typeof NodePty;
    } catch {}
  }
  throw new Error('neither node-pty nor @lydell/node-pty can be loaded: run npm ci');
}
