/** The wire with sides that send garbage, vanish, or read nothing. */
import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { initialState } from '../../../../src/core/reduce/index.js';
import { BxError } from '../../../../src/platform/errors.js';
import { encodeMessage } from '../../../../src/session/wire/frames.js';
import { type ClientInfo, connectSession, KILL_WITHIN_MS, killSession, PROTOCOL } from '../../../../src/session/wire/index.js';
import { HELLO_TIMEOUT_MS } from '../../../../src/session/wire/messages.js';
import type { FakeContainer } from '../fake-engine.js';
import {
  hello,
  messages,
  plan,
  printed,
  rollback,
  SCREEN,
  type Served,
  serve,
  settle,
  until,
  vertex,
  withShell,
} from './harness.js';

describe('a client that', () => {
  it('sends garbage is told and left; the others go on', async () => {
    const served = serve();
    const other = await served.connect();
    const garbage = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.concat([hello(), Buffer.from([0xff, 0xff, 0xff, 0xff, 0])]),
      Buffer.concat([hello(), encodeMessage({ type: 'nonsense' })]),
      Buffer.concat([hello(), hello()]),
      encodeMessage({ type: 'request', id: 1, command: { type: 'session.disconnect' } }),
      Buffer.from([0, 0, 0, 5, 0, 0x7b, 0x7b, 0x7b, 0x7b, 0x7b]),
    ];
    for (const bytes of garbage) {
      const stream = served.stream();
      const seen = messages(stream);
      stream.write(bytes);
      await Promise.race([once(stream, 'close'), once(stream, 'end')]);
      const last = seen.at(-1);
      if (last?.type === 'refused') expect(last).toMatchObject({ isFinal: true, error: { code: 'state' } });
    }
    await served.local.start();
    await until(() => other.state.generations.length === 1);
    await until(() => other.clients.length === 1);
  });

  it('asks for what is no command gets an error, and stays', async () => {
    const served = serve();
    await withShell(served);
    const client = await served.connect();
    for (const command of [{ type: 'nonsense' }, {}, { type: 'process.signal' }, { type: 'step.rollback', step: {} }]) {
      await expect(client.execute(command as never)).rejects.toBeInstanceOf(BxError);
    }
    client.terminal('p1').resize(0, 1e9);
    expect(client.state.processes).toHaveLength(1);
    await expect(client.execute({ type: 'build.cancel' })).rejects.toMatchObject({ code: 'state' });
    expect(served.programs()[0]!.sizes).toEqual([]);
  });

  it('stops within a frame is forgotten', async () => {
    const served = serve();
    const stream = served.stream();
    stream.resume();
    stream.write(hello());
    await until(() => served.server.clients.length === 1);
    stream.end(hello().subarray(0, 9));
    await until(() => served.server.clients.length === 0);
  });

  it('vanishes within a request has it cancelled, and its terminal detached', async () => {
    const served = serve();
    await withShell(served);
    let signal: AbortSignal | undefined;
    served.engine.runs[0]!.openContainer = (_spec, given) => {
      signal = given;
      return new Promise<FakeContainer>((_resolve, reject) =>
        given?.addEventListener('abort', () => reject(new Error('stopped'))),
      );
    };
    const stream = served.stream();
    const client = await connectSession(stream, SCREEN);
    const terminal = client.terminal('p1');
    terminal.onData(() => undefined);
    terminal.pause();
    const answer = client.execute(rollback('3')).catch((error: unknown) => error);
    await until(() => signal !== undefined && served.programs()[0]!.held === 1);
    stream.destroy(new Error('power cut'));
    expect(await answer).toMatchObject({
      code: 'state',
      message: expect.stringContaining("session's process is gone"),
      hint: expect.any(String),
    });
    expect(await client.disconnected).toMatchObject({ code: 'state', cause: { message: 'power cut' } });
    await client.ended;
  });

  it('is left by the server has its requests answered with the reason', async () => {
    const served = serve();
    await withShell(served);
    served.engine.runs[0]!.openContainer = () => new Promise<FakeContainer>(() => undefined);
    const client = await served.connect();
    const terminal = client.terminal('p1');
    terminal.onData(() => undefined);
    const answer = client.execute(rollback('3')).catch((error: unknown) => error);
    await settle();
    served.server.dispose();
    expect(await answer).toMatchObject({ code: 'state', message: expect.stringContaining("session's process is gone") });
    expect(await client.disconnected).toBeInstanceOf(BxError);
    await terminal.delivered?.();
    terminal.write(Buffer.from('x'));
    await expect(client.execute({ type: 'build.cancel' })).rejects.toMatchObject({ code: 'state' });
  });
});

