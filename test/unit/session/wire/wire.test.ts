/** The wire alone: versions, several clients, hostile ones, slow ones, and those that vanish. */
import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { BxError } from '../../../../src/platform/errors.js';
import { createSplitter, encodeMessage } from '../../../../src/session/wire/frames.js';
import { type ClientInfo, connectSession, killSession, PROTOCOL } from '../../../../src/session/wire/index.js';
import type { FakeContainer } from '../fake-engine.js';
import { failure, plan, printed, rollback, SCREEN, type Served, serve, settle, success, until, vertex } from './harness.js';

/** A session whose build has failed, with a shell in step 2. */
async function withShell(served: Served): Promise<void> {
  await served.local.start();
  served.engine.runs[0]!.say(plan, vertex(2), failure);
  await until(() => served.local.state.generations[0]?.status === 'failed');
  await served.local.execute(rollback('2'));
}

/** What the server says, as long as it says anything. */
function messages(stream: Duplex): Array<Record<string, unknown>> {
  const seen: Array<Record<string, unknown>> = [];
  const splitter = createSplitter();
  stream.on('data', (chunk: Buffer) => {
    for (const frame of splitter.push(chunk)) if (frame.kind === 'message') seen.push(JSON.parse(frame.text));
  });
  stream.on('error', () => undefined);
  return seen;
}

const hello = (change: object = {}) => encodeMessage({ type: 'hello', protocol: PROTOCOL, ...SCREEN, ...change });

describe('clients', () => {
  it('know of each other', async () => {
    const served = serve();
    const changes: number[] = [];
    const first = await served.connect();
    first.onClients((clients) => changes.push(clients.length));
    const second = await served.connect({ kind: 'command', label: 'bxtui ps', isReadOnly: true });
    await until(() => first.clients.length === 2);
    expect([first.id, first.serverVersion, first.clientId, second.clientId]).toEqual(['s1', '1.2.3', 1, 2]);
    expect(first.clients).toEqual(second.clients);
    expect(first.clients[1]).toEqual({
      ...SCREEN,
      id: 2,
      connectedAtMs: 7,
      kind: 'command',
      label: 'bxtui ps',
      isReadOnly: true,
    });
    expect(served.server.clients).toEqual(first.clients);
    second.leave();
    expect(await second.disconnected).toBeNull();
    await until(() => first.clients.length === 1);
    expect(changes).toEqual([2, 1]);
    await expect(second.execute({ type: 'build.cancel' })).rejects.toMatchObject({ code: 'state' });
  });

  it('share a terminal that has the smallest of their sizes', async () => {
    const served = serve();
    await withShell(served);
    const [wide, tall, watcher] = [await served.connect(), await served.connect(), await served.connect({ isReadOnly: true })];
    const terminals = [wide, tall, watcher].map((client) => client.terminal('p1'));
    const { sizes } = served.programs()[0]!;
    terminals[0]!.resize(120, 30);
    await until(() => sizes.length === 1);
    terminals[1]!.resize(90, 60);
    await until(() => sizes.length === 2);
    terminals[2]!.resize(10, 10);
    terminals[0]!.resize(130, 30);
    await settle();
    tall.leave();
    await until(() => sizes.length === 3);
    expect(sizes).toEqual(['120x30', '90x30', '130x30']);
  });

  it('that only look may see a terminal, and change nothing', async () => {
    const served = serve();
    await withShell(served);
    const client = await served.connect({ isReadOnly: true });
    const refusals: BxError[] = [];
    client.onRefused((error) => refusals.push(error));
    const terminal = client.terminal('p1');
    let seen = '';
    terminal.onData((data) => {
      seen += Buffer.from(data).toString();
    });
    terminal.write(Buffer.from('rm -rf /\r'));
    terminal.write(Buffer.from('again'));
    terminal.resize(10, 10);
    served.programs()[0]!.print('ok');
    await until(() => seen === 'ok');
    expect([served.programs()[0]!.written, served.programs()[0]!.sizes]).toEqual([[], []]);
    expect(refusals).toMatchObject([{ code: 'state' }]);
    for (const command of [rollback('2'), { type: 'session.disconnect' } as const]) {
      await expect(client.execute(command)).rejects.toMatchObject({ code: 'state', hint: expect.any(String) });
    }
    await expect(client.kill()).rejects.toMatchObject({ code: 'state' });
    const looking = { type: 'step.prepare', step: '2', generation: 1, size: { cols: 1, rows: 1 } } as const;
    expect(await client.execute(looking)).toEqual({ process: null });
    expect(served.kills).toEqual([]);
  });

  it('get a snapshot in the middle of a flood of events, with nothing missed or doubled', async () => {
    const served = serve();
    await served.local.start();
    const run = served.engine.runs[0]!;
    run.say(plan, vertex(2, null));
    const clients: Array<Awaited<ReturnType<typeof connectSession>>> = [];
    for (let at = 0; at < 60; at++) {
      run.say(...Array.from({ length: 30 }, (_, line) => printed(2, `${at}.${line}\n`)));
      if (at % 20 === 10) void served.connect({ label: `${at}` }).then((client) => clients.push(client));
      await new Promise((resolve) => setImmediate(resolve));
    }
    run.say(vertex(2), success);
    await until(() => clients.length === 3 && clients.every((client) => client.state.generations[0]?.status === 'succeeded'));
    const whole = served.local.stepLog(1, '2');
    for (const client of clients) {
      expect(client.state).toEqual(served.local.state);
      expect(client.stepLog(1, '2')).toEqual(whole);
    }
  });

  it('get the newest of long logs, and how much is not there', async () => {
    const served = serve();
    await served.local.start();
    const text = Array.from({ length: 30_000 }, (_, line) => `line ${line}\n`).join('');
    served.engine.runs[0]!.exclusive = true;
    served.engine.runs[0]!.say(plan, vertex(2, null), printed(2, text), printed(3, 'short'));
    await until(() => served.local.stepLog(1, '3').head !== '');
    const client = await served.connect();
    const { head, tail, omittedBytes } = client.stepLog(1, '2');
    expect([head, text.endsWith(tail), tail.length, omittedBytes]).toEqual(['', true, 128 * 1024, text.length - 128 * 1024]);
    expect(client.stepLog(1, '3').head).toBe('short');
    expect(client.hasExclusiveCache(1, '2')).toBe(true);
    served.engine.runs[0]!.say(printed(2, 'more'), printed(3, ' and more'));
    await until(() => client.stepLog(1, '3').head === 'short and more');
    expect(client.stepLog(1, '2').tail).toBe(`${tail}more`);
  });

  it('that end the session tell everybody', async () => {
    const served = serve({ onKill: () => void served.local.execute({ type: 'session.disconnect' }) });
    await withShell(served);
    const [first, second] = [await served.connect(), await served.connect()];
    const waiting = second.execute({ type: 'session.disconnect' });
    await first.kill();
    await Promise.all([first.ended, second.ended]);
    expect([await first.disconnected, await second.disconnected]).toEqual([null, null]);
    expect(await waiting).toEqual({ process: null });
    expect(served.server.clients).toEqual([]);
    await expect(served.connect()).rejects.toMatchObject({ code: 'state', message: 'the session has ended' });
  });
});

