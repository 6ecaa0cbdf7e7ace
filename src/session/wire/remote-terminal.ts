/** Terminals of a session in another process, as channels of its stream. Each is opened there when it is first used here. */
import type { Terminal, TerminalSize } from '../session.js';
import type { Connection } from './connection.js';
import { createInputWindow, type InputWindow } from './input-window.js';
import type { ClientMessage } from './messages.js';

export interface RemoteTerminals {
  open(process: string): Terminal;
  onBytes(channel: number, data: Uint8Array): void;
  onSynced(channel: number): void;
  onSize(channel: number, size: TerminalSize): void;
  onAnswering(channel: number, isAnswering: boolean): void;
  /** So many more bytes of what was written are out of the way. */
  onTaken(channel: number, bytes: number): void;
  /** Nothing comes on it any more. */
  onFailed(channel: number): void;
  /** The connection is gone. */
  closeAll(): void;
}

/** What a paused terminal takes in all the same, on its way already. After that nothing is read at all: the server has stopped waiting. */
const PAUSED_BYTES = 4 << 20;

/** Until something else is said. */
const FIRST_SIZE: TerminalSize = { cols: 80, rows: 24 };

interface Channel {
  readonly number: number;
  readonly onData: (data: Uint8Array) => void;
  readonly onSize: (size: TerminalSize) => void;
  readonly waiting: Array<() => void>;
  readonly input: InputWindow;
  isListening: boolean;
  isAnswering: boolean;
  isFailed: boolean;
}

export function createRemoteTerminals(connection: () => Connection): RemoteTerminals {
  const channels = new Map<number, Channel>();
  let channelCount = 0;
  let isClosed = false;
  const send = (message: ClientMessage): void => connection().send(message);

  const settle = (channel: Channel): void => {
    for (const resolve of channel.waiting.splice(0)) resolve();
  };
  const onFailed = (number: number): void => {
    const channel = channels.get(number);
    if (channel === undefined) return;
    channel.isFailed = true;
    channel.input.close();
    settle(channel);
  };

  function open(process: string): Terminal {
    const listeners = new Set<(data: Uint8Array) => void>();
    const sizeListeners = new Set<(size: TerminalSize) => void>();
    let size = FIRST_SIZE;
    let wish = FIRST_SIZE;
    let isSized = false;
    let isShown = true;
    let channel: Channel | null = null;
    let hasReplayed = false;
    let answers = false;
    let holds = 0;
    let bytesWhilePaused = 0;
    let isHoldingAll = false;

    const goOn = (): void => {
      bytesWhilePaused = 0;
      if (isHoldingAll) connection().release();
      isHoldingAll = false;
    };
    const setSize = ({ cols, rows }: TerminalSize): void => {
      if (cols === size.cols && rows === size.rows) return;
      size = { cols, rows };
      for (const listener of sizeListeners) listener(size);
    };
    const sendWish = (): void => send({ type: 'terminal.resize', channel: use().number, ...wish, isShown });
    const use = (): Channel => {
      if (channel !== null) return channel;
      const onData = (data: Uint8Array): void => {
        for (const listener of listeners) listener(data);
        if (holds === 0 || isHoldingAll) return;
        bytesWhilePaused += data.length;
        if (bytesWhilePaused <= PAUSED_BYTES) return;
        isHoldingAll = true;
        connection().hold();
      };
      const number = ++channelCount;
      const input = createInputWindow((data) => connection().sendBytes(number, data));
      if (isClosed) input.close();
      channel = {
        ...{ number, onData, onSize: setSize, waiting: [], input },
        ...{ isListening: false, isAnswering: false, isFailed: isClosed },
      };
      channels.set(channel.number, channel);
      send({ type: 'terminal.open', channel: channel.number, process });
      if (holds > 0) send({ type: 'terminal.pause', channel: channel.number });
      return channel;
    };
    return {
      process,
      isReplayFirst: true,
      replay: () => new Uint8Array(),
      onData(listener) {
        listeners.add(listener);
        const used = use();
        if (!used.isListening) {
          used.isListening = true;
          send({ type: 'terminal.listen', channel: used.number, withReplay: !hasReplayed, answers });
          hasReplayed = true;
        }
        return { dispose: () => void listeners.delete(listener) };
      },
      async delivered() {
        if (channel === null || channel.isFailed) return;
        const { number, waiting } = channel;
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          send({ type: 'terminal.sync', channel: number });
        });
      },
      write: (data, onTaken) => use().input.write(data, onTaken),
      closeInput() {
        const { input, number } = use();
        input.afterWritten(() => send({ type: 'terminal.closeInput', channel: number }));
      },
      get size() {
        return size;
      },
      onSize(listener) {
        sizeListeners.add(listener);
        return { dispose: () => void sizeListeners.delete(listener) };
      },
      resize(cols, rows) {
        // Where this screen has had its way it most likely has it again; the answer says what is true.
        const isDecisive = size.cols === wish.cols && size.rows === wish.rows;
        wish = { cols, rows };
        isSized = true;
        if (isDecisive) setSize(wish);
        sendWish();
      },
      setShown(next) {
        if (next === isShown) return;
        isShown = next;
        if (isSized) sendWish();
      },
      promiseAnswers() {
        answers = true;
      },
      get isAnswering() {
        return channel?.isAnswering ?? false;
      },
      answer: (data) => send({ type: 'terminal.answer', channel: use().number, text: Buffer.from(data).toString() }),
      pause() {
        holds++;
        if (holds === 1 && channel !== null) send({ type: 'terminal.pause', channel: channel.number });
      },
      resume() {
        if (holds === 0) return;
        holds--;
        if (holds > 0) return;
        goOn();
        if (channel !== null) send({ type: 'terminal.resume', channel: channel.number });
      },
      detach() {
        listeners.clear();
        sizeListeners.clear();
        holds = 0;
        goOn();
        if (channel === null) return;
        send({ type: 'terminal.close', channel: channel.number });
        channels.delete(channel.number);
        channel.input.close();
        settle(channel);
        channel = null;
      },
    };
  }

  return {
    open,
    onBytes: (number, data) => channels.get(number)?.onData(data),
    onSize: (number, size) => channels.get(number)?.onSize(size),
    onAnswering(number, isAnswering) {
      const channel = channels.get(number);
      if (channel !== undefined) channel.isAnswering = isAnswering;
    },
    onTaken: (number, bytes) => channels.get(number)?.input.taken(bytes),
    onSynced: (number) => channels.get(number)?.waiting.shift()?.(),
    onFailed,
    closeAll() {
      isClosed = true;
      for (const number of channels.keys()) onFailed(number);
    },
  };
}
