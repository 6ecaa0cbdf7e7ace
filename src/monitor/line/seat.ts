/** A session that the line-mode monitor is at, with what it remembers of it from one visit of a process to the next. */
import type { Disposable } from '../../platform/byte-channel.js';
import type { SessionClient } from '../../session/index.js';
import { createHostModes, type HostModes } from './host-modes.js';

export interface LineSession {
  readonly session: SessionClient;
  /** It lives in a process of its own. */
  readonly isServed: boolean;
  /** It opens the shells of `--on` and `--invoke` itself, if any. */
  readonly opensShells: boolean;
  /** Tells how a build goes that begins from now on, for as long as a command runs; absent: that is told anyway. */
  follow?(): Disposable;
  /** The monitor goes; the session stays. */
  leave(): void;
}

export interface Seat extends LineSession {
  /** The modes that a process has set on the terminal, kept for its next time. */
  modesOf(process: string): HostModes;
  /** The process that the leave key goes back to. */
  lastLeft: string | null;
}

export function createSeat(of: LineSession): Seat {
  const modes = new Map<string, HostModes>();
  return {
    ...of,
    modesOf(process) {
      const known = modes.get(process) ?? createHostModes();
      modes.set(process, known);
      return known;
    },
    lastLeft: null,
  };
}
