/** What a session that is played from a record lets a front end do with time. */
import type { Disposable } from '../platform/byte-channel.js';

export interface ReplayStatus {
  /** Since the beginning of the record, in its own time. */
  readonly positionMs: number;
  readonly durationMs: number;
  /** The clock of the recording, at the position. */
  readonly nowMs: number;
  /** Times as fast as it was; infinite: as fast as possible. */
  readonly speed: number;
  readonly isPlaying: boolean;
  readonly isAtEnd: boolean;
  /** How many events have happened; those of one millisecond are one. */
  readonly event: number;
  readonly eventCount: number;
  /** Nothing happening takes no longer than this; null: as long as it did. */
  readonly idleLimitMs: number | null;
}

export interface ReplayControl {
  readonly status: ReplayStatus;
  /** At the end it begins again. */
  togglePlaying(): void;
  changeSpeed(direction: 1 | -1): void;
  /** Out of bounds is the beginning or the end. */
  seekTo(positionMs: number): void;
  /** To the next or the previous event, where it pauses. */
  step(direction: 1 | -1): void;
  toggleIdleLimit(): void;
  /** `jumped`: the session is another one now, without events in between; whoever keeps something of it begins anew. */
  onChange(listener: (change: 'moved' | 'jumped') => void): Disposable;
  /** A terminal of the whole record as asciicast v2. Throws `BxError('not-found')`. */
  asciicast(process: string): string;
}
