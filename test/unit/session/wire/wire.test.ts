import { duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { initialState } from '../../../../src/core/reduce/index.js';
import type { BxError } from '../../../../src/platform/errors.js';
import { lacksBeginning } from '../../../../src/session/session.js';
import { encodeMessage } from '../../../../src/session/wire/frames.js';
import { connectSession, killSession, PROTOCOL } from '../../../../src/session/wire/index.js';
import { hello, messages, plan, printed, rollback, SCREEN, serve, settle, success, until, vertex, withShell } from './harness.js';

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

  it('have the whole of a long log for the asking, with all that came meanwhile', async () => {
    const served = serve();
    await served.local.start();
    const run = served.engine.runs[0]!;
    const text = Array.from({ length: 30_000 }, (_, line) => `line ${line}\n`).join('');
    run.say(plan, vertex(2, null), printed(2, text));
    await until(() => served.local.stepLog(1, '2').head !== '');
    const client = await served.connect({ isReadOnly: true });
    expect(lacksBeginning(client.stepLog(1, '2'))).toBe(true);
    run.say(printed(2, 'one\n'));
    const asked = [client.wholeLog(1, '2'), client.wholeLog(1, '2')];
    run.say(printed(2, 'two\n'));
    for (const { head, tail, omittedBytes, file } of await Promise.all(asked)) {
      expect([(head + tail).startsWith(text), omittedBytes, file]).toEqual([true, 0, null]);
    }
    await settle();
    run.say(printed(2, 'three\n'));
    await until(() => client.stepLog(1, '2').tail.endsWith('three\n'));
    expect(client.stepLog(1, '2')).toEqual(served.local.stepLog(1, '2'));
    expect((await client.wholeLog(1, '3')).tail).toBe('');
  });

  it('have what there is of a log when the session can no longer be asked', async () => {
    const [near, far] = duplexPair();
    const client = connectSession(near, SCREEN);
    // A server that answers nothing.
    for (const message of [
      { type: 'hello', protocol: PROTOCOL, version: '1.0.0' },
      { type: 'snapshot', session: 's1', client: 1, state: initialState(), clients: [], idleEndsAtMs: null },
      { type: 'log', generation: 1, step: '2', log: { head: '', tail: 'end', omittedBytes: 5, file: null } },
      { type: 'ready' },
    ])
      far.write(encodeMessage(message));
    const asked = (await client).wholeLog(1, '2');
    far.end();
    expect(await asked).toEqual({ head: '', tail: 'end', omittedBytes: 5, file: null });
    expect((await (await client).wholeLog(1, '2')).tail).toBe('end');
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

describe('the entrance', () => {
  const token = 'a'.repeat(64);

  it('lets in who knows the token, and who cannot be anybody else', async () => {
    const served = serve({ token });
    const client = await served.connect({ token });
    expect(JSON.stringify(client.clients)).not.toContain(token);
    const [near, far] = duplexPair();
    served.server.accept(far, true);
    await connectSession(near, SCREEN);
    expect(served.server.clients).toHaveLength(2);
  });

  it.each([{}, { token: '' }, { token: 'b'.repeat(64) }, { token: 7 as unknown as string }])('keeps %j out', async (wrong) => {
    const served = serve({ token });
    await expect(served.connect(wrong)).rejects.toMatchObject({ code: 'state', message: expect.stringContaining('token') });
    await expect(killSession(served.stream(), wrong)).rejects.toMatchObject({ message: expect.stringContaining('token') });
    expect([served.server.clients, served.kills]).toEqual([[], []]);
  });

  it('does not stop a kill from a program of another protocol, which knows of no token', async () => {
    const served = serve({ token });
    const stream = served.stream();
    stream.write(hello({ protocol: 1 }));
    stream.write(encodeMessage({ type: 'kill' }));
    await until(() => served.kills.length === 1);
    await served.local.execute({ type: 'session.disconnect' });
  });
});