describe('a server that', () => {
  const greeting = [
    encodeMessage({ type: 'hello', protocol: PROTOCOL, version: '1.2.3' }),
    encodeMessage({ type: 'snapshot', session: 's1', client: 1, state: initialState(), clients: [] }),
    encodeMessage({ type: 'ready' }),
  ];
  const fake = (): [Duplex, Duplex] => {
    const [near, far] = duplexPair();
    far.resume();
    return [near, far];
  };

  it('is none is left with an error', async () => {
    for (const bytes of ['HTTP/1.1 400 Bad Request\r\n\r\n', '\0\0\0\x01\0{', '\0\0']) {
      const [near, far] = fake();
      far.end(bytes);
      await expect(connectSession(near, SCREEN)).rejects.toBeInstanceOf(BxError);
    }
    const [near, far] = fake();
    far.end();
    await expect(killSession(near)).resolves.toBe('ended');
    const [broken, itsEnd] = fake();
    itsEnd.end('\0\0');
    await expect(killSession(broken)).resolves.toBe('lost');
  });

  it('loses its senses is left with an error, which everybody gets who waits', async () => {
    const nonsense = [
      { type: 'events', events: [{ type: 'never.heard' }] },
      { type: 'events', events: [null] },
      { type: 'events', events: [{ type: 'engine.reported', generation: 1, atMs: 1 }] },
      { type: 'result', id: 1 },
      { type: 'clients' },
    ];
    for (const message of nonsense) {
      const [near, far] = fake();
      for (const frame of greeting) far.write(frame);
      const client = await connectSession(near, SCREEN);
      const answer = client.execute({ type: 'build.cancel' }).catch((error: unknown) => error);
      far.write(encodeMessage(message));
      expect(await client.disconnected).toMatchObject({ code: 'state', message: expect.stringContaining('makes no sense') });
      expect(await answer).toBeInstanceOf(BxError);
      expect(client.state).toEqual(initialState());
    }
  });

  it('says nothing is not waited for without end', async () => {
    vi.useFakeTimers();
    const attempt = connectSession(fake()[0], SCREEN).catch((error: unknown) => error);
    const kill = killSession(fake()[0]);
    await vi.advanceTimersByTimeAsync(HELLO_TIMEOUT_MS);
    vi.useRealTimers();
    expect(await attempt).toMatchObject({ code: 'state' });
    expect(await kill).toBe('silent');
  });

  it('says hello and then does not end is not waited for without end, whatever else it says', async () => {
    vi.useFakeTimers();
    const [near, far] = fake();
    far.write(greeting[0]);
    const outcomes: string[] = [];
    void killSession(near).then((outcome) => outcomes.push(outcome));
    await vi.advanceTimersByTimeAsync(KILL_WITHIN_MS - 1);
    far.write(encodeMessage({ type: 'events', events: [] }));
    await vi.advanceTimersByTimeAsync(0);
    expect(outcomes).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    vi.useRealTimers();
    expect(outcomes).toEqual(['overdue']);
    expect(near.destroyed).toBe(true);
  });
});

