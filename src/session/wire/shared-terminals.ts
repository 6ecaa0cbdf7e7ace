/**
 * Terminals of a session that several clients have open at once. The program gets the size that they agree on; exactly one of them answers
 * what it asks its terminal; it is held back as long as one of them cannot take more, but not for ever when others are watching too. It must
 * not know what a client's stream is.
 */
import type { Disposable } from '../../platform/byte-channel.js';
import type { SessionClient, Terminal, TerminalSize } from '../session.js';
import { agreedSize, latest, type SizeWish } from './agreed-size.js';
import type { SharedSize } from './messages.js';

/** An answer to what was asked before another one's turn began; one that comes later would be typed into who knows what. */
const ON_ITS_WAY_MS = 1_000;
/** Answers that a program has asked for and does not read. */
const UNREAD_ANSWERS_BYTES = 64 << 10;

export interface SharedTerminal {
  /**
   * Call once. `onSize` comes first, if it has not yet; all that was printed goes to `give`, when wanted; everything later to `onData`.
   * `answers`: the terminal that it is shown on answers questions.
   */
  listen(answers: boolean, give: ((replay: Uint8Array) => void) | null): void;
  /** What somebody has typed, or a real terminal has answered. */
  write(data: Uint8Array, onTaken: () => void): void;
  /** What an emulator answers. Dropped where the program does not read what it was sent before. */
  answer(data: Uint8Array): void;
  closeInput(): void;
  /** `onSize` follows in any case. */
  resize(size: TerminalSize, isShown: boolean): void;
  pause(): void;
  resume(): void;
  /** The client has become full, or is so no longer. */
  fullnessChanged(): void;
  close(): void;
}

export interface TerminalOwner {
  /** The same for all terminals of one client. */
  readonly client: number;
  /** False: it only looks, so that it neither answers nor has a say in the size. */
  readonly mayChange: boolean;
  readonly sizeRule: SharedSize;
  isFull(): boolean;
  onData(data: Uint8Array): void;
  onSize(size: TerminalSize): void;
  /** What is asked in the data from here on is this one's to answer, or no longer; at first it is not. */
  onAnswering(isAnswering: boolean): void;
}

export interface SharedTerminals {
  /** Throws `BxError('not-found')`. */
  open(process: string, owner: TerminalOwner): SharedTerminal;
}

interface Member extends SizeWish {
  readonly terminal: Terminal;
  readonly owner: TerminalOwner;
  size: TerminalSize | null;
  isShown: boolean;
  shownAt: number;
  typedAt: number;
  listener: Disposable | null;
  answers: boolean;
  /** When it stopped being the one that answers. */
  relievedAtMs: number;
  isPaused: boolean;
  isHolding: boolean;
  /** It has held the program back for too long and does so no more until it can take something again. */
  isLate: boolean;
  timer: NodeJS.Timeout | null;
}

/** A process that at least one client has open. */
interface Group {
  readonly members: Set<Member>;
  answerer: Member | null;
  unreadAnswers: number;
}