describe('versions', () => {
  it('that do not fit are named, with the side to upgrade, and can still be killed', async () => {
    const served = serve();
    const stream = served.stream();
    const seen = messages(stream);
    stream.write(hello({ protocol: PROTOCOL + 1, version: '9.9.9' }));
    stream.write(encodeMessage({ type: 'something.new', of: 'later' }));
    await until(() => seen.length >= 2);
    expect(seen[0]).toEqual({ type: 'hello', protocol: PROTOCOL, version: '1.2.3' });
    expect(seen[1]).toMatchObject({
      type: 'mismatch',
      error: { code: 'unsupported', hint: expect.stringContaining('older program') },
    });
    expect(JSON.stringify(seen[1])).toMatch(/9\.9\.9.*1\.2\.3/);
    expect(served.server.clients).toEqual([]);
    const killer = served.stream();
    killer.write(hello({ protocol: 99 }));
    killer.write(encodeMessage({ type: 'kill' }));
    await until(() => served.kills.length === 1);
  });

  it('reject a client whose server is of another protocol', async () => {
    const [near, far] = duplexPair();
    far.resume();
    far.write(encodeMessage({ type: 'hello', protocol: PROTOCOL + 5, version: '7.0.0' }));
    await expect(connectSession(near, SCREEN)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/1\.2\.3.*7\.0\.0/),
      hint: expect.stringContaining('upgrade this program to 7.0.0'),
    });
  });

  it('are no matter for a kill', async () => {
    const served = serve({ onKill: () => void served.local.execute({ type: 'session.disconnect' }) });
    await served.local.start();
    await killSession(served.stream());
    expect(served.engine.isDisposed).toBe(true);
    await expect(killSession(serve().stream(), { isReadOnly: true })).rejects.toMatchObject({ code: 'state' });
  });
});

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

describe('a client that reads nothing', () => {
  const MIB = 1 << 20;

  /** Attached, with a terminal that it listens to, and deaf from then on. */
  async function deaf(served: Served): Promise<Duplex> {
    const stream = served.stream();
    const seen = messages(stream);
    stream.write(hello({ label: 'deaf' }));
    stream.write(encodeMessage({ type: 'terminal.open', channel: 1, process: 'p1' }));
    stream.write(encodeMessage({ type: 'terminal.listen', channel: 1, withReplay: true }));
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

  it('holds nobody up for long who watches the same terminal, and is dropped in the end', async () => {
    const dropped: ClientInfo[] = [];
    const served = serve({ holdLimitMs: 30, onDropped: (client) => dropped.push(client) });
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