describe('a client that reads nothing', () => {
  const MIB = 1 << 20;

  /** Attached, with a terminal that it listens to, and deaf from then on. */
  async function deaf(served: Served): Promise<Duplex> {
    const stream = served.stream();
    const seen = messages(stream);
    stream.write(hello({ label: 'deaf' }));
    stream.write(encodeMessage({ type: 'terminal.open', channel: 1, process: 'p1' }));
    stream.write(encodeMessage({ type: 'terminal.listen', channel: 1, withReplay: true, answers: false }));
    stream.write(encodeMessage({ type: 'terminal.sync', channel: 1 }));
    await until(() => seen.some((message) => message.type === 'terminal.synced'));
    stream.pause();
    return stream;
  }

  it('holds back the terminal it has open, until it reads again', async () => {
    const served = serve();
    await withShell(served);
    const stream = await deaf(served);
    const program = served.programs()[0]!;
    program.print('x'.repeat(MIB / 2));
    expect(program.held).toBe(0);
    program.print('x'.repeat(MIB));
    await settle();
    expect(program.held).toBe(1);
    stream.resume();
    await until(() => program.held === 0);
  });

  it('gets no more of what it asks for until it reads again, then all of it in its turn', async () => {
    const served = serve();
    await withShell(served);
    const giving = vi.spyOn(served.local, 'terminal');
    const stream = served.stream();
    const seen = messages(stream);
    stream.write(hello());
    await until(() => seen.some((message) => message.type === 'ready'));
    stream.pause();
    const text = 'y'.repeat(MIB / 2);
    const logs = vi.spyOn(served.local, 'stepLog').mockReturnValue({ ...served.local.stepLog(1, '2'), head: text });
    for (let at = 0; at < 100; at++) stream.write(encodeMessage({ type: 'log.want', generation: 1, step: '2' }));
    stream.write(encodeMessage({ type: 'terminal.sync', channel: 1 }));
    await settle();
    expect(logs.mock.calls.length).toBeLessThan(40);
    stream.resume();
    await until(() => seen.at(-1)?.type === 'terminal.synced');
    expect(seen.filter(({ type, log }) => type === 'log' && (log as { head: string }).head === text)).toHaveLength(100);
    // What comes now is read as it was before.
    stream.write(encodeMessage({ type: 'terminal.open', channel: 1, process: 'p1' }));
    await until(() => giving.mock.calls.length > 0);
  });

  it('holds nobody up for long who watches the same terminal, and is dropped in the end', async () => {
    const dropped: ClientInfo[] = [];
    const served: Served = serve({
      holdLimitMs: 30,
      onDropped(client) {
        dropped.push(client);
        served.local.post('warning', `${client.label} was dropped`);
      },
    });
    await withShell(served);
    const other = await served.connect({ label: 'other' });
    let seen = 0;
    other.terminal('p1').onData((data) => {
      seen += data.length;
    });
    const stream = await deaf(served);
    stream.on('error', () => undefined);
    const program = served.programs()[0]!;
    let printedBytes = 0;
    while (dropped.length === 0) {
      await until(() => program.held === 0);
      program.print('x'.repeat(MIB));
      printedBytes += MIB;
      await until(() => seen === printedBytes);
    }
    expect(printedBytes).toBeGreaterThan(16 * MIB);
    expect(printedBytes).toBeLessThan(20 * MIB);
    expect(dropped).toMatchObject([{ label: 'deaf' }]);
    await until(() => other.clients.length === 1 && program.held === 0);
    await until(() => other.state.notices.length === 1);
    expect(other.state.notices).toMatchObject([{ level: 'warning', message: 'deaf was dropped', hint: null }]);
  });

  it('is dropped when it misses too many events, while the others get them', async () => {
    const onDropped = vi.fn();
    const served = serve({ onDropped });
    await served.local.start();
    const other = await served.connect();
    const stream = served.stream();
    stream.write(hello());
    await until(() => served.server.clients.length === 2);
    served.engine.runs[0]!.say(plan, vertex(2, null));
    for (let at = 0; at < 40 && onDropped.mock.calls.length === 0; at++) {
      served.engine.runs[0]!.say(printed(2, 'x'.repeat(MIB)));
      await until(() => other.state.generations[0]?.steps['2']?.log.bytes === (at + 1) * MIB);
    }
    expect(onDropped).toHaveBeenCalledTimes(1);
    expect(served.server.clients).toHaveLength(1);
    expect(other.state).toEqual(served.local.state);
  });

  it('is dropped too when it takes what it has paused without going on, and can attach again', async () => {
    const dropped: ClientInfo[] = [];
    const served = serve({ holdLimitMs: 10, onDropped: (client) => dropped.push(client) });
    await withShell(served);
    const [stuck, other] = [await served.connect({ label: 'stuck' }), await served.connect()];
    const program = served.programs()[0]!;
    let [seen, taken] = [0, 0];
    other.terminal('p1').onData((data) => {
      seen += data.length;
    });
    const terminal = stuck.terminal('p1');
    terminal.onData((data) => {
      taken += data.length;
    });
    terminal.pause();
    await until(() => program.held === 1);
    for (let printedBytes = MIB; dropped.length === 0; printedBytes += MIB) {
      await until(() => program.held === 0);
      program.print('x'.repeat(MIB));
      await until(() => seen === printedBytes);
    }
    expect(taken).toBeLessThan(8 * MIB);
    terminal.resume();
    const again = await served.connect();
    expect(again.state).toEqual(served.local.state);
  });
});