export function createSharedTerminals(session: SessionClient, holdLimitMs: number): SharedTerminals {
  const groups = new Map<string, Group>();
  /** Processes that somebody has listened to: what they asked before that is nobody's to answer any more. */
  const heard = new Set<string>();
  let count = 0;

  const fitSize = ({ members }: Group, terminal: Terminal): void => {
    const wanted = agreedSize([...members]);
    if (wanted === null || (wanted.cols === terminal.size.cols && wanted.rows === terminal.size.rows)) return;
    terminal.resize(wanted.cols, wanted.rows);
  };

  const chooseAnswerer = (group: Group): void => {
    const able = [...group.members].filter(({ owner, answers, isLate }) => owner.mayChange && answers && !isLate);
    const [next = null] = latest(able, ({ typedAt }) => typedAt);
    if (next === group.answerer) return;
    if (group.answerer !== null) {
      group.answerer.relievedAtMs = performance.now();
      group.answerer.owner.onAnswering(false);
    }
    group.answerer = next;
    next?.owner.onAnswering(true);
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
  const isWatchedByOthers = (group: Group, member: Member): boolean =>
    [...group.members].some((other) => other.owner.client !== member.owner.client && other.listener !== null);
  const startTimer = (group: Group, member: Member): void => {
    member.timer = setTimeout(() => {
      member.timer = null;
      if (isWatchedByOthers(group, member)) {
        member.isLate = true;
        setHolding(member, false);
        chooseAnswerer(group);
      } else startTimer(group, member);
    }, holdLimitMs).unref();
  };
  const weigh = (group: Group, member: Member): void => {
    const wantsToHold = member.listener !== null && (member.isPaused || member.owner.isFull());
    if (!wantsToHold) {
      stopTimer(member);
      member.isLate = false;
    } else if (member.timer === null && !member.isLate) startTimer(group, member);
    setHolding(member, wantsToHold && !member.isLate);
  };

  return {
    open(id, owner) {
      const terminal = session.terminal(id);
      const { process } = terminal;
      const member: Member = {
        terminal,
        owner,
        rule: owner.sizeRule,
        size: null,
        isShown: true,
        shownAt: 0,
        typedAt: 0,
        listener: null,
        answers: false,
        relievedAtMs: Number.NEGATIVE_INFINITY,
        isPaused: false,
        isHolding: false,
        isLate: false,
        timer: null,
      };
      const group: Group = groups.get(process) ?? { members: new Set(), answerer: null, unreadAnswers: 0 };
      groups.set(process, group);
      group.members.add(member);
      let wasTold = false;
      terminal.onSize((size) => {
        wasTold = true;
        owner.onSize(size);
      });
      const tell = (): void => {
        if (!wasTold) owner.onSize(terminal.size);
        wasTold = true;
      };
      const typed = (): void => {
        member.typedAt = ++count;
        chooseAnswerer(group);
        if (group.members.size > 1) fitSize(group, terminal);
      };
      return {
        listen(answers, give) {
          tell();
          member.answers = answers;
          const replay = give === null ? null : terminal.replay();
          member.listener ??= terminal.onData(owner.onData);
          if (!heard.has(process)) chooseAnswerer(group);
          if (group.answerer !== null) heard.add(process);
          if (replay !== null) give?.(replay);
          chooseAnswerer(group);
          weigh(group, member);
        },
        write(data, onTaken) {
          typed();
          terminal.write(data, onTaken);
        },
        answer(data) {
          const isOnItsWay = performance.now() - member.relievedAtMs < ON_ITS_WAY_MS;
          if (group.answerer !== member && !isOnItsWay) return;
          if (group.unreadAnswers > UNREAD_ANSWERS_BYTES) return;
          group.unreadAnswers += data.length;
          terminal.write(data, () => {
            group.unreadAnswers -= data.length;
          });
        },
        closeInput: () => terminal.closeInput?.(),
        resize(size, isShown) {
          wasTold = false;
          if (owner.mayChange) {
            member.size = size;
            member.isShown = isShown;
            if (isShown) member.shownAt = ++count;
            fitSize(group, terminal);
          }
          tell();
        },
        pause() {
          member.isPaused = true;
          weigh(group, member);
        },
        resume() {
          member.isPaused = false;
          weigh(group, member);
          chooseAnswerer(group);
        },
        fullnessChanged() {
          weigh(group, member);
          chooseAnswerer(group);
        },
        close() {
          stopTimer(member);
          group.members.delete(member);
          member.listener = null;
          member.answers = false;
          if (group.answerer === member) group.answerer = null;
          terminal.detach();
          if (group.members.size === 0) {
            groups.delete(process);
            return;
          }
          chooseAnswerer(group);
          fitSize(group, [...group.members][0]!.terminal);
        },
      };
    },
  };
}
