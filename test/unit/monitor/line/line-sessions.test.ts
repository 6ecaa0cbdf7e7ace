/** The line-mode monitor over sessions in other processes: terminals whose replay comes late, going to another session and back. */
import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { type LineModeOptions, runLineMode } from '../../../../src/monitor/line/line-mode.js';
import type { LineSession } from '../../../../src/monitor/line/seat.js';
import { BxError } from '../../../../src/platform/errors.js';
import type { Terminal } from '../../../../src/session/index.js';
import { eventually } from '../../../helpers/eventually.js';
import { FakeSession } from '../fake-session.js';

/** What it has printed comes as first data in a later turn, and what comes last comes behind the news of its end. */
class RemoteFake extends FakeSession {
  detached: string[] = [];

  override terminal(id: string): Terminal {
    const local = super.terminal(id);
    const waiting: Array<() => void> = [];
    const later = (run: () => void): void => {
      waiting.push(run);
      setTimeout(() => waiting.shift()?.(), 5);
    };
    return {
      ...local,
      isReplayFirst: true,
      replay: () => new Uint8Array(),
      onData(listener) {
        const replay = local.replay();
        later(() => listener(replay));
        return local.onData((data) => later(() => listener(data)));
      },
      delivered: () => new Promise((resolve) => later(resolve)),
      detach: () => {
        this.detached.push(id);
        waiting.length = 0;
        local.detach();
      },
    };
  }
}

let home: FakeSession;
let other: RemoteFake;
let input: PassThrough & { isTTY?: boolean };
let output: PassThrough & { columns?: number; rows?: number; isTTY?: boolean };
let printed: string;
let left: string[];
let ended: string[];

const at = (session: FakeSession, name: string, isServed: boolean): LineSession => ({
  session,
  isServed,
  opensShells: name === 'other',
  leave: () => void left.push(name),
});
const options = (more: Partial<LineModeOptions> = {}): LineModeOptions => ({
  home: at(home, 'home', false),
  directory: {
    ids: () => ['beef0001', 'dead0002'],
    list: async () => [],
    end: async (id) => {
      ended.push(id);
      other.end();
    },
    open: async (id) => {
      if (id === 'dead0002') throw new BxError('state', 'session dead0002 has crashed');
      return at(other, 'other', true);
    },
  },
  isTerminal: false,
  input,
  output,
  leaveKey: { label: '^]', bytes: Buffer.from([0x1d]), second: null },
  invoke: null,
  openOn: 'error',
  now: () => 2_000,
  onInterrupt: () => ({ dispose: () => undefined }),
  beforePrint: () => undefined,
  ...more,
});
const script = async (text: string, more: Partial<LineModeOptions> = {}) => {
  input.end(text);
  return runLineMode(options(more));
};
const shows = (text: string) => eventually(() => expect(printed).toContain(text));

beforeEach(() => {
  home = new FakeSession();
  home.startBuild();
  home.fail();
  home.program = (args) => ({ output: args.length === 0 ? '' : `home ${args.join(' ')}\n`, exitCode: 0 });
  other = new RemoteFake();
  other.emit({ type: 'session.started', atMs: 1, id: 'beef0001', contextLabel: 'other' });
  other.startBuild();
  other.fail();
  other.program = (args) => ({
    output: args.length === 0 ? '$ ' : `other ${args.join(' ')}\n`,
    exitCode: args.length === 0 ? null : 0,
  });
  input = new PassThrough();
  output = new PassThrough();
  printed = '';
  left = [];
  ended = [];
  output.on('data', (data: Buffer) => {
    printed += data.toString();
  });
});

