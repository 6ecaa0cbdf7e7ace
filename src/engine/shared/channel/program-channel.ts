/**
 * A channel over the standard input and output of a program of this machine, as ssh is. Whether anybody is at the other end shows with
 * the first byte that comes back: until then what was written is kept, so that another way can take over where the program finds nothing.
 */
import { type Duplex, PassThrough, Writable } from 'node:stream';
import type { Endpoint } from '../../../builders/endpoint.js';
import { BxError, toBxError } from '../../../platform/errors.js';
import { describeEndpoint, dialCancelled } from '../connect-error.js';
import { ChannelStream } from './channel-stream.js';
import { createDoorkeeper } from './first-byte.js';
import { type ChannelProgram, type ProgramEnd, startProgram } from './start-program.js';

export interface ProgramPlan {
  readonly program: ChannelProgram;
  /** Whether the first bytes are of who is to be at the other end; else they are words that the program says there. Without it they are. */
  isAnswer?(first: Buffer): boolean;
  /** Why a connection is lost when the program ends. Without it that is in its last line, and an end in order is the end of the stream. */
  lost?(end: ProgramEnd): string;
  /** Why nobody is at the other end. */
  explain(end: ProgramEnd): BxError | Promise<BxError>;
  /** Another way, for when the program has ended without a byte; null when that is no reason to take one. */
  otherWay?(end: ProgramEnd): Promise<Duplex> | null;
}

/** A request for an upgrade or the first frames of HTTP/2; more is not sent before an answer. */
const REPLAY_BYTES = 1 << 20;

/** Fails later with an 'error' that is a `BxError` when nobody is there. Throws `BxError('cancelled')`. */
export async function openProgramChannel(endpoint: Endpoint, plan: ProgramPlan, signal: AbortSignal): Promise<Duplex> {
  if (signal.aborted) throw dialCancelled(endpoint, signal.reason);
  const program = await startProgram(plan.program, 'pipe');
  const written: Buffer[] = [];
  let writtenBytes = 0;
  const door = createDoorkeeper(plan.isAnswer ?? (() => true));
  let carrier: Carrier;
  const output = new PassThrough({ highWaterMark: 256 * 1024 });
  const input = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!door.isOpen && writtenBytes <= REPLAY_BYTES) {
        written.push(chunk);
        writtenBytes += chunk.length;
      }
      // What one that has ended does not take is told by its end.
      if (carrier.input.destroyed || carrier.input.writableEnded) done();
      else carrier.input.write(chunk, () => done());
    },
    final(done) {
      carrier.input.end();
      done();
    },
  });
  const stream = new ChannelStream({
    input,
    output,
    close() {
      carrier.stop();
      input.destroy();
      output.destroy();
    },
  });
  const carry = (next: Carrier): void => {
    carrier = next;
    next.input.on('error', () => undefined);
    next.output.on('data', (chunk: Buffer) => {
      if (!door.admit(chunk)) return;
      written.length = 0;
      if (output.write(chunk)) return;
      next.output.pause();
      output.once('drain', () => next.output.resume());
    });
  };
  const takeOver = (other: Duplex): void => {
    if (stream.destroyed) return void other.destroy();
    carry({ input: other, output: other, stop: () => void other.destroy() });
    other.on('error', (error) => stream.destroy(error));
    other.on('end', () => output.end());
    for (const chunk of written) other.write(chunk);
  };

  carry({ input: program.stdin, output: program.stdout!, stop: program.stop });
  void program.ended.then((end) => {
    if (stream.destroyed) return;
    if (end.isMissing) return void stream.destroy(notInstalled(endpoint, plan.program.file));
    if (door.isOpen) {
      if (plan.lost !== undefined) stream.destroy(new Error(plan.lost(end)));
      else if (end.exitCode === 0) output.end();
      else stream.destroy(new Error(lastLine(end.said) || 'the program that carried the connection has ended'));
      return;
    }
    const other = plan.otherWay?.(end) ?? null;
    const said = [door.words, end.said].filter(Boolean).join('\n');
    const fail = (error: unknown): void => void stream.destroy(toBxError(error, 'endpoint'));
    if (other === null) Promise.resolve(plan.explain({ ...end, said })).then(fail, fail);
    else other.then(takeOver, fail);
  });

  const onAbort = (): void => void stream.destroy(dialCancelled(endpoint, signal.reason));
  const release = (): void => signal.removeEventListener('abort', onAbort);
  signal.addEventListener('abort', onAbort, { once: true });
  stream.once('close', release);
  output.once('data', release);
  // Whoever gets it listens; an error before that must not end the process.
  stream.on('error', () => undefined);
  return stream;
}

/** What carries the bytes. */
interface Carrier {
  readonly input: Writable;
  readonly output: NodeJS.ReadableStream;
  stop(): void;
}

/** The last line of what a program has said: the reason stands there. */
export function lastLine(said: string): string {
  return (
    said
      .split(/[\r\n]+/)
      .findLast((line) => line.trim() !== '')
      ?.trim() ?? ''
  );
}

/** The program itself is missing on this machine. */
export function notInstalled(endpoint: Endpoint, file: string): BxError {
  return new BxError('endpoint', `cannot connect to ${describeEndpoint(endpoint)}: the program ${file} is not there`, {
    hint: `Install ${file}, and see that it is in PATH; or name another engine.`,
  });
}
