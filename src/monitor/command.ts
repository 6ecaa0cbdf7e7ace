/** The shape of a monitor command and what it may use. One file per command in `commands/`; the table of `help` is made from them. */
import type { StepKey } from '../core/model/index.js';
import { BxError } from '../platform/errors.js';
import type { Invoke, SessionClient, SessionCommand } from '../session/index.js';
import type { MonitorSessions } from './sessions.js';

export interface MonitorDeps {
  /** Null: the monitor is at no session. */
  readonly session: SessionClient | null;
  /** The sessions of this person that live in processes of their own; absent: this front end knows of none. */
  readonly sessions?: MonitorSessions;
  /**
   * Shows a process: the screen in a tab, at once; the line-mode monitor on the terminal or as printed output, until it is left or over.
   * `isNew`: it was started by this command. Returns what is to be said about it, possibly nothing.
   */
  attach(process: string, isNew: boolean): Promise<string> | string;
  /** Starts a program and shows it as soon as it is there, with what is typed meanwhile. Absent: it is started, and then attached to. */
  start?(command: SessionCommand): Promise<unknown>;
  /** Leaves the front end, which ends the session that it was started with. */
  exit(): Promise<void> | void;
  /** Leaves the front end, the session goes on. Absent: it cannot. */
  detach?(): void;
  /** Ends the session that the monitor is at, `byForce` with its server; returns what is said. Absent: `exit` does that. */
  endSession?(byForce: boolean): Promise<string>;
  /** Cells for a process that starts now. */
  size(): { readonly cols: number; readonly rows: number };
  /** Columns that help is wrapped at; absent: it is not. */
  readonly textWidth?: () => number;
  /** Whether processes get a terminal when nothing else is said. */
  readonly hasTerminal: boolean;
  /** `--invoke`: environment, user and directory of what `exec` starts. */
  readonly invoke: Invoke | null;
  readonly now: () => number;
  /** The step that is meant when none is named; null: the one that failed, else the last. */
  readonly selectedStep?: () => StepKey | null;
}

/** A command's view while it runs. */
export interface MonitorContext extends Omit<MonitorDeps, 'session'> {
  /** Throws `BxError('state')` when the monitor is at none. */
  readonly session: SessionClient;
  readonly current: SessionClient | null;
  readonly signal: AbortSignal;
  readonly commands: readonly MonitorCommand[];
}

export interface MonitorCommand {
  readonly name: string;
  /** `rollback [STEP] [--init] [CMD [ARG...]]`. */
  readonly usage: string;
  readonly summary: string;
  /** Further paragraphs of `help NAME`. */
  readonly details: readonly string[];
  /** It only asks, and may take long for that: the answer is all there is of it. */
  readonly isQuestion?: boolean;
  /** Returns what is said, possibly several lines or nothing. Throws `BxError`. */
  run(context: MonitorContext, args: readonly string[]): Promise<string>;
  /** Candidates for the word after `words`; what does not begin with the typed part is left out by the caller. */
  complete?(context: MonitorDeps, words: readonly string[]): readonly string[];
}

export function usageError(command: Pick<MonitorCommand, 'usage'>, message: string): BxError {
  return new BxError('usage', message, { hint: `usage: ${command.usage}` });
}
