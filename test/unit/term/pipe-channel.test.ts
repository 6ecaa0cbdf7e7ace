import { afterEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../../../src/term/emulator.js';
import { pipeChannel, type SharedChannel } from '../../../src/term/pipe-channel.js';

const opened: Emulator[] = [];
afterEach(() => {
  for (const emulator of opened.splice(0)) emulator.dispose();
});
function open(): Emulator {
  const emulator = createEmulator({ cols: 80, rows: 10, scrollbackRows: 10 });
  opened.push(emulator);
  return emulator;
}
function fakeChannel() {
  const listeners = new Set<(data: Uint8Array) => void>();
  const state = { holds: 0, pauses: 0, written: '' };
  const channel: { -readonly [K in keyof SharedChannel]: SharedChannel[K] } = {
    onData(listener) {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    write: (data) => {
      state.written += Buffer.from(data).toString();
    },
    resize: () => {},
    pause: () => {
      state.holds += 1;
      state.pauses += 1;
    },
    resume: () => {
      state.holds -= 1;
    },
  };
  return {
    channel,
    state,
    send: (data: Uint8Array | string) => listeners.forEach((listener) => void listener(Buffer.from(data))),
  };
}
const settled = (emulator: Emulator) => new Promise<void>((done) => emulator.write('', done));

describe('a connected channel', () => {
  it('holds the source back while too much waits, and lets it go again', async () => {
    const emulator = open();
    const { channel, state, send } = fakeChannel();
    pipeChannel(channel, emulator);
    send(new Uint8Array(400 << 10).fill(0x2e));
    expect(state.holds).toBe(0);
    send(new Uint8Array(200 << 10).fill(0x2e));
    send(new Uint8Array(200 << 10).fill(0x2e));
    expect(state).toMatchObject({ holds: 1, pauses: 1 });
    await settled(emulator);
    expect(state).toMatchObject({ holds: 0, pauses: 1 });
  });

  it('answers the program, but not what it asked before', async () => {
    const emulator = open();
    const { channel, state, send } = fakeChannel();
    pipeChannel(channel, emulator, { replay: Buffer.from('old \x1b[6n\x1b[c') });
    send('\x1b[5n');
    await settled(emulator);
    expect(state.written).toBe('\x1b[0n');
    expect(emulator.text(0, 0, 0, 80)).toBe('old');
  });

  it('does not answer what was asked before when that comes as the first data, and answers what comes after it', async () => {
    const emulator = open();
    const { channel, state, send } = fakeChannel();
    pipeChannel(channel, emulator, { isReplayFirst: true });
    send('\x1b[6n');
    await settled(emulator);
    expect(state.written).toBe('');
    send('\x1b[6n');
    await settled(emulator);
    expect(state.written).toBe('\x1b[1;1R');
  });

  it('answers what a program that nobody has watched yet asked at its start', async () => {
    const emulator = open();
    const { channel, state } = fakeChannel();
    pipeChannel(channel, emulator, { replay: Buffer.from('/ # \x1b[6n'), answerReplay: true });
    await settled(emulator);
    expect(state.written).toBe('\x1b[1;5R');
  });

  it('answers just what is asked in the data that is its own to answer, however much waits to be parsed', async () => {
    const emulator = open();
    const { channel, state, send } = fakeChannel();
    let answered = '';
    channel.answer = (data) => {
      answered += Buffer.from(data).toString();
    };
    channel.isAnswering = false;
    pipeChannel(channel, emulator);
    send('1\x1b[6n');
    channel.isAnswering = true;
    send('2\x1b[6n\x1b[');
    send('6n3');
    channel.isAnswering = false;
    send('4\x1b[6n\x1b[c\x1b]11;?\x07');
    await settled(emulator);
    expect([answered, state.written]).toEqual(['\x1b[1;3R\x1b[1;3R', '']);
  });

  it('does not answer a flood of questions without end', async () => {
    const emulator = open();
    const { channel, state, send } = fakeChannel();
    let nowMs = 0;
    pipeChannel(channel, emulator, { nowMs: () => nowMs });
    send('\x1b[5n'.repeat(50_000));
    await settled(emulator);
    expect(state.written.length).toBeGreaterThan(0);
    expect(state.written.length).toBeLessThanOrEqual(64 << 10);
    nowMs = 5000;
    state.written = '';
    send('\x1b[5n');
    await settled(emulator);
    expect(state.written).toBe('\x1b[0n');
  });

  it('leaves the channel resumed when it is taken apart', async () => {
    const emulator = open();
    const { channel, state, send } = fakeChannel();
    const pipe = pipeChannel(channel, emulator);
    send(new Uint8Array(1 << 20).fill(0x2e));
    expect(state.holds).toBe(1);
    pipe.dispose();
    pipe.dispose();
    expect(state.holds).toBe(0);
    send('late\x1b[5n');
    await settled(emulator);
    expect(state).toMatchObject({ holds: 0, written: '' });
  });
});
