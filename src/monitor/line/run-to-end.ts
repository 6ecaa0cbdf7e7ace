/**
 * A process without a terminal: its output is printed until it ends. Its input is closed, since the monitor's own input holds commands.
 * On a terminal the output is made safe, into a file or a pipe it goes as it is.
 */
import { printableText } from '../../platform/printable.js';
import type { SessionClient } from '../../session/index.js';
import { isOver } from '../resolve-process.js';
import { type HostOutput, holdingWriter } from './io.js';

export interface RunOptions {
  readonly session: SessionClient;
  readonly process: string;
  readonly output: HostOutput;
  readonly isOutputTerminal: boolean;
  /** Nobody else types into it: its input ends here. */
  readonly closesInput: boolean;
  readonly signal: AbortSignal;
}

/** Resolves when the process is over, or when `signal` was aborted (the process goes on then). */
export async function runToEnd({
  session,
  process: id,
  output,
  isOutputTerminal,
  closesInput,
  signal,
}: RunOptions): Promise<void> {
  const terminal = session.terminal(id);
  const printer = isOutputTerminal ? safePrinter() : rawPrinter();
  const print = holdingWriter(output, terminal);

  const replay = terminal.replay();
  terminal.onData((data) => print(printer.push(data)));
  print(printer.push(replay));
  if (closesInput) terminal.closeInput?.();
  await processEnd(session, terminal.process, signal);
  await terminal.delivered?.();
  terminal.detach();
  print(printer.end());
}

/** Resolves when it is over, when the session has ended, or when `signal` was aborted. */
export function processEnd(session: SessionClient, id: string, signal: AbortSignal): Promise<void> {
  const isEnded = (): boolean => {
    const process = session.state.processes.find((candidate) => candidate.id === id);
    return process === undefined || isOver(process);
  };
  if (isEnded() || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const subscription = session.onEvent((event) => {
      if (event.type === 'process.updated' && isEnded()) finish();
    });
    const finish = (): void => {
      subscription.dispose();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    signal.addEventListener('abort', finish);
    void session.ended.then(finish);
  });
}

export interface Printer {
  push(data: Uint8Array): Uint8Array | string;
  /** What is still held, and a line break when the last line has none. */
  end(): string;
}

function rawPrinter(): Printer {
  let last = 0x0a;
  return {
    push(data) {
      last = data.at(-1) ?? last;
      return data;
    },
    end: () => (last === 0x0a ? '' : '\n'),
  };
}

const HELD_MAX_CHARACTERS = 4096;

/** By whole lines, so that an escape sequence is never judged by its half. */
export function safePrinter(): Printer {
  const decoder = new TextDecoder();
  let held = '';
  return {
    push(data) {
      held += decoder.decode(data, { stream: true });
      const end = held.length > HELD_MAX_CHARACTERS ? held.length : held.lastIndexOf('\n') + 1;
      const ready = held.slice(0, end);
      held = held.slice(end);
      return printableText(ready);
    },
    end: () => (held === '' ? '' : `${printableText(held)}\n`),
  };
}
