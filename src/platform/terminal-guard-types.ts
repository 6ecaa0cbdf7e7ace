/** The terminal guard's interface; `terminal-guard.ts` makes one with `createTerminalGuard(options)`. Types only. */
import type { Disposable } from './byte-channel.js';

export interface GuardStdin extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  readonly isRaw?: boolean;
  setRawMode?(mode: boolean): unknown;
  ref?(): unknown;
  unref?(): unknown;
}

export interface GuardStdout extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly fd?: number;
}

export interface TerminalGuardOptions {
  readonly stdin: GuardStdin;
  readonly stdout: GuardStdout;
  /** Ask for mouse events at the start. Default true. */
  readonly mouse?: boolean;
  /** Where a crash file is written; null: none. Default: the system's temporary directory. */
  readonly crashDir?: string | null;
  /** Lines for the crash file: the last events, versions. Must not throw; it is guarded anyway. */
  readonly crashReport?: () => string;
  /** How long the `onSignal` callbacks may take together before the process ends all the same. Default 3000. */
  readonly endTimeoutMs?: number;
}

/** hangup: SIGHUP, or the terminal is gone (EIO, EPIPE, end of stdin). crash: a defect; the terminal is restored already. */
export interface EndCause {
  readonly kind: 'signal' | 'hangup' | 'crash';
  readonly signal: NodeJS.Signals | null;
  readonly error: unknown;
  /** What the process will exit with: 128 + number of the signal, 70 after a crash. */
  readonly exitCode: number;
}

/** The one owner of the host terminal's modes. Whatever ends the program, the terminal is put back by it. */
export interface TerminalGuard extends Disposable {
  /** The full-screen modes are on. */
  readonly isActive: boolean;
  readonly isMouseEnabled: boolean;
  /** Alternate screen, raw mode, bracketed paste, focus, mouse; installs the handlers of signals and crashes. */
  enter(): void;
  /** Everything as it was, written synchronously. `enter` may be called again. */
  leave(): void;
  /** Mouse reporting on or off (off gives the mouse back to the host terminal). */
  setMouse(isEnabled: boolean): void;
  /** Ctrl-Z: restores the terminal and stops the process; returns after SIGCONT with the screen taken again. */
  suspend(): void;
  /** Hands the terminal to an external program and takes it back after it, also when `run` throws. `signal`: this program ends, and so must that. */
  suspendFor<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** The terminal is about to be given away: detach from stdin, draw nothing. */
  onRelease(listener: () => void): Disposable;
  /** The terminal was taken (back): attach to stdin, repaint everything, the size may have changed. */
  onTake(listener: () => void): Disposable;
  /** An orderly end: release what is held elsewhere. All listeners run at once, bounded by `endTimeoutMs`; then the process exits. */
  onSignal(listener: (cause: EndCause) => void | Promise<void>): Disposable;
}
