/**
 * The session interface: all that a front end (screen, line-mode monitor, plain progress) knows of a debug session. Commands and
 * events are plain JSON, terminals are byte channels, so that the same interface works in one process and over a socket.
 */
import type { SessionEvent } from '../core/events.js';
import type { Moment, ProcessSummary, SessionState, StepKey } from '../core/model/index.js';
import type { ByteChannel, Disposable } from '../platform/byte-channel.js';
import type { FilesAnswer, FilesQuestion } from './step-files.js';

export type SessionCommand =
  /** Reads Dockerfile and context again and builds; the old generation stays as an older one. */
  | { readonly type: 'session.reload'; readonly noCache?: boolean }
  /** Stops the running build on the engine. */
  | { readonly type: 'build.cancel' }
  /**
   * A shell (or `args`) in a step's root filesystem, in a container of its own. `generation`: default the current one.
   * Result: the process.
   */
  | {
      readonly type: 'step.rollback';
      readonly step: StepKey;
      readonly generation?: number;
      readonly moment: Moment | 'auto';
      readonly exclusiveCaches: 'mount' | 'omit';
      readonly args?: readonly string[];
      readonly env?: readonly string[];
      readonly user?: string;
      readonly cwd?: string;
      readonly tty?: boolean;
      readonly size: { readonly cols: number; readonly rows: number };
    }
  /**
   * Somebody looks at this step and may want a shell in it (a `step.rollback` with nothing but its step): one is started already where
   * that carries nothing of the build out and holds nobody up. Shows in no state; the next such command takes its place.
   */
  | {
      readonly type: 'step.prepare';
      readonly step: StepKey;
      readonly generation: number;
      readonly size: { readonly cols: number; readonly rows: number };
    }
  /**
   * Files of a step, or what it has changed, without a process in it. `generation`: default the current one. A pending step is built first.
   * Result: the answer, in `files`.
   */
  | {
      readonly type: 'step.files';
      readonly step: StepKey;
      readonly generation?: number;
      readonly moment: Moment | 'auto';
      readonly question: FilesQuestion;
    }
  /** A further process in an existing container. Empty `args`: its shell. Result: the process. */
  | {
      readonly type: 'process.exec';
      readonly container: string;
      readonly args: readonly string[];
      readonly env?: readonly string[];
      readonly user?: string;
      readonly cwd?: string;
      readonly tty: boolean;
      readonly size: { readonly cols: number; readonly rows: number };
    }
  /** Runs the step's own command again in the container, with its mounts. Result: the process. */
  | {
      readonly type: 'process.rerun';
      readonly container: string;
      readonly size: { readonly cols: number; readonly rows: number };
    }
  /** A program on this machine, beside the containers. Empty `args`: the person's shell. Result: the process. */
  | {
      readonly type: 'host.exec';
      readonly args: readonly string[];
      readonly size: { readonly cols: number; readonly rows: number };
    }
  | { readonly type: 'process.signal'; readonly process: string; readonly signal: string }
  /** Ends the process; its container too when no other process is left in it. */
  | { readonly type: 'process.disconnect'; readonly process: string }
  /** Ends the session: cancels the build, releases everything on the engine. */
  | { readonly type: 'session.disconnect' };

export type CommandResult =
  | { readonly process: string }
  /** `files`: of a `step.files`. */
  | { readonly process: null; readonly files?: FilesAnswer };

export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

/** The output of a process since its start (bounded: the newest `TERMINAL_REPLAY_BYTES`), then live. */
export interface Terminal extends ByteChannel {
  readonly process: string;
  /**
   * Bytes up to now, oldest first. Call it in the same turn as `onData`, so that nothing is missed or doubled. Of a session in another
   * process it is empty, see `isReplayFirst`.
   */
  replay(): Uint8Array;
  /**
   * True: all of the replay is the first data that the first listener gets, in one piece, which is empty when there is none. What is asked
   * in it has been answered long ago.
   */
  readonly isReplayFirst?: boolean;
  /**
   * What the program really has: the size asked for last, or, where several screens have the process open, what they have agreed on. The
   * grid that the output is drawn in needs this one.
   */
  readonly size: TerminalSize;
  /** Called behind the data that was printed for the size before. */
  onSize(listener: (size: TerminalSize) => void): Disposable;
  /**
   * Whether somebody sees the process here, at first: yes. A size asked for by a screen that does not show it counts for nothing as long as
   * others do. Absent: nobody else can have it open.
   */
  setShown?(isShown: boolean): void;
  /**
   * To be called before `onData` by a reader whose terminal, real or not, answers what the program asks it. Of several of them exactly one
   * is to answer (`isAnswering`); one that has promised nothing never is. Absent: nobody else can have it open.
   */
  promiseAnswers?(): void;
  /**
   * To be read in the listener: whether what the program asks its terminal in this data is answered by this reader, with `answer`, or as if
   * it were typed. If not, a real terminal must not come to see it. Absent: yes.
   */
  readonly isAnswering?: boolean;
  /** The answer to what the program has asked, which nobody has typed. Absent: `write`. */
  answer?(data: Uint8Array): void;
  /**
   * Resolves when what the program had printed until this call is with the listeners (also when nothing can come any more); where it is
   * absent, that is so at any time. Await it before `detach` when the program has ended and its output counts.
   */
  delivered?(): Promise<void>;
  /** Stops listening; the process goes on. */
  detach(): void;
  /** Ends the program's input, as Ctrl-D does without a tty; for a process whose input nobody writes. */
  closeInput?(): void;
}

export const TERMINAL_REPLAY_BYTES = 1 << 20;

/** Raw log of one step, as the program wrote it; escape sequences included, hostile. */
export interface StepLog {
  /** The beginning and the end that are kept in memory; `omittedBytes` lie between them (0: `head` and `tail` are the whole log). */
  readonly head: string;
  readonly tail: string;
  readonly omittedBytes: number;
  /**
   * A file with the whole log, made once it outgrows memory and removed at the session's end; up to a quarter MiB behind while the step runs.
   * Null: there is none, and what is omitted, if anything (with a full disk), is lost.
   */
  readonly file: string | null;
}

/** Its beginning stayed behind where it came from, and may still be there: `SessionClient.wholeLog` asks for it. */
export function lacksBeginning(log: StepLog): boolean {
  return log.head === '' && log.omittedBytes > 0;
}

export interface SessionClient {
  /** The newest state. Same object as long as nothing changed. */
  readonly state: SessionState;
  /** Called after the state has taken the event in. Events of one batch come in one turn. */
  onEvent(listener: (event: SessionEvent, state: SessionState) => void): Disposable;
  /** Resolves when the command has been carried out (a rollback: when the program runs). Throws `BxError`. Abort cancels it where possible. */
  execute(command: SessionCommand, signal?: AbortSignal): Promise<CommandResult>;
  /** Throws `BxError('not-found')`. */
  terminal(process: ProcessSummary['id']): Terminal;
  /** What is here of it: of a session in another process only the end of what was long when this client came. */
  stepLog(generation: number, step: StepKey): StepLog;
  /**
   * Everything that the session still has of it, its file up to date; what `stepLog` gives from then on. When the session cannot be asked
   * any more: what is here.
   */
  wholeLog(generation: number, step: StepKey): Promise<StepLog>;
  /** True when a shell at this step would hold a cache that nobody else can use meanwhile (sharing=locked or private): ask first. */
  hasExclusiveCache(generation: number, step: StepKey): boolean;
  /** Resolves when the session has ended and nothing of it is left on the engine. */
  readonly ended: Promise<void>;
}
