/**
 * A session made of a record: what a front end sees of one that runs, played by a clock that can be stopped, set back and set forth.
 * Nothing in it can be changed: commands are refused.
 */
import type { SessionEvent } from '../../core/events.js';
import type { SessionState } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import { matchingId } from '../process-table.js';
import type { ReplayControl } from '../replay-control.js';
import type { SessionClient, Terminal, TerminalSize } from '../session.js';
import { asciicastOf } from './asciicast.js';
import { createPlayer, DEFAULT_IDLE_LIMIT_MS, type PlayerClock, SPEEDS } from './player.js';
import type { LoadedRecord } from './read-record.js';
import { createTimeline, printedBytes } from './timeline.js';

export interface ReplayOptions {
  readonly record: LoadedRecord;
  readonly clock: PlayerClock;
  /** Times as fast as it was; infinite: as fast as possible. */
  readonly speed: number;
  readonly idleLimitMs: number | null;
}

export interface ReplaySession extends SessionClient {
  readonly replay: ReplayControl;
  play(): void;
  /** Resolves when the end has been played, or reached otherwise; at once when it has. */
  untilEnd(): Promise<void>;
  dispose(): void;
}

interface ReplayTerminal {
  readonly process: string;
  readonly onData: Set<(data: Uint8Array) => void>;
  readonly onSize: Set<(size: TerminalSize) => void>;
}

/** Stands at its beginning, and does not play yet. */
export function createReplaySession({ record, clock, speed, idleLimitMs }: ReplayOptions): ReplaySession {
  const timeline = createTimeline(record.entries);
  const listeners = new Set<(event: SessionEvent, state: SessionState) => void>();
  const changeListeners = new Set<(change: 'moved' | 'jumped') => void>();
  const terminals = new Set<ReplayTerminal>();
  let count = 0;
  let state = timeline.stateAfter(0);
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });

  const tell = (change: 'moved' | 'jumped'): void => {
    for (const listener of changeListeners) listener(change);
  };
  const jump = (to: number): void => {
    count = to;
    state = timeline.stateAfter(count);
    tell('jumped');
  };
  const happen = (index: number): void => {
    const entry = timeline.entry(index);
    if (entry.type === 'snapshot') {
      jump(index + 1);
      return;
    }
    count = index + 1;
    state = timeline.stateAfter(count);
    if (entry.type === 'event') for (const listener of listeners) listener(entry.event, state);
    if (entry.type === 'event' || entry.type === 'end') return;
    for (const terminal of terminals) {
      if (terminal.process !== entry.process) continue;
      if (entry.type === 'resize') for (const listener of terminal.onSize) listener({ cols: entry.cols, rows: entry.rows });
      else for (const listener of terminal.onData) listener(printedBytes(entry));
    }
  };
  const player = createPlayer({ timeline, clock, speed, idleLimitMs, happen, jump });
  player.onChange(() => tell('moved'));
  player.seekTo(0);

  function terminal(meant: string): Terminal {
    const process = matchingId(
      state.processes.map(({ id }) => id),
      meant,
    );
    const own: ReplayTerminal = { process, onData: new Set(), onSize: new Set() };
    terminals.add(own);
    let holds = 0;
    const release = (): void => {
      if (holds === 0) return;
      holds--;
      player.release();
    };
    return {
      process,
      get size() {
        return timeline.size(count, process);
      },
      replay: () => timeline.output(count, process),
      onData(listener) {
        own.onData.add(listener);
        return { dispose: () => void own.onData.delete(listener) };
      },
      onSize(listener) {
        own.onSize.add(listener);
        return { dispose: () => void own.onSize.delete(listener) };
      },
      write: () => undefined,
      resize: () => undefined,
      pause() {
        holds++;
        player.hold();
      },
      resume: release,
      detach() {
        terminals.delete(own);
        while (holds > 0) release();
      },
    };
  }

  const replay: ReplayControl = {
    get status() {
      return player.status;
    },
    togglePlaying: () => (player.status.isPlaying ? player.pause() : player.play()),
    changeSpeed(direction) {
      const present = player.status.speed;
      const next = direction > 0 ? SPEEDS.find((one) => one > present) : SPEEDS.findLast((one) => one < present);
      player.setSpeed(next ?? present);
    },
    seekTo: player.seekTo,
    step: player.step,
    toggleIdleLimit: () =>
      player.setIdleLimit(player.status.idleLimitMs === null ? (idleLimitMs ?? DEFAULT_IDLE_LIMIT_MS) : null),
    onChange(listener) {
      changeListeners.add(listener);
      return { dispose: () => void changeListeners.delete(listener) };
    },
    asciicast: (process) => asciicastOf(record, process),
  };

  return {
    replay,
    get state() {
      return state;
    },
    onEvent(listener) {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    async execute({ type }) {
      if (type === 'step.prepare') return { process: null };
      if (type !== 'session.disconnect') {
        throw new BxError('state', 'this is a replay: nothing can be run or changed in it', {
          hint: 'bxtui build starts a session of your own.',
        });
      }
      player.dispose();
      end();
      return { process: null };
    },
    terminal,
    stepLog: (generation, step) => timeline.stepLog(count, generation, step),
    wholeLog: async (generation, step) => timeline.stepLog(count, generation, step),
    hasExclusiveCache: () => false,
    ended,
    play: player.play,
    untilEnd: () =>
      new Promise((resolve) => {
        if (player.status.isAtEnd) return resolve();
        const listener = player.onChange(() => {
          if (!player.status.isAtEnd) return;
          listener.dispose();
          resolve();
        });
      }),
    dispose() {
      player.dispose();
      end();
    },
  };
}
