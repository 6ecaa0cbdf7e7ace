/** Input that a program does not read: it stays with who sends it, and everything else goes on. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesHeader, encodeMessage } from '../../../../src/session/wire/frames.js';
import {
  createInputMeter,
  createInputWindow,
  INPUT_MAX_BYTES,
  INPUT_PIECE_BYTES,
  INPUT_WINDOW_BYTES,
} from '../../../../src/session/wire/input-window.js';
import { hello, messages, serve, settle, until, withShell } from './harness.js';

const bytesOf = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length, 0);

describe('createInputWindow', () => {
  it('sends everything once and in order, never more ahead than a window and what was written at once', () => {
    const step = fc.oneof(
      fc.record({ write: fc.integer({ min: 0, max: 3 * INPUT_WINDOW_BYTES }) }),
      fc.record({ taken: fc.integer({ min: 0, max: 2 * INPUT_WINDOW_BYTES }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const sent: number[] = [];
        let [untaken, highest] = [0, 0];
        const window = createInputWindow((data) => {
          sent.push(data[0]!);
          untaken += data.length;
          highest = Math.max(highest, untaken - data.length);
        });
        const [written, taken]: number[][] = [[], []];
        const take = (bytes: number): void => {
          const some = Math.min(untaken, bytes);
          untaken -= some;
          window.taken(some);
        };
        for (const [at, one] of steps.entries()) {
          if ('write' in one) {
            written!.push(at);
            window.write(Buffer.alloc(one.write, at), () => taken!.push(at));
          } else take(one.taken);
        }
        while (untaken > 0) take(untaken);
        const full = steps.flatMap((one, at) => ('write' in one && one.write > 0 ? [at] : []));
        expect(sent).toEqual(full);
        expect(taken!.toSorted((a, b) => a - b)).toEqual(written);
        expect(highest).toBeLessThan(INPUT_WINDOW_BYTES);
      }),
      { numRuns: 50 },
    );
  });

  it('cuts what is larger than a piece, and says once that it is taken', () => {
    const sent: number[] = [];
    let taken = 0;
    const window = createInputWindow((data) => sent.push(data.length));
    window.write(Buffer.alloc(INPUT_PIECE_BYTES + 5), () => taken++);
    expect(sent).toEqual([INPUT_PIECE_BYTES]);
    window.taken(INPUT_PIECE_BYTES);
    expect([sent, taken]).toEqual([[INPUT_PIECE_BYTES, 5], 0]);
    window.taken(5);
    expect(taken).toBe(1);
  });
});

describe('createInputMeter', () => {
  it('lets nobody send without end', () => {
    const meter = createInputMeter(
      () => undefined,
      () => new Error('too much'),
    );
    const taken = meter.add(INPUT_MAX_BYTES);
    expect(() => meter.add(1)).toThrow('too much');
    taken();
    expect(() => meter.add(-1)).not.toThrow();
  });
});

describe('a program that does not read', () => {
  it('leaves its input with the client that sends it; its signals, other programs and other clients go on', async () => {
    const served = serve();
    await withShell(served);
    const client = await served.connect({ kind: 'command' });
    const { process: other } = await client.execute({
      type: 'process.exec',
      container: client.state.processes[0]!.container,
      args: ['cat'],
      tty: false,
      size: { cols: 80, rows: 24 },
    });
    const [deaf, reading] = served.programs();
    deaf!.isDeaf = true;
    const terminal = client.terminal('p1');
    const chunk = Buffer.alloc(64 << 10, 'x');
    let taken = 0;
    for (let at = 0; at < 100; at++) terminal.write(chunk, () => taken++);
    terminal.closeInput!();
    await until(() => bytesOf(deaf!.written) >= INPUT_WINDOW_BYTES);
    await settle();
    expect([bytesOf(deaf!.written), taken, deaf!.closings]).toEqual([INPUT_WINDOW_BYTES, 0, 0]);
    client.terminal(other!).write(Buffer.from('key'));
    await until(() => reading!.written.join('') === 'key');
    const somebody = (await served.connect()).terminal('p1');
    somebody.write(Buffer.from('k'));
    await until(() => deaf!.written.includes('k'));
    deaf!.isDeaf = false;
    deaf!.read();
    await until(() => deaf!.closings === 1);
    expect([bytesOf(deaf!.written), taken]).toEqual([100 * chunk.length + 1, 100]);
  });

  it('lets go of what was meant for it when it ends, or is left', async () => {
    const served = serve();
    await withShell(served);
    const client = await served.connect();
    served.programs()[0]!.isDeaf = true;
    const terminal = client.terminal('p1');
    let taken = 0;
    for (let at = 0; at < 20; at++) terminal.write(Buffer.alloc(64 << 10), () => taken++);
    terminal.detach();
    expect(taken).toBe(20);
    terminal.write(Buffer.alloc(64 << 10), () => taken++);
    client.leave();
    await until(() => taken === 21);
  });

  it('is asked for no end of answers by an emulator', async () => {
    const served = serve();
    await withShell(served);
    const [program] = served.programs();
    program!.isDeaf = true;
    const terminal = (await served.connect()).terminal('p1');
    terminal.promiseAnswers!();
    terminal.onData(() => undefined);
    await settle();
    for (let at = 0; at < 100; at++) terminal.answer!(Buffer.alloc(4096, 'a'));
    await until(() => program!.written.length > 0);
    await settle();
    expect(bytesOf(program!.written)).toBeLessThan(80_000);
    program!.read();
    program!.isDeaf = false;
    terminal.answer!(Buffer.from('again'));
    await until(() => program!.written.includes('again'));
  });

  it('makes a client that sends all the same be left', async () => {
    const served = serve();
    await withShell(served);
    served.programs()[0]!.isDeaf = true;
    const stream = served.stream();
    const seen = messages(stream);
    stream.write(Buffer.concat([hello(), encodeMessage({ type: 'terminal.open', channel: 1, process: 'p1' })]));
    const piece = Buffer.alloc(1 << 20);
    for (let at = 0; at <= INPUT_MAX_BYTES; at += piece.length) {
      stream.write(bytesHeader(1, piece.length));
      stream.write(piece);
    }
    await until(() => seen.at(-1)?.type === 'refused');
    expect(seen.at(-1)).toMatchObject({ isFinal: true, error: { code: 'state' } });
    await until(() => served.server.clients.length === 0);
  });
});
