import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type LineModeOptions, runLineMode } from '../../../../src/monitor/line/line-mode.js';
import { eventually } from '../../../helpers/eventually.js';
import { FakeSession } from '../fake-session.js';

class FakeTerminal extends PassThrough {
  readonly isTTY = true;
  columns = 90;
  rows = 20;
  isRaw = false;
  setRawMode(isRaw: boolean): this {
    this.isRaw = isRaw;
    return this;
  }
}

let session: FakeSession;
let input: FakeTerminal;
let output: FakeTerminal;
let printed: string;
let interrupts: Array<() => void>;
const options = (more: Partial<LineModeOptions> = {}): LineModeOptions => ({
  home: { session, isServed: false, opensShells: false, leave: () => undefined },
  isTerminal: false,
  input,
  output,
  leaveKey: { label: '^]', bytes: Buffer.from([0x1d]), second: null },
  invoke: null,
  openOn: 'error',
  now: () => 2_000,
  onInterrupt(handler) {
    interrupts.push(handler);
    return { dispose: () => void interrupts.splice(interrupts.indexOf(handler), 1) };
  },
  beforePrint: () => undefined,
  ...more,
});
const settled = (text: string) => eventually(() => expect(printed).toContain(text));

beforeEach(() => {
  session = new FakeSession();
  session.startBuild();
  session.fail();
  session.program = (args) => ({ output: args.length === 0 ? '' : `ran ${args.join(' ')}\n`, exitCode: 0 });
  input = new FakeTerminal();
  output = new FakeTerminal();
  printed = '';
  interrupts = [];
  output.on('data', (data: Buffer) => {
    printed += data.toString();
  });
});

describe('a script', () => {
  const script = async (text: string, more: Partial<LineModeOptions> = {}) => {
    input.end(text);
    await runLineMode(options(more));
    return printed;
  };

  it('opens the failed step, runs commands in order to their end, and says how each ended', async () => {
    session.program = (args) => ({ output: args[0] === 'ls' ? 'partial' : '', exitCode: args[0] === 'ls' ? 2 : 0 });
    await script('# what is there\n\nexec ls /\nrollback 2 pwd\nexit\nexec never\n');
    expect(printed.split('\n')).toEqual([
      'step 6 · RUN --mount=type=cache,target=/cache echo one && nosuch · line 7 · state after it ran · user root · /app',
      'exit 0; the container is open, exec runs a command in it',
      '(bxtui) exec ls /',
      'partial',
      'exit 2',
      '(bxtui) rollback 2 pwd',
      'exit 0',
      '(bxtui) exit',
      '',
    ]);
  });

  it('starts programs without a terminal and without input', async () => {
    await script('exec cat\n');
    expect(session.commands.map((command) => ('tty' in command ? command.tty : null))).toEqual([false, false]);
    expect([...session.processes.values()].every((process) => process.isInputClosed)).toBe(true);
  });

  it('goes on after a command that fails, and takes quoted line breaks as one command', async () => {
    await script(`nope\nexec sh -c 'a\nb'\nexec 'open`);
    expect(printed).toContain('ERROR: unknown command: nope');
    expect(session.commands.at(-1)).toMatchObject({ args: ['sh', '-c', 'a\nb'] });
    expect(printed).toContain('ERROR: a quote is not closed');
  });

  it('keeps what a program prints away from a terminal, and as it is for a file', async () => {
    session.program = (args) => ({ output: args.length === 0 ? '' : 'a\u001b]0;evil\u0007b\u001b[2Jc', exitCode: 0 });
    await script('exec x\n');
    expect(printed).toContain('\nabc\nexit 0');
    Object.defineProperty(output, 'isTTY', { value: false });
    printed = '';
    input = new FakeTerminal();
    await script('exec x\n');
    expect(printed).toContain('a\u001b]0;evil\u0007b\u001b[2Jc\nexit 0');
  });

  it('waits for a reload and opens again by what --on says', async () => {
    session.onReload = () => {
      session.plan(['d7', '[build 3/3] RUN echo two', 9]);
      session.vertex('d7', '[build 3/3] RUN echo two', { completedAtMs: 5_000 });
      session.succeed();
    };
    await script('reload\nps\n', { openOn: 'always' });
    const opened = session.commands.filter((command) => command.type === 'step.rollback');
    expect(opened.map((command) => command.step)).toEqual(['6', '7']);
    session.commands.length = 0;
    input = new FakeTerminal();
    await script('reload\n');
    expect(session.commands.filter((command) => command.type === 'step.rollback')).toEqual([]);
  });

  it('cancels the build of a reload on an interrupt, and goes on', async () => {
    session.onReload = () => interrupts.at(-1)!();
    const execute = session.execute.bind(session);
    session.execute = async (command) => {
      if (command.type === 'build.cancel') session.report({ type: 'build.cancelled' });
      return execute(command);
    };
    await script('reload\nps\n');
    expect(session.commands.map((command) => command.type)).toContain('build.cancel');
    expect(printed).toContain('(bxtui) ps\nID');
    expect(interrupts).toEqual([]);
  });

  it('is not held up by a program that goes on without end: an interrupt leaves it', async () => {
    session.program = (args) => ({ output: 'tick\n', exitCode: args[0] === 'forever' ? null : 0 });
    input.write('exec forever\n');
    const run = runLineMode(options());
    await settled('forever\ntick');
    interrupts.at(-1)!();
    await settled('\nrunning');
    input.end('ps\n');
    await run;
    expect(printed).toContain('running');
  });

  it('opens nothing when no step is to blame', async () => {
    session.startBuild();
    session.report({ type: 'build.failed', failure: { digest: null, message: 'no', hint: null, exitCode: null, line: null } });
    await script('steps\n');
    expect(session.commands).toEqual([]);
    expect(printed).toContain('INSTRUCTION');
  });
});

