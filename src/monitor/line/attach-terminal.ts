/**
 * A process of a session on the host terminal, byte for byte, until it ends or the leave key is pressed. It owns raw mode while it runs and
 * puts the terminal back, whatever happens.
 */
import type { SessionClient } from '../../session/index.js';
import { isOver } from '../resolve-process.js';
import type { HostModes } from './host-modes.js';
import type { HostInput, HostOutput } from './io.js';
import { holdingWriter, sizeOf } from './io.js';
import { createLeaveScanner, type LeaveKeys } from './leave-scanner.js';
import { createRequestFilter } from './request-filter.js';
import { followStops } from './stops.js';

export interface AttachOptions {
  readonly session: SessionClient;
  readonly process: string;
  readonly input: HostInput;
  readonly output: HostOutput;
  readonly leaveKey: Pick<LeaveKeys, 'bytes' | 'second'>;
  /** Modes that this process had set when it was left before. */
  readonly modes: HostModes;
  /** It has just been started for this terminal: nothing of it was drawn for another size. */
  readonly isNew?: boolean;
  /** Sent to the process first. */
  readonly firstInput?: Uint8Array;
  /** Leaves it. */
  readonly signal?: AbortSignal;
}

/** Long enough for a program to notice the first of two changes of size. */
const REDRAW_MS = 40;

export type AttachEnd = 'ended' | 'left' | 'input-closed';

export async function attachTerminal(options: AttachOptions): Promise<AttachEnd> {
  const { session, input, output, modes } = options;
  const terminal = session.terminal(options.process);
  const scanner = createLeaveScanner(options.leaveKey);
  const undo: Array<() => void> = [() => terminal.detach()];
  const write = holdingWriter(output, terminal);
  const requests = createRequestFilter();
  /** What is shown, without what the program asks where another terminal answers it, or did so long ago. */
  const shown = (data: Uint8Array, isOld: boolean): Uint8Array => requests.push(data, !isOld && terminal.isAnswering !== false);
  let isReplay = terminal.isReplayFirst === true;

  const end = new Promise<AttachEnd>((resolve) => {
    const show = (data: Uint8Array): void => {
      if (isReplay) {
        isReplay = false;
        showAgain(data);
        return;
      }
      modes.track(data);
      write(shown(data, false));
    };
    const onResize = (): void => {
      const { cols, rows } = sizeOf(output);
      terminal.resize(cols, rows);
    };
    const showAgain = (replay: Uint8Array): void => {
      // What a program has asked at its start, before anybody could be there, is not answered yet.
      if (replay.length > 0) output.write(shown(replay, options.isNew !== true));
      output.write(modes.redo());
      modes.track(replay);
      // What was drawn before may have been for another size.
      if (replay.length > 0 && options.isNew !== true) redraw();
    };
    /** Full-screen programs draw everything again only when the size changes. */
    const redraw = (): void => {
      const { cols, rows } = sizeOf(output);
      terminal.resize(cols, Math.max(1, rows - 1));
      const nudge = setTimeout(onResize, REDRAW_MS);
      undo.push(() => clearTimeout(nudge));
    };
    terminal.promiseAnswers?.();
    terminal.onData(show);
    onResize();
    if (!isReplay) showAgain(terminal.replay());

    const onInput = (data: Uint8Array | string): void => {
      const { forward, isLeaving } = scanner.scan(typeof data === 'string' ? Buffer.from(data) : data);
      if (forward.length > 0) terminal.write(forward);
      if (isLeaving) resolve('left');
    };
    const onClosed = (): void => resolve('input-closed');
    input.setRawMode?.(true);
    input.on('data', onInput).on('end', onClosed).on('close', onClosed);
    input.resume();
    output.on('resize', onResize);
    const unfollow = followStops(input, {
      giveBack: () => output.write(modes.undo()),
      takeAgain() {
        output.write(modes.redo());
        redraw();
      },
    });
    undo.push(() => {
      unfollow();
      input.off('data', onInput).off('end', onClosed).off('close', onClosed);
      output.off('resize', onResize);
      input.pause();
      input.setRawMode?.(false);
    });
    if (options.firstInput !== undefined) terminal.write(options.firstInput);

    const checkEnd = (): void => {
      const process = session.state.processes.find((candidate) => candidate.id === terminal.process);
      if (process === undefined || isOver(process)) resolve('ended');
    };
    const subscription = session.onEvent((event) => {
      if (event.type === 'process.updated' && event.process.id === terminal.process) checkEnd();
    });
    undo.push(() => subscription.dispose());
    void session.ended.then(() => resolve('ended'));
    options.signal?.addEventListener('abort', () => resolve('left'), { once: true });
    if (options.signal?.aborted) resolve('left');
    checkEnd();
  });

  try {
    const how = await end;
    if (how === 'ended') await terminal.delivered?.();
    return how;
  } finally {
    for (const step of undo.toReversed()) step();
    output.write(modes.undo());
  }
}
