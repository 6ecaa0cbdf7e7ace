/**
 * What the screen is given by whoever starts it. It opens no files, finds no settings and starts no programs by itself: each comes
 * as a function or a value here.
 */

import type { StepKey } from '../core/model/index.js';
import type { LeaveKey } from '../input/leave-key.js';
import type { Router } from '../input/router.js';
import type { TerminalGuard } from '../platform/terminal-guard.js';
import type { ReplayControl } from '../session/replay-control.js';
import type { SessionClient, SessionCommand } from '../session/session.js';
import type { RemoteSession } from '../session/wire/index.js';
import type { ColorDepth } from './theme/color.js';
import type { Theme } from './theme/theme.js';

export interface CommandLine {
  /** Runs one line; `text` is what it says, possibly several lines. Throws `BxError`, and `BxError('cancelled')` after `signal`. */
  run(line: string, signal?: AbortSignal): Promise<{ readonly text: string }>;
  /** Whether the line only asks, so that it may be stopped without anything being left undone. */
  isQuestion(line: string): boolean;
  /** `start`: where the word begins that a candidate replaces. */
  complete(line: string, cursor: number): { readonly candidates: readonly string[]; readonly start: number };
  help(): ReadonlyArray<{ readonly name: string; readonly usage: string; readonly summary: string }>;
}

/** A clock that can be stood still in tests. */
export interface ScreenClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Before any timer, after the input that is there already. */
  soon(run: () => void): void;
  setTimeout(run: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
}

/** The terminal that is drawn on: process.stdout, or anything like it. */
export interface ScreenOutput {
  readonly columns?: number;
  readonly rows?: number;
  /** Bytes that the terminal has not taken yet; frames are skipped while there are any. */
  readonly writableLength: number;
  write(text: string): boolean;
  on(event: 'resize' | 'drain', listener: () => void): unknown;
  off(event: 'resize' | 'drain', listener: () => void): unknown;
}

export interface ScreenSettings {
  readonly leaveKey: LeaveKey;
  readonly scrollbackRows: number;
  /** Lines scrolled by one notch of the wheel. */
  readonly wheelRows: number;
  /** A shell is started in the step that the cursor rests on, before anybody asks for it. */
  readonly preparesShells: boolean;
}

/** A text, or a file that holds one already. */
export type TextSource =
  | { readonly kind: 'text'; readonly name: string; readonly text: string }
  | { readonly kind: 'file'; readonly path: string };

/** What the screen does with files, through whoever starts it. Both throw `BxError`. */
export interface ScreenFiles {
  /** Opens it in the person's editor; the terminal has been handed over already, until `signal`. What is changed there is lost. */
  edit(source: TextSource, line: number, signal: AbortSignal): Promise<void>;
  /** `isThere`: a file of that name exists and nothing was written, because `isReplacing` is false. */
  write(name: string, source: TextSource, isReplacing: boolean): Promise<{ readonly path: string; readonly isThere: boolean }>;
}

export interface ScreenDeps {
  readonly session: SessionClient;
  /** Everybody who is attached to it; missing: nobody else can be. */
  readonly clients?: Pick<RemoteSession, 'clients' | 'clientId' | 'onClients' | 'onRefused' | 'lastPlace' | 'tellPlace'>;
  readonly router: Router;
  readonly guard: TerminalGuard;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: ScreenOutput;
  readonly theme: Theme;
  /** The terminal is not known to have a background that the theme can be read on: it is painted as well. */
  readonly paintsGround?: boolean;
  /** The theme for a terminal that tells its background; missing: it is not asked, the theme stays. */
  readonly themeFor?: (background: 'dark' | 'light') => Theme;
  readonly glyphs: 'unicode' | 'ascii';
  readonly colorDepth: ColorDepth;
  readonly clock: ScreenClock;
  readonly commandLine: CommandLine;
  readonly settings: ScreenSettings;
  /** The session lives on when this screen is left. */
  readonly canDetach: boolean;
  /** Set when the session is played from a record: its time is not the clock's. */
  readonly replay?: ReplayControl;
  /** What the first frame does not need is loaded after this, so that it holds nothing up. */
  readonly mayLoadMore?: Promise<unknown>;
  /** The Dockerfile's name as the user gave it, for the header. */
  readonly dockerfileLabel: string;
  /** Opens the Dockerfile of the build; the terminal has been handed over already, until `signal` (`guard.suspendFor`). Throws `BxError`. */
  openEditor(file: string, line: number, signal: AbortSignal): Promise<void>;
  readonly files: ScreenFiles;
  /** Resolves with how it was copied, for the message (`clipboard`, `tmux buffer`). Throws `BxError`. */
  copy(text: string): Promise<string>;
}

export interface ScreenHandle {
  /**
   * Resolves when the person has left, the terminal is restored then, with what is to become of the session: `detached`: it goes on.
   * Ending it is the caller's business.
   */
  readonly closed: Promise<'quit' | 'detached'>;
  /** Resolves when everything is loaded that the first frame did not need. */
  readonly complete: Promise<void>;
  /** Shows a process in a tab and gives it the keyboard. False when there is no such process. */
  attach(process: string): boolean;
  /** Starts a program, and waits for it with what is typed meanwhile. What goes wrong is said on the screen. */
  start(command: SessionCommand): Promise<unknown>;
  /** The step of the newest build that the cursor is on, for commands that name none; null: none with a filesystem. */
  selectedStep(): StepKey | null;
  /** Cells of the terminal pane, there or not yet, for programs that start now. */
  terminalSize(): { readonly cols: number; readonly rows: number };
  /** Says something on the screen for a while. */
  notify(level: 'info' | 'warning' | 'error', message: string, hint: string | null): void;
  /** Leaves the screen as `q` does, or `D`, without questions. Safe to call twice. */
  close(how?: 'quit' | 'detached'): void;
}
