/**
 * Terminals of a session that several clients have open at once: the program gets the smallest size among them, and is held back as long
 * as one of them cannot take more, but not for ever when others are watching too. It must not know what a client's stream is.
 */
import type { Disposable } from '../../platform/byte-channel.js';
import type { SessionClient, Terminal } from '../session.js';

export interface SharedTerminal {
  /** Call once. All that was printed before, when wanted; everything later goes to `onData`. */
  listen(withReplay: boolean): Uint8Array;
  write(data: Uint8Array): void;
  closeInput(): void;
  resize(cols: number, rows: number): void;
  pause(): void;
  resume(): void;
  /** The client has become full, or is so no longer. */
  fullnessChanged(): void;
  close(): void;
}

export interface TerminalOwner {
  /** The same for all terminals of one client. */
  readonly client: number;
  isFull(): boolean;
  onData(data: Uint8Array): void;
}

export interface SharedTerminals {
  /** Throws `BxError('not-found')`. */
  open(process: string, owner: TerminalOwner): SharedTerminal;
}

interface Member {
  readonly terminal: Terminal;
  readonly owner: TerminalOwner;
  size: { readonly cols: number; readonly rows: number } | null;
  listener: Disposable | null;
  isPaused: boolean;
  isHolding: boolean;
  /** It has held the program back for too long and does so no more until it can take something again. */
  isLate: boolean;
  timer: NodeJS.Timeout | null;
}

export function createSharedTerminals(session: SessionClient, holdLimitMs: number): SharedTerminals {
  const members = new Map<string, Set<Member>>();
  const applied = new Map<string, string>();

  const ofProcess = (member: Member): Set<Member> => members.get(member.terminal.process) ?? new Set();
  const isWatchedByOthers = (member: Member): boolean =>
    [...ofProcess(member)].some((other) => other.owner.client !== member.owner.client && other.listener !== null);

  const fitSize = (process: string): void => {
    const sizes = [...(members.get(process) ?? [])].flatMap((member) => member.size ?? []);
    if (sizes.length === 0) return;
    const cols = Math.min(...sizes.map((size) => size.cols));
    const rows = Math.min(...sizes.map((size) => size.rows));
    if (applied.get(process) === `${cols}x${rows}`) return;
    applied.set(process, `${cols}x${rows}`);
    session.terminal(process).resize(cols, rows);
  };

  const setHolding = (member: Member, isHolding: boolean): void => {
    if (member.isHolding === isHolding) return;
    member.isHolding = isHolding;
    if (isHolding) member.terminal.pause();
    else member.terminal.resume();
  };
  const stopTimer = (member: Member): void => {
    if (member.timer !== null) clearTimeout(member.timer);
    member.timer = null;
  };
  const startTimer = (member: Member): void => {
    member.timer = setTimeout(() => {
      member.timer = null;
      if (isWatchedByOthers(member)) {
        member.isLate = true;
        setHolding(member, false);
      } else startTimer(member);
    }, holdLimitMs).unref();
  };
  const weigh = (member: Member): void => {
    const wantsToHold = member.listener !== null && (member.isPaused || member.owner.isFull());
    if (!wantsToHold) {
      stopTimer(member);
      member.isLate = false;
    } else if (member.timer === null && !member.isLate) startTimer(member);
    setHolding(member, wantsToHold && !member.isLate);
  };

  return {
    open(id, owner) {
      const terminal = session.terminal(id);
      const { process } = terminal;
      const member: Member = {
        terminal,
        owner,
        size: null,
        listener: null,
        isPaused: false,
        isHolding: false,
        isLate: false,
        timer: null,
      };
      const group = members.get(process) ?? new Set();
      members.set(process, group.add(member));
      return {
        listen(withReplay) {
          const replay = withReplay ? terminal.replay() : new Uint8Array();
          member.listener ??= terminal.onData(owner.onData);
          weigh(member);
          return replay;
        },
        write: (data) => terminal.write(data),
        closeInput: () => terminal.closeInput?.(),
        resize(cols, rows) {
          member.size = { cols, rows };
          fitSize(process);
        },
        pause() {
          member.isPaused = true;
          weigh(member);
        },
        resume() {
          member.isPaused = false;
          weigh(member);
        },
        fullnessChanged: () => weigh(member),
        close() {
          stopTimer(member);
          group.delete(member);
          terminal.detach();
          member.listener = null;
          if (group.size === 0) members.delete(process);
          fitSize(process);
        },
      };
    },
  };
}
