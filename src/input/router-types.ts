/** The router's interface; `router.ts` makes one with `createRouter(options: RouterOptions): Router`. Types only. */
import type { Disposable } from '../platform/byte-channel.js';
import type { LeaveKey } from './leave-key.js';
import type { InputEvent, ProgramTarget } from './types.js';

export interface RouterOptions {
  /** Default: `Ctrl-]`. */
  readonly leaveKey?: LeaveKey;
  /** How long a lone ESC waits for the rest of a sequence. Default 30; in terminal mode 10, so that Esc reaches vi at once. */
  readonly escapeTimeoutMs?: number;
  readonly terminalEscapeTimeoutMs?: number;
  /** Hand a paste of several lines to the screen instead of the program when the program has not asked for brackets. Default true. */
  readonly confirmMultilinePaste?: boolean;
  /** The host terminal sends arrows as SS3 although nothing asked for it: only for tests. */
  readonly setTimeout?: (run: () => void, delayMs: number) => unknown;
  readonly clearTimeout?: (handle: unknown) => void;
}

/**
 * leave-key: the person pressed it; the mode is normal already. resumed: the leave key was pressed twice, one was sent to the
 * program and terminal mode goes on. entered, left: by a call.
 */
export type ModeChange = 'leave-key' | 'resumed' | 'entered' | 'left';

/** Owns the bytes from the keyboard: normal mode gives events to the screen, terminal mode gives the bytes to the program. */
export interface Router extends Disposable {
  readonly mode: 'normal' | 'terminal';
  readonly target: ProgramTarget | null;
  /** From now on stdin belongs to the router; it is resumed. Raw mode is the terminal guard's. */
  attach(stdin: NodeJS.ReadableStream): void;
  /** Gives stdin back (paused), for an external program or a suspend; half-read sequences are dropped. */
  detach(): void;
  /** Bytes from elsewhere than stdin (tests, a remote front end). */
  feed(data: Uint8Array): void;
  /** Terminal mode: keys go to `target`. Called again with another target it switches. */
  enterTerminal(target: ProgramTarget): void;
  leaveTerminal(): void;
  /**
   * Normal mode: everything. Terminal mode: what is not for the program (mouse outside of the pane or while the program does not track
   * it or with Shift, a paste that needs to be confirmed, focus, answers of the host terminal).
   */
  onEvent(listener: (event: InputEvent, mode: 'normal' | 'terminal') => void): Disposable;
  onModeChange(listener: (change: ModeChange) => void): Disposable;
  /** stdin ended or broke: the terminal is gone. */
  onEnd(listener: (error: Error | null) => void): Disposable;
  /** What comes from now on waits, in order, until the hold is disposed: who it is for is being decided. */
  hold(): Disposable;
  /** Pastes into a program: bracketed iff it asked. */
  paste(target: ProgramTarget, data: Uint8Array): void;
  /** Sends the leave key itself to the program. */
  sendLeaveKey(target: ProgramTarget): void;
}