describe('a script', () => {
  it('prints all of a program whose last output comes behind its end', async () => {
    await script('attach beef\nexec ls\n');
    expect(printed).toContain('(bxtui beef0001) exec ls\nother ls\nexit 0');
    expect(other.detached).toEqual(['p1']);
  });

  it('goes to another session and back, and acts where it is', async () => {
    await script('exec a\nattach beef\nexec b\nattach abcd\nexec c\nexit\n');
    expect(home.commands.flatMap((command) => ('args' in command ? [command.args] : []))).toEqual([['a'], ['c']]);
    expect(other.commands.flatMap((command) => ('args' in command ? [command.args] : []))).toEqual([['b']]);
    expect(printed).toContain('session beef0001: failed at');
    expect(printed).toContain('back at session abcd: failed at');
    expect(left).toEqual(['other']);
  });

  it('leaves the other session with its own end, and tells of one that cannot be opened', async () => {
    expect(await script('attach dead\nattach beef\nexit\n')).toBe('exit');
    expect(printed).toContain('ERROR: session dead0002 has crashed');
    expect(left).toEqual(['other']);
    expect(ended).toEqual([]);
  });

  it('ends the other session, and is back at its own', async () => {
    await script('attach beef\ndisconnect\nps\n');
    expect(ended).toEqual(['beef0001']);
    expect(printed).toContain('session beef0001 ended\nback at session abcd');
    input = new PassThrough();
    other = new RemoteFake();
    other.emit({ type: 'session.started', atMs: 1, id: 'beef0001', contextLabel: 'other' });
    await script('attach beef\nkill\nps\n');
    expect(other.commands).toEqual([]);
    expect(ended).toEqual(['beef0001', 'beef0001']);
    expect(printed.match(/session beef0001 ended\nback at session abcd/g)).toHaveLength(2);
  });

  it('begins without a session, and ends at none again', async () => {
    await script('ps\nattach beef\nexec x\ndisconnect\nps\n', { home: null });
    expect(printed).toContain('other x\n');
    expect(printed.match(/ERROR: no session is attached/g)).toHaveLength(2);
    expect(printed).toContain('session beef0001 ended\nno session is attached; list shows them');
  });

  it('looks after a program of others without ending its input', async () => {
    other.openContainer('6', 'failed');
    other.program = () => ({ output: 'busy\n', exitCode: null });
    other.start('c1', ['top'], false);
    await new Promise((resolve) => setImmediate(resolve));
    await script('attach beef\nattach p1\n');
    expect(printed).toContain('busy\nrunning');
    expect(other.processes.get('p1')!.isInputClosed).toBe(false);
  });

  it('says that a session can be left to go on only where it can', async () => {
    expect(await script('detach\n', { home: at(home, 'home', true) })).toBe('detached');
    input = new PassThrough();
    expect(await script('detach\n')).toBe('exit');
    expect(printed).toContain('ERROR: this session lives in this program');
  });

  it('shows the shell that the session opens itself after a reload, and starts none', async () => {
    other.onReload = () => {
      other.fail();
      other.openContainer('6', 'failed', { generation: 2 });
      const process = other.start('c1', [], true);
      other.emit({ type: 'shell.opened', atMs: 1, process, step: '6' });
    };
    await script('attach beef\nreload\n');
    expect(other.commands.map(({ type }) => type)).toEqual(['session.reload']);
    expect(printed).toContain('step 6 · RUN');
    expect(printed).toContain('p1 is open');
  });
});

describe('a terminal', () => {
  beforeEach(() => {
    Object.assign(input, { isTTY: true, setRawMode: () => input });
    Object.assign(output, { isTTY: true, columns: 90, rows: 20 });
  });

  it('shows scrollback without the questions in it, and then what is live', async () => {
    home.program = () => ({ output: '', exitCode: 0 });
    other.openContainer('6', 'failed');
    other.start('c1', [], true);
    await new Promise((resolve) => setImmediate(resolve));
    other.processes.get('p1')!.output = 'old\u001b[6n\u001b[?1h$ ';
    const run = runLineMode(options({ isTerminal: true }));
    await shows('(bxtui) ');
    input.write('attach beef\r');
    await shows('(bxtui beef0001) ');
    input.write('attach p1\r');
    await shows('old\u001b[?1h$ ');
    expect(printed).not.toContain('\u001b[6n');
    other.processes.get('p1')!.print('live\u001b[6n');
    await shows('live\u001b[6n');
    await eventually(() => expect(other.processes.get('p1')!.sizes).toEqual(['90x20', '90x19', '90x20']));
    input.write('\u001d');
    await shows('left p1');
    input.write('exit\r');
    await run;
  });

  it('is back at its own session when the other one ends under it', async () => {
    home.program = () => ({ output: '', exitCode: 0 });
    const run = runLineMode(options({ isTerminal: true }));
    await shows('(bxtui) ');
    input.write('attach beef\r');
    await shows('(bxtui beef0001) ');
    other.end();
    await shows('session beef0001 has ended\nback at session abcd');
    input.write('exit\r');
    await run;
  });

  it('ends by itself when its own session does', async () => {
    home.program = () => ({ output: '', exitCode: 0 });
    const run = runLineMode(options({ isTerminal: true }));
    await shows('(bxtui) ');
    home.end();
    expect(await run).toBe('exit');
  });

  it('keeps what was typed in the history that it is given', async () => {
    home.program = () => ({ output: '', exitCode: 0 });
    const lines = ['ps'];
    const history = { lines, add: (line: string) => void lines.unshift(line) };
    const run = runLineMode(options({ isTerminal: true, history }));
    await shows('(bxtui) ');
    input.write('\u001b[A');
    await shows('(bxtui) ps');
    input.write('\r');
    await shows('STARTED');
    input.write('exit\r');
    await run;
    expect(lines).toEqual(['exit', 'ps', 'ps']);
  });
});