describe('a terminal', () => {
  const key = (text: string) => input.write(text);

  beforeEach(() => {
    session.program = (args) => (args.length === 0 ? { output: '/app # ', exitCode: null } : { output: 'out\r\n', exitCode: 3 });
  });

  it('shows the shell raw, leaves it by the key, and comes back to its scrollback', async () => {
    const run = runLineMode(options({ isTerminal: true }));
    await settled('/app # ');
    expect(input.isRaw).toBe(true);
    expect(printed).toContain('step 6 · RUN');
    expect(session.processes.get('p1')!.sizes).toContain('90x20');
    key('ls\u0003\r');
    session.processes.get('p1')!.print('\u001b[31mred\u001b[?25l');
    await settled('\u001b[31mred');
    expect(session.processes.get('p1')!.written.join('')).toBe('ls\u0003\r');
    output.columns = 70;
    output.emit('resize');
    expect(session.processes.get('p1')!.sizes.at(-1)).toBe('70x20');

    key('\u001d');
    await settled('left p1');
    expect(input.isRaw).toBe(true);
    expect(printed.lastIndexOf('\u001b[?25h')).toBeGreaterThan(printed.lastIndexOf('\u001b[31mred'));
    session.processes.get('p1')!.print('while away');
    expect(printed).not.toContain('while away');

    await settled('(bxtui) ');
    key('attach p1\r');
    await settled('while away');
    key('\u001d');
    await eventually(() => expect(printed.match(/left p1/g)).toHaveLength(2));
    key('\u001d');
    await eventually(() => expect(session.processes.get('p1')!.written.at(-1)).toBe('\u001d'));
    session.exit('p1', 7);
    await settled('exit 7');
    key('\u0004');
    await run;
    expect(input.isRaw).toBe(false);
  });

  it('runs a command on the terminal to its end and prompts again', async () => {
    const run = runLineMode(options({ isTerminal: true }));
    await settled('/app # ');
    session.exit('p1', 0);
    await settled('(bxtui) ');
    key('exec ls\r');
    await settled('exit 3');
    expect(session.commands.at(-1)).toMatchObject({
      type: 'process.exec',
      tty: true,
      args: ['ls'],
      size: { cols: 90, rows: 20 },
    });
    key('exit\r');
    await run;
  });

  it('carries out all lines that come at once, and a program gets what stands behind the line that leads to it', async () => {
    const run = runLineMode(options({ isTerminal: true }));
    await settled('/app # ');
    key('\u001d');
    await settled('left p1');
    await settled('(bxtui) ');
    key('ps\rhelp reload\rattach p1\rls -l\r\u001d');
    await settled('COMMAND');
    await settled('reload [');
    await eventually(() => expect(printed.match(/left p1/g)).toHaveLength(2));
    expect(session.processes.get('p1')!.written.join('')).toBe('ls -l\r');
    key('exit\r');
    await run;
  });

  it('ends on a Ctrl-D that was typed ahead, which comes as a NUL, and on no NUL that comes later', async () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000);
    try {
      const run = runLineMode(options({ isTerminal: true }));
      let hasEnded = false;
      void run.then(() => {
        hasEnded = true;
      });
      await settled('/app # ');
      session.exit('p1', 0);
      await settled('(bxtui) ');
      clock.mockReturnValue(2_000);
      key('\0');
      key('help\r');
      await settled('COMMAND');
      await eventually(() => expect(printed.lastIndexOf('(bxtui)')).toBeGreaterThan(printed.indexOf('COMMAND')));
      expect(hasEnded).toBe(false);
      key('\0');
      await run;
    } finally {
      clock.mockRestore();
    }
  });

  it('gives the terminal back when the session ends under it', async () => {
    const run = runLineMode(options({ isTerminal: true }));
    await settled('/app # ');
    session.end();
    await run;
    expect(input.isRaw).toBe(false);
    expect(output.listenerCount('resize')).toBe(0);
  });

  it.each(['a program', 'the prompt'])('gives the terminal back as soon as it is asked to, from %s', async (where) => {
    const asked = new AbortController();
    const run = runLineMode(options({ isTerminal: true, signal: asked.signal }));
    await settled('/app # ');
    session.processes.get('p1')!.print('\u001b[?1049hvi');
    await settled('vi');
    if (where === 'the prompt') {
      key('\u001d');
      await settled('(bxtui) ');
    }
    printed = '';
    asked.abort();
    expect(await run).toBe('exit');
    expect(input.isRaw).toBe(false);
    await new Promise(setImmediate);
    expect(printed.replaceAll('\u001b[1G\u001b[0J', '')).toBe(where === 'a program' ? '\u001b[?1049l\u001b>\u001b[0m' : '');
  });

  it('ends where its prompt finds that the terminal has gone', async () => {
    const run = runLineMode(options({ isTerminal: true }));
    await settled('/app # ');
    input.on('error', () => undefined);
    input.setRawMode = function (isRaw) {
      if (isRaw) this.emit('error', new Error('setRawMode EIO'));
      return this;
    };
    session.exit('p1', 0);
    expect(await run).toBe('exit');
    expect(input.destroyed).toBe(true);
  });

  it('gives the terminal to who stops it, and has it raw again with its modes after fg', async () => {
    const modes: boolean[] = [];
    input.setRawMode = function (isRaw) {
      modes.push(isRaw);
      this.isRaw = isRaw;
      return this;
    };
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const stopAndGoOn = () => {
      modes.length = 0;
      printed = '';
      process.emit('SIGTSTP');
      expect(input.isRaw).toBe(false);
      process.emit('SIGCONT');
    };
    try {
      const run = runLineMode(options({ isTerminal: true }));
      await settled('/app # ');
      session.processes.get('p1')!.print('\u001b[?1049hvi');
      await settled('vi');
      stopAndGoOn();
      expect(modes).toEqual([false, false, true]);
      await settled('\u001b[?1049l\u001b>\u001b[0m\u001b[?1049h');
      await eventually(() => expect(session.processes.get('p1')!.sizes.slice(-2)).toEqual(['90x19', '90x20']));
      // Nobody was there to stop it.
      process.emit('SIGTSTP');
      await eventually(() => expect(input.isRaw).toBe(true));
      key('\u001d');
      await settled('(bxtui) ');
      key('he');
      await settled('he');
      stopAndGoOn();
      await settled('(bxtui) he');
      expect(input.isRaw).toBe(true);
      key('\u0012');
      await settled('reverse-i-search');
      stopAndGoOn();
      await settled('reverse-i-search');
      expect(kill.mock.calls).toEqual(Array(4).fill([process.pid, 'SIGTSTP']));
      expect(input.isRaw).toBe(true);
      key('\u0007\u0015exit\r');
      await run;
      expect(input.isRaw).toBe(false);
      expect([process.listenerCount('SIGTSTP'), process.listenerCount('SIGCONT')]).toEqual([0, 0]);
    } finally {
      kill.mockRestore();
    }
  });

  it('holds a program back that prints faster than the terminal takes', async () => {
    const run = runLineMode(options({ isTerminal: true }));
    await settled('/app # ');
    output.pause();
    const process = session.processes.get('p1')!;
    for (let chunk = 0; chunk < 10; chunk++) process.print('x'.repeat(16_384));
    expect(process.holds).toBe(1);
    output.resume();
    await eventually(() => expect(process.holds).toBe(0));
    session.exit('p1', 0);
    await settled('(bxtui) ');
    key('\u0004');
    await run;
  });
});
