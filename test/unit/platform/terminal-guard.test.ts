import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LocalPty, spawnLocalPty } from '../../../src/platform/local-pty.js';
import { createEmulator, type Emulator } from '../../../src/term/emulator.js';
import { pipeChannel } from '../../../src/term/pipe-channel.js';

let dir = '';
let program = '';
beforeAll(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'bxtui-guard-'));
  program = path.join(dir, 'program.mjs');
  const source = path.join(import.meta.dirname, 'fixtures/guard-program.ts');
  buildSync({ entryPoints: [source], bundle: true, platform: 'node', format: 'esm', outfile: program });
});
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

const running: { pty: LocalPty; emulator: Emulator }[] = [];
afterEach(() => {
  for (const { pty, emulator } of running.splice(0)) {
    pty.kill('SIGKILL');
    pty.dispose();
    emulator.dispose();
  }
});

/** The program in a terminal; `isShell`: under a shell with job control. */
async function start(args: readonly string[] = [], isShell = false) {
  const size = { cols: 100, rows: 30 };
  const emulator = createEmulator({ ...size, scrollbackRows: 200 });
  const env = { ...process.env, CRASH_DIR: dir, PS1: 'prompt> ' };
  const pty = isShell
    ? await spawnLocalPty({ command: 'bash', args: ['--norc', '-i'], ...size, env })
    : await spawnLocalPty({ command: process.execPath, args: [program, ...args], ...size, env });
  running.push({ pty, emulator });
  let raw = '';
  pty.onData((data) => {
    raw += Buffer.from(data).toString('latin1');
  });
  pipeChannel(pty, emulator);
  const type = (text: string) => pty.write(Buffer.from(text));
  const sees = async (text: string) => {
    while (!raw.includes(text)) await new Promise((done) => setTimeout(done, 5));
    const from = raw.indexOf(text);
    raw = raw.slice(from + text.length);
  };
  if (!isShell) await sees('<ready>');
  return { pty, emulator, type, sees, screen: () => emulator.text(0, 0, 1000, 100), rest: () => raw };
}
/** Once the emulator has taken in what the program wrote last. */
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 5_000, interval: 10 });
function expectRestored({ modes }: Emulator): Promise<void> {
  return soon(() => readModes(modes)).toEqual({
    alternateScreen: false,
    mouseTracking: 'none',
    mouseEncoding: 'default',
    bracketedPaste: false,
    sendFocus: false,
    cursorVisible: true,
    applicationCursorKeys: false,
  });
}
const readModes = (modes: Emulator['modes']) => ({
  alternateScreen: modes.alternateScreen,
  mouseTracking: modes.mouseTracking,
  mouseEncoding: modes.mouseEncoding,
  bracketedPaste: modes.bracketedPaste,
  sendFocus: modes.sendFocus,
  cursorVisible: modes.cursorVisible,
  applicationCursorKeys: modes.applicationCursorKeys,
});

describe('the terminal', () => {
  it('is taken with mouse, paste and focus, and restored on a plain exit', async () => {
    const { pty, emulator, type } = await start();
    await soon(() => readModes(emulator.modes)).toMatchObject({
      alternateScreen: true,
      mouseTracking: 'drag',
      mouseEncoding: 'sgr',
      bracketedPaste: true,
      sendFocus: true,
    });
    type('mouse');
    await soon(() => emulator.modes.mouseTracking).toBe('none');
    type('quit');
    expect((await pty.exited).exitCode).toBe(3);
    await expectRestored(emulator);
  });

  it.each([
    ['SIGTERM', 'signal', 143],
    ['SIGINT', 'signal', 130],
    ['SIGQUIT', 'signal', 131],
    ['SIGHUP', 'hangup', 129],
  ] as const)('is restored on %s, before what is held elsewhere is released', async (signal, kind, exitCode) => {
    const { pty, emulator, sees } = await start();
    pty.kill(signal);
    await sees('\x1b[?1049l');
    await sees(`<end ${kind}>`);
    await sees('<done>');
    expect((await pty.exited).exitCode).toBe(exitCode);
    await expectRestored(emulator);
  });

  it('is not held up by a release that hangs', async () => {
    const { pty } = await start(['hang']);
    pty.kill('SIGTERM');
    expect((await pty.exited).exitCode).toBe(143);
  });

  it.each(['throw', 'reject'])('is restored before the error is printed: %s', async (kind) => {
    const { pty, emulator, type, sees, screen } = await start();
    type(kind);
    await sees('\x1b[?1049l');
    await sees(kind === 'throw' ? 'boom' : 'rejected');
    await sees('<end crash>');
    expect((await pty.exited).exitCode).toBe(70);
    await expectRestored(emulator);
    const file = /(\S+bxtui-crash-\S+\.txt)/.exec(screen().replaceAll('\n', ''))?.[1];
    const text = fs.readFileSync(file!, 'utf8');
    expect(text).toContain(kind === 'throw' ? 'caused by Error: deeper' : 'Error: rejected');
    expect(text).toContain('the last events');
    fs.rmSync(file!);
  });

  it('is handed over and taken back for an external program', async () => {
    const { emulator, type, sees } = await start();
    type('lend');
    await sees('<released>');
    await sees('\x1b[?1049l');
    await sees('<lent raw=false>');
    await sees('<taken>');
    await soon(() => emulator.modes.alternateScreen).toBe(true);
  });

  it('is taken from the program that has it when this one ends, which is waited for', async () => {
    const { pty, emulator, type, sees } = await start();
    type('lend long');
    await sees('<editing>');
    pty.kill('SIGTERM');
    await sees('<kept>');
    await sees('\x1b[?1049l');
    await sees('<end signal>');
    await sees('<done>');
    expect((await pty.exited).exitCode).toBe(143);
    await expectRestored(emulator);
  });

  it('is restored for the shell on a suspend, and taken back by fg', async () => {
    const { emulator, type, sees } = await start([], true);
    await sees('prompt> ');
    type(`'${process.execPath}' '${program}'\r`);
    await sees('<ready>');
    type('suspend');
    await sees('Stopped');
    await sees('prompt> ');
    await soon(() => readModes(emulator.modes)).toMatchObject({
      alternateScreen: false,
      mouseTracking: 'none',
      cursorVisible: true,
    });
    type('echo in the $((40+2))\r');
    await sees('in the 42');
    type('fg\r');
    await sees('<taken>');
    await soon(() => readModes(emulator.modes)).toMatchObject({ alternateScreen: true, mouseTracking: 'drag' });
    type('quit');
    await sees('prompt> ');
    type('echo rc=$?\r');
    await sees('rc=3');
  });

  it('is taken back at once when no shell is there to continue a suspended program', async () => {
    const { emulator, type, sees } = await start();
    type('suspend');
    await sees('<released>');
    await sees('<taken>');
    await soon(() => emulator.modes.alternateScreen).toBe(true);
  });
});
