/** One program on several screens: who answers its questions, which size it has, and what each screen is told of that. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { attachTerminal } from '../../../../src/monitor/line/attach-terminal.js';
import { createHostModes } from '../../../../src/monitor/line/host-modes.js';
import type { RemoteSession } from '../../../../src/session/wire/index.js';
import { createEmulator } from '../../../../src/term/emulator.js';
import { pipeChannel } from '../../../../src/term/pipe-channel.js';
import { rollback, type Served, serve, settle, until, withShell } from './harness.js';

/** A terminal tab as the screen makes one. */
function showOn(client: RemoteSession, cols: number, rows: number, process = 'p1') {
  const terminal = client.terminal(process);
  const emulator = createEmulator({ cols, rows, scrollbackRows: 100 });
  const sizes: string[] = [];
  terminal.onSize(({ cols: width, rows: height }) => sizes.push(`${width}x${height}`));
  terminal.resize(cols, rows);
  pipeChannel(terminal, emulator, { isReplayFirst: true, answerReplay: true });
  const text = (): string => {
    const { firstRow, length } = emulator.viewport;
    return emulator.text(firstRow, 0, firstRow + length - 1, cols).trim();
  };
  return { terminal, emulator, sizes, text };
}

/** A person's own terminal, on which the line-mode monitor or `exec` shows a program: it answers what comes to it by what is typed. */
function showRaw(client: RemoteSession, options: { isNew?: boolean } = {}) {
  const input = new PassThrough();
  const output = Object.assign(new PassThrough(), { columns: 80, rows: 24 });
  let seen = '';
  output.on('data', (data: Buffer) => {
    seen += data.toString();
    for (const _ of data.toString().matchAll(/\x1b\[6n/g)) input.write('\x1b[7;7R');
  });
  const leave = new AbortController();
  const end = attachTerminal({
    ...{ session: client, process: 'p1', input, output, signal: leave.signal, modes: createHostModes() },
    leaveKey: { bytes: Buffer.from([0x1d]), second: null },
    ...options,
  });
  return {
    type: (text: string) => void input.write(text),
    seen: () => seen,
    leave: async () => {
      leave.abort();
      await end;
    },
  };
}

const CPR = '\x1b[6n';
const FROM_RAW = '\x1b[7;7R';

async function shell(): Promise<Served & { program: ReturnType<Served['programs']>[number] }> {
  const served = serve();
  await withShell(served);
  return { ...served, program: served.programs()[0]! };
}

describe('a question of a program', () => {
  it('is answered by one screen of several: the first, then the one that typed last, then one that is left', async () => {
    const served = await shell();
    const { program } = served;
    const [first, second, watcher] = [await served.connect(), await served.connect(), await served.connect({ isReadOnly: true })];
    const tabs = [showOn(watcher, 80, 24), showOn(first, 80, 24), showOn(second, 80, 24)];
    const ask = async (text: string): Promise<void> => {
      program.written.length = 0;
      program.print(`\r\x1b[K${text}${CPR}`);
      await until(() => tabs.every((tab) => tab.emulator.cursor.x === text.length));
      await settle();
    };
    await until(() => served.server.clients.length === 3);
    await settle();
    await ask('a');
    expect(program.written).toEqual(['\x1b[1;2R']);
    tabs[2]!.terminal.write(Buffer.from('k'));
    await until(() => program.written.includes('k'));
    await ask('bb');
    expect(program.written).toEqual(['\x1b[1;3R']);
    second.leave();
    await until(() => served.server.clients.length === 2);
    tabs.splice(2, 1);
    await ask('ccc');
    expect(program.written).toEqual(['\x1b[1;4R']);
    first.leave();
    await until(() => served.server.clients.length === 1);
    tabs.splice(1, 1);
    await ask('dddd');
    expect(program.written).toEqual([]);
  });

  it('that nobody was there to hear is never answered, unless it was its first and nobody had been there before', async () => {
    const served = await shell();
    const { program } = served;
    program.print(`${CPR}`);
    const first = await served.connect();
    showOn(first, 80, 24);
    await until(() => program.written.length === 1);
    first.leave();
    await until(() => served.server.clients.length === 0);
    program.print(`x${CPR}`);
    const second = showOn(await served.connect(), 80, 24);
    await until(() => second.text() === 'x');
    await settle();
    expect(program.written).toEqual(['\x1b[1;1R']);
    program.print(`y${CPR}`);
    await until(() => program.written.length === 2);
  });

  it('is not answered when a command, which has no emulator, listens before the screens', async () => {
    const served = await shell();
    const { program } = served;
    const command = await served.connect({ kind: 'command' });
    command.terminal('p1').onData(() => undefined);
    await settle();
    showOn(await served.connect(), 80, 24);
    program.print(CPR);
    await until(() => program.written.length === 1);
  });

  it('is answered once where a screen and a real terminal show the program: by the one that typed last, or is left', async () => {
    const served = await shell();
    const { program } = served;
    const client = await served.connect();
    const screen = showOn(client, 80, 24);
    await settle();
    const line = await served.connect();
    const raw = showRaw(line);
    await settle();
    const ask = async (text: string): Promise<string[]> => {
      program.written.length = 0;
      // Cut in the middle of the question.
      program.print(`\r\x1b[K${text}\x1b[`);
      program.print('6n');
      await until(() => screen.emulator.cursor.x === text.length && raw.seen().includes(text));
      await settle();
      return [...program.written];
    };
    expect(await ask('a')).toEqual(['\x1b[1;2R']);
    expect(raw.seen()).not.toContain(CPR);
    raw.type('k');
    await until(() => program.written.includes('k'));
    expect(await ask('bb')).toEqual([FROM_RAW]);
    screen.terminal.write(Buffer.from('k'));
    await until(() => program.written.includes('k'));
    expect(await ask('ccc')).toEqual(['\x1b[1;4R']);
    client.leave();
    await until(() => served.server.clients.length === 1);
    program.written.length = 0;
    program.print(`dddd${CPR}`);
    await until(() => program.written.length > 0);
    await settle();
    expect(program.written).toEqual([FROM_RAW]);
    await raw.leave();
  });

  it('that a program asks at its start is answered by the terminal that it was started for', async () => {
    const served = await shell();
    const { program } = served;
    program.print(CPR);
    const first = showRaw(await served.connect({ kind: 'command' }), { isNew: true });
    await until(() => program.written.length > 0);
    expect(program.written).toEqual([FROM_RAW]);
    const second = showRaw(await served.connect({ kind: 'command' }));
    await settle();
    expect([program.written, second.seen().includes(CPR)]).toEqual([[FROM_RAW], false]);
    await Promise.all([first.leave(), second.leave()]);
  });

  it('is never that of who only feeds the program', async () => {
    const served = await shell();
    const { program } = served;
    const feeder = (await served.connect({ kind: 'command' })).terminal('p1');
    feeder.onData(() => undefined);
    showOn(await served.connect(), 80, 24);
    feeder.write(Buffer.from('data'));
    await until(() => program.written.length === 1);
    program.print(CPR);
    await until(() => program.written.length === 2);
    expect(program.written).toEqual(['data', '\x1b[1;1R']);
  });

  it("is another screen's to answer once the one whose turn it is reads nothing", async () => {
    const served = serve({ holdLimitMs: 10 });
    await withShell(served);
    const [program] = served.programs();
    const [stuck, other] = [await served.connect(), await served.connect()];
    const terminal = stuck.terminal('p1');
    terminal.promiseAnswers!();
    terminal.onData(() => undefined);
    terminal.write(Buffer.from('k'));
    terminal.pause();
    await until(() => program!.held === 1);
    showOn(other, 80, 24);
    await until(() => program!.held === 0);
    program!.print(CPR);
    await until(() => program!.written.length === 2);
    expect(program!.written).toEqual(['k', '\x1b[1;1R']);
  });

  it('keeps the answers of a screen that has long been relieved to itself', async () => {
    const served = await shell();
    const { program } = served;
    const [first, second] = [await served.connect(), await served.connect()];
    const tab = showOn(first, 80, 24);
    showOn(second, 80, 24);
    await settle();
    await new Promise((resolve) => setTimeout(resolve, 10));
    const late = second.terminal('p1');
    late.answer!(Buffer.from('\x1b[9;9R'));
    tab.terminal.answer!(Buffer.from('\x1b[1;1R'));
    await until(() => program.written.length > 0);
    await settle();
    expect(program.written).toEqual(['\x1b[1;1R']);
  });
});

describe('the size of a program', () => {
  it('is told to every screen, in its place between what was printed, and grows again', async () => {
    const served = await shell();
    const { program } = served;
    const [large, small, looking] = [await served.connect(), await served.connect(), await served.connect({ isReadOnly: true })];
    const wide = showOn(large, 120, 40);
    await until(() => program.sizes.length === 1);
    const narrow = showOn(small, 90, 50);
    const watched = showOn(looking, 20, 5);
    await until(() => program.sizes.length === 2 && watched.sizes.at(-1) === '90x40');
    expect(program.sizes).toEqual(['120x40', '90x40']);
    await until(() => wide.sizes.at(-1) === '90x40' && narrow.sizes.at(-1) === '90x40');
    small.leave();
    await until(() => wide.sizes.at(-1) === '120x40');
    await until(() => watched.sizes.at(-1) === '120x40');
    expect(program.sizes).toEqual(['120x40', '90x40', '120x40']);
  });

  it('is no business of a screen that shows another program', async () => {
    const served = await shell();
    const { program } = served;
    const [large, small] = [await served.connect(), await served.connect()];
    const wide = showOn(large, 120, 40);
    await until(() => program.sizes.length === 1);
    const narrow = small.terminal('p1');
    narrow.setShown!(false);
    narrow.resize(60, 10);
    await until(() => narrow.size.cols === 120);
    expect(program.sizes).toEqual(['120x40']);
    narrow.setShown!(true);
    await until(() => wide.sizes.at(-1) === '60x10');
    narrow.setShown!(false);
    await until(() => wide.sizes.at(-1) === '120x40');
    large.leave();
    await until(() => served.server.clients.length === 1);
    await settle();
    expect(program.sizes).toEqual(['120x40', '60x10', '120x40', '60x10']);
  });

  it('follows the one who types, where that one wants it so', async () => {
    const served = await shell();
    const { program } = served;
    const [large, small] = [await served.connect({ sharedSize: 'typist' }), await served.connect()];
    const wide = showOn(large, 120, 40);
    await until(() => program.sizes.length === 1);
    const narrow = showOn(small, 80, 24);
    await until(() => narrow.sizes.at(-1) === '120x40');
    narrow.terminal.write(Buffer.from('a'));
    await until(() => wide.sizes.at(-1) === '80x24');
    wide.terminal.write(Buffer.from('b'));
    await until(() => narrow.sizes.at(-1) === '120x40');
    expect(program.sizes).toEqual(['120x40', '80x24', '120x40']);
  });

  it('is what the screen has asked for at once where it is alone, and what is true in the end', async () => {
    const served = await shell();
    const tab = showOn(await served.connect(), 100, 30);
    expect(tab.terminal.size).toEqual({ cols: 100, rows: 30 });
    await settle();
    tab.terminal.resize(110, 31);
    expect(tab.terminal.size).toEqual({ cols: 110, rows: 31 });
    const looking = await served.connect({ isReadOnly: true });
    const watched = showOn(looking, 110, 31);
    await until(() => served.programs()[0]!.sizes.at(-1) === '110x31');
    await settle();
    watched.terminal.resize(10, 10);
    await until(() => watched.terminal.size.cols === 110);
  });
});

describe('two people who type at once', () => {
  it("never get into each other's pastes", async () => {
    const served = await shell();
    const { program } = served;
    const clients = [await served.connect(), await served.connect()];
    const paste = (letter: string, at: number): string => `\x1b[200~${letter.repeat(200_000)}${at}\x1b[201~`;
    const sent = clients.map((client, index) => {
      const terminal = client.terminal('p1');
      const pastes = Array.from({ length: 10 }, (_, at) => paste(index === 0 ? 'a' : 'b', at));
      for (const text of pastes) terminal.write(Buffer.from(text));
      return pastes;
    });
    await until(() => program.written.length === 20);
    expect(program.written.filter((text) => text.includes('a'))).toEqual(sent[0]);
    expect(program.written.filter((text) => text.includes('b'))).toEqual(sent[1]);
  });
});

describe('a shell of a shared session', () => {
  it('starts with the size of the screen that has asked for it', async () => {
    const served = await shell();
    const client = await served.connect();
    const { process } = await client.execute({ ...rollback('2'), size: { cols: 77, rows: 11 } });
    const terminal = client.terminal(process!);
    terminal.onData(() => undefined);
    await until(() => terminal.size.cols === 77);
    expect(served.programs()[1]!.sizes).toEqual([]);
  });
});
