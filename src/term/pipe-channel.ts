/** Connects a program's byte channel with an emulator: output with flow control, the emulator's answers back to the program. */
import type { ByteChannel, Disposable } from '../platform/byte-channel.js';
import type { Emulator } from './types.js';

/** A channel that others may read as well (`Terminal`, which says what they are). */
export interface SharedChannel extends ByteChannel {
  promiseAnswers?(): void;
  readonly isAnswering?: boolean;
  answer?(data: Uint8Array): void;
}

const HIGH_WATER_BYTES = 512 << 10;
const LOW_WATER_BYTES = 128 << 10;
/** A program that asks without reading the answers would fill its own input without end; the rest of a window is not answered. */
const MAX_REPLY_BYTES_PER_WINDOW = 64 << 10;
const REPLY_WINDOW_MS = 1000;

export interface PipeOptions {
  /**
   * Output from before, shown first (`Terminal.replay()`, taken in the same turn). Its questions were asked long ago: answering them again
   * would type rubbish into the program, so they are not answered.
   */
  readonly replay?: Uint8Array;
  /** What was said before comes as the channel's first data instead, in one piece (`Terminal.isReplayFirst`). */
  readonly isReplayFirst?: boolean;
  /** Answer them all the same: for a program that was started just now and that nobody else has watched. */
  readonly answerReplay?: boolean;
  /** Called before anything is shown, with what was said before: at once, or with the channel's first data where that is the replay. */
  readonly onBegin?: (replay: Uint8Array) => void;
  /** All that was said before is in the grid. */
  readonly onReplayed?: () => void;
  readonly nowMs?: () => number;
}

/**
 * Everything the channel sends goes to `emulator`; the source is held back while more than 512 KiB wait to be parsed, until less than
 * 128 KiB do. `dispose` disconnects both and leaves the channel resumed.
 */
export function pipeChannel(channel: SharedChannel, emulator: Emulator, options: PipeOptions = {}): Disposable {
  const nowMs = options.nowMs ?? (() => performance.now());
  let pendingBytes = 0;
  let isPaused = false;
  let isDisposed = false;
  let windowStartMs = nowMs();
  let replyBytes = 0;
  /** Whether what is parsed now is answered, and what is written next will be. */
  let isAnswering = true;
  let willAnswer = true;

  const resume = () => {
    if (!isPaused) return;
    isPaused = false;
    channel.resume();
  };
  let awaitsReplay = options.isReplayFirst === true;
  /** For everything that is written from here on. */
  const setAnswering = (next: boolean): void => {
    if (next === willAnswer) return;
    willAnswer = next;
    emulator.write('', () => {
      isAnswering = next;
    });
  };
  const isAnsweredIn = (isReplay: boolean): boolean =>
    channel.isAnswering !== false && (!isReplay || options.answerReplay === true);
  const replies = emulator.onReply((data) => {
    if (!isAnswering) return;
    const now = nowMs();
    if (now - windowStartMs >= REPLY_WINDOW_MS) {
      windowStartMs = now;
      replyBytes = 0;
    }
    replyBytes += data.length;
    if (replyBytes > MAX_REPLY_BYTES_PER_WINDOW) return;
    if (channel.answer === undefined) channel.write(data);
    else channel.answer(data);
  });
  if (!awaitsReplay) options.onBegin?.(options.replay ?? new Uint8Array());
  if (options.replay && options.replay.length > 0) {
    setAnswering(isAnsweredIn(true));
    emulator.write(options.replay, options.onReplayed);
  }
  channel.promiseAnswers?.();
  const output = channel.onData((data) => {
    const isReplay = awaitsReplay;
    awaitsReplay = false;
    if (isReplay) options.onBegin?.(data);
    if (data.length === 0) {
      if (isReplay) options.onReplayed?.();
      return;
    }
    setAnswering(isAnsweredIn(isReplay));
    pendingBytes += data.length;
    if (!isPaused && pendingBytes > HIGH_WATER_BYTES) {
      isPaused = true;
      channel.pause();
    }
    emulator.write(data, () => {
      if (isReplay) options.onReplayed?.();
      pendingBytes -= data.length;
      if (!isDisposed && pendingBytes < LOW_WATER_BYTES) resume();
    });
  });
  return {
    dispose() {
      if (isDisposed) return;
      isDisposed = true;
      output.dispose();
      replies.dispose();
      resume();
    },
  };
}
