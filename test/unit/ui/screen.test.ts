/** The screen as a person uses it: keys in, session commands and what is seen out. */
import { afterEach, describe, expect, test } from 'vitest';
import { BxError } from '../../../src/platform/errors.js';
import type { SessionCommand } from '../../../src/session/session.js';
import type { FakeSession } from '../../golden/fake-session.js';
import { openStage, type Stage, type StageOptions } from '../../golden/stage.js';
import { openShell, type StoryPoint, tellStory } from '../../golden/story.js';

let stage: Stage;
let session: FakeSession;

async function open(point: StoryPoint, options: Partial<StageOptions> = {}): Promise<void> {
  const story = tellStory(point);
  session = story.session;
  stage = await openStage({ session, nowMs: story.nowMs, cols: 100, rows: 30, ...options });
}

/** The session opens a shell for each rollback, as the real one does. */
function opensShells(): void {
  session.onExecute = (command) => {
    if (command.type !== 'step.rollback') return Promise.resolve({ process: null });
    const id = `p${session.state.processes.length + 1}`;
    openShell(session, 1, id, command.step, command.step === '10' ? 'failed' : 'after');
    session.fakeTerminal(id).print('/app # ');
    return Promise.resolve({ process: id });
  };
}

const sent = <T extends SessionCommand['type']>(type: T) =>
  session.commands.filter((command): command is Extract<SessionCommand, { type: T }> => command.type === type);

afterEach(() => stage.handle.close());

describe('rollback by selection', () => {
  test('enter opens a shell in the failed step, and the keys go to it', async () => {
    await open('failed');
    opensShells();
    await stage.press('enter');
    expect(sent('step.rollback')[0]).toMatchObject({ step: '10', moment: 'auto', exclusiveCaches: 'mount', generation: 1 });
    expect(stage.text()).toContain('step 10 · RUN npm ci · line 15 · failed state · user node · ');
    expect(stage.text()).toContain('TERMINAL');
    await stage.press('q', 'l', 's');
    expect(session.fakeTerminal('p1').typed.join('')).toBe('qls');
  });

  test('the program gets the size of its pane', async () => {
    await open('failed');
    opensShells();
    await stage.press('enter');
    const { size } = sent('step.rollback')[0]!;
    expect(session.fakeTerminal('p1').sizes.at(-1)).toEqual([size.cols, size.rows]);
    expect(stage.text().split('\n')[1]).toMatch(/\[2\] Terminal/);
  });

  test('what is typed while it opens goes to it', async () => {
    await open('failed');
    let finish = (): void => undefined;
    session.onExecute = () =>
      new Promise((resolve) => {
        finish = () => {
          openShell(session, 1, 'p1', '10', 'failed');
          resolve({ process: 'p1' });
        };
      });
    await stage.press('enter', 'e', 'q', '!');
    expect(stage.text()).toContain('OPENING');
    finish();
    await stage.settle();
    expect(session.fakeTerminal('p1').typed.join('')).toBe('eq!');
    expect(stage.edited).toEqual([]);
  });

  test('Esc while it opens cancels it without an error', async () => {
    await open('failed');
    let wasAborted = false;
    const execute = session.execute;
    session.execute = (command, signal) => {
      signal?.addEventListener('abort', () => {
        wasAborted = true;
      });
      session.onExecute = () =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new BxError('cancelled', 'stopped'))));
      return execute(command);
    };
    await stage.press('enter', 'esc');
    expect(wasAborted).toBe(true);
    expect(stage.text()).not.toContain('OPENING');
    expect(stage.text()).not.toContain('stopped now');
  });

  test('an exclusive cache is asked about; the default is the empty directory, and cancel opens nothing', async () => {
    await open('failed');
    opensShells();
    session.exclusive.add('10');
    await stage.press('enter');
    expect(stage.text()).toContain('holds a cache for itself alone');
    await stage.press('esc');
    expect(session.commands).toEqual([]);
    await stage.press('enter', 'enter');
    expect(sent('step.rollback')[0]?.exclusiveCaches).toBe('omit');
    await stage.leave();
    await stage.press('1', 'enter', 'm');
    expect(sent('step.rollback')[1]?.exclusiveCaches).toBe('mount');
  });

  test('a refusal is shown with what to do next', async () => {
    await open('failed');
    session.onExecute = () =>
      Promise.reject(new BxError('unsupported', 'step 10 has no shell', { hint: 'Run a program of its own with T.' }));
    await stage.press('enter');
    expect(stage.text()).toContain('step 10 has no shell');
    expect(stage.text()).toContain('Run a program of its own with T.');
  });

  test('options choose state, user and command', async () => {
    await open('failed');
    opensShells();
    await stage.press('T', 'right', 'tab', ...'root', 'tab', ...'id', 'enter');
    expect(sent('step.rollback')[0]).toMatchObject({ step: '10', moment: 'before', user: 'root', args: ['/bin/sh', '-c', 'id'] });
  });

  test('a disabled key says why', async () => {
    await open('failed');
    await stage.press('x');
    expect(stage.text()).toContain('Cancel the running build: no build is running');
    expect(session.commands).toEqual([]);
  });
});

describe('terminals', () => {
  test('a shell that opens by itself gets the keyboard of a person who does nothing', async () => {
    await open('shell');
    session.emit({ type: 'shell.opened', atMs: 1, process: 'p1', step: '10' });
    await stage.settle();
    expect(stage.text()).toContain('keys go to p1');
  });

  test('it takes nothing from a person who pressed a key just now', async () => {
    await open('shell');
    await stage.press('3');
    session.emit({ type: 'shell.opened', atMs: 1, process: 'p1', step: '10' });
    await stage.settle();
    expect(stage.text()).toContain('NORMAL');
    expect(stage.text()).toContain('1:#10 failed*');
  });

  test('a second shell does not come between a person and the first', async () => {
    await open('shell');
    stage.handle.attach('p2');
    await stage.press('a');
    session.emit({ type: 'shell.opened', atMs: 1, process: 'p1', step: '10' });
    await stage.press('b');
    expect(session.fakeTerminal('p2').typed.join('')).toBe('ab');
    expect(session.fakeTerminal('p1').typed).toEqual([]);
  });

  test('the leave key gives the keys back, and the focus never resizes the program', async () => {
    await open('shell');
    stage.handle.attach('p1');
    await stage.settle();
    const before = session.fakeTerminal('p1').sizes.length;
    await stage.leave();
    await stage.press('1', '3', '4', '5', '2', 'tab');
    expect(stage.text()).toContain('NORMAL');
    expect(session.fakeTerminal('p1').sizes).toHaveLength(before);
    await stage.resize(120, 40);
    expect(session.fakeTerminal('p1').sizes.length).toBeGreaterThan(before);
  });

  test('a program that ends keeps its screen, says how, and Enter starts it again', async () => {
    await open('shell');
    stage.handle.attach('p1');
    await stage.settle();
    stage.endProcess('p1', 127);
    await stage.settle();
    expect(stage.text()).toContain('exit 127');
    expect(stage.text()).toContain('NORMAL');
    expect(stage.text()).toContain('python3: not found');
    await stage.press('enter');
    expect(sent('process.exec')[0]).toMatchObject({ container: 'c1', args: ['/bin/sh'], tty: true });
  });

  test('the leave key lands in the steps, where k and Enter open the shell of an earlier one', async () => {
    await open('shell', { cols: 160, rows: 48 });
    opensShells();
    stage.handle.attach('p1');
    await stage.leave();
    expect(stage.text()).toContain('▸[1] Steps');
    await stage.press('k', 'k', 'k', 'enter');
    expect(sent('step.rollback')[0]).toMatchObject({ step: '7' });
    expect(stage.text()).toContain('3:#7*');
  });

  test('a zoomed terminal keeps the focus, and z brings the rest back', async () => {
    await open('shell');
    stage.handle.attach('p1');
    await stage.leave();
    await stage.press('z');
    expect(stage.text()).not.toContain('Steps');
    await stage.press('i');
    await stage.leave();
    expect(stage.text()).toContain('NORMAL');
    expect(stage.text()).not.toContain('Steps');
    await stage.press('z');
    expect(stage.text()).toContain('▸[2] Terminal');
  });

  test('the first key after leaving is still for the terminal that was left', async () => {
    await open('shell');
    const lines = Array.from({ length: 60 }, (_, index) => `line ${index} of it`).join('\r\n');
    session.fakeTerminal('p1').print(lines);
    stage.handle.attach('p2');
    stage.handle.attach('p1');
    await stage.leave();
    expect(stage.text()).toContain('line 59 of it');
    await stage.press('pageup');
    expect(stage.text()).not.toContain('line 59 of it');
    expect(stage.text()).toContain('▸[2] Terminal');
    await stage.press('i');
    await stage.leave();
    await stage.press('/', ...'line 7 ', 'enter');
    expect(stage.text()).toContain('line 7 of it');
    await stage.press('i');
    await stage.leave();
    await stage.press('[');
    expect(stage.text()).toMatch(/2:#9\*/);
    await stage.press('enter', 'x');
    expect(session.fakeTerminal('p2').typed.join('')).toBe('x');
  });

  test('any other key ends that, and one that means nothing there is for the steps', async () => {
    await open('shell', { cols: 160, rows: 48 });
    stage.handle.attach('p1');
    await stage.leave();
    await stage.press('k', 'z');
    expect(stage.text()).not.toContain('[2] Terminal');
    expect(stage.text()).toContain('FROM node:20-alpine AS base');
  });

  test('the leave key twice goes to the program once, which keeps the keyboard', async () => {
    await open('shell');
    stage.handle.attach('p1');
    await stage.leaveTwice();
    expect(session.fakeTerminal('p1').typed.join('')).toBe('\x1d');
    expect(stage.text()).toContain('TERMINAL');
    expect(stage.text()).toContain('▸[2] Terminal');
    await stage.press('q');
    expect(session.fakeTerminal('p1').typed.join('')).toBe('\x1dq');
  });

  test.each([
    ['unicode', '── exit 7 · Enter starts it again · X closes ──'],
    ['ascii', '-- exit 7 - Enter starts it again - X closes --'],
  ] as const)('the last line in the pane says how the program ended (%s)', async (glyphs, line) => {
    await open('shell', { cols: 80, rows: 24, glyphs });
    stage.handle.attach('p1');
    session.fakeTerminal('p1').print('\x1b[3;5r\x1b[?6h\x1b]0;unfinished');
    stage.endProcess('p1', 7);
    await stage.settle();
    const lines = stage.text().split('\n');
    expect(lines.filter((text) => text.includes(line))).toHaveLength(1);
    expect(stage.text()).toContain('python3: not found');
    expect(lines[1]).toContain(' exit 7* ');
    expect(stage.text()).toContain('NORMAL');
    await stage.press('enter');
    expect(sent('process.exec')).toHaveLength(1);
  });

  test('a program on the alternate screen leaves it when it ends', async () => {
    await open('shell');
    stage.handle.attach('p1');
    session.fakeTerminal('p1').print('\x1b[?1049h\x1b[2J\x1b[5;5Hfull screen');
    await stage.settle();
    expect(stage.text()).toContain('full screen');
    stage.endProcess('p1', 137);
    await stage.settle();
    expect(stage.text()).not.toContain('full screen');
    expect(stage.text()).toMatch(/app \$ +│\n.*── exit 137 · /);
  });

  test('a shell in a step that succeeded calls its command a command', async () => {
    await open('failed');
    opensShells();
    await stage.press('k', 'enter');
    expect(stage.text()).toContain('command: apk add --no-cache git   (^] C runs it)');
    expect(stage.text()).not.toContain('failed: ');
    await stage.leave();
    await stage.press('z');
    expect(stage.text()).toContain("C step's command");
  });

  test('C runs the command of the step again', async () => {
    await open('shell');
    stage.handle.attach('p1');
    await stage.leave();
    await stage.press('C');
    expect(sent('process.rerun')[0]?.container).toBe('c1');
  });

  test('several pasted lines are asked about only where the router asks', async () => {
    await open('shell');
    stage.handle.attach('p1');
    const data = new TextEncoder().encode('one\ntwo');
    await stage.event({ type: 'paste', data, text: 'one\ntwo', raw: data });
    expect(session.fakeTerminal('p1').typed.join('')).toBe('one\ntwo');
  });

  test('a paste in normal mode presses no keys', async () => {
    await open('failed');
    const data = new TextEncoder().encode('qQR');
    await stage.event({ type: 'paste', data, text: 'qQR', raw: data });
    expect(stage.text()).not.toContain('Quit bxtui?');
    expect(session.commands).toEqual([]);
  });
});

describe('the rest of the keys', () => {
  test('quit asks when something would be lost, and two interrupts ask nothing', async () => {
    await open('running');
    let isClosed = false;
    void stage.handle.closed.then(() => {
      isClosed = true;
    });
    await stage.press('q', 'n');
    expect(isClosed).toBe(false);
    await stage.press('C-c', 'C-c');
    expect(isClosed).toBe(true);
  });

  test('quit asks nothing when nothing would be lost', async () => {
    await open('built');
    await stage.press('q');
    await expect(stage.handle.closed).resolves.toBeUndefined();
  });

  test('reload and rebuild without cache', async () => {
    await open('failed');
    await stage.press('r', 'R', 'enter', 'R', 'y');
    expect(sent('session.reload')).toEqual([{ type: 'session.reload' }, { type: 'session.reload', noCache: true }]);
  });

  test('the command line runs, remembers and completes', async () => {
    await open('failed');
    await stage.press(':', ...'rel', 'tab', 'enter');
    expect(stage.text()).toContain('ran reload');
    await stage.press(':', 'up');
    expect(stage.text()).toContain(':reload');
  });

  test('copying gives the panel without borders', async () => {
    await open('failed');
    await stage.press('3', 'Y');
    expect(stage.copied[0]).toContain('gyp ERR! find Python Python is not set from command line or npm configuration');
    expect(stage.copied[0]).not.toContain('│');
    await stage.press('1', 'y');
    expect(stage.copied[1]).toBe('RUN npm ci');
  });

  test('edits the Dockerfile at the step', async () => {
    await open('failed');
    await stage.press('e');
    expect(stage.edited).toEqual([['/src/app/Dockerfile', 15]]);
  });

  test('the cursor stays on the same step after a reload, and the old run is one key away', async () => {
    await open('failed');
    await stage.press('k', 'k');
    const { path, text } = session.state.generations[0]!.dockerfile;
    const dockerfile = { path, text: text.replace('ENV NODE_ENV production', 'ENV NODE_ENV=production\nENV MORE=1') };
    session.emit({ type: 'generation.started', atMs: 3, generation: 2, dockerfile, target: null });
    await stage.settle();
    expect(stage.text()).toMatch(/▌ +9 · COPY \. \./);
    await stage.press('o');
    expect(stage.text()).toContain('run 1 of 2 (older)');
    expect(stage.text()).toContain('FAILED');
    expect(stage.text()).toMatch(/▌ +8 ✓ COPY \. \./);
    await stage.press('o');
    expect(stage.text()).not.toContain('older');
  });

  test('what a build names itself is only ever cells', async () => {
    await open('planned');
    const name = '[internal] evil \x1b]52;c;aGk=\x07{red-fg}\x1b[2J';
    const vertex = {
      digest: 'sha256:evil',
      name,
      inputs: [],
      isCached: false,
      startedAtMs: session.state.startedAtMs,
      completedAtMs: null,
      error: '',
    };
    session.report(2, { type: 'vertex.updated', ...vertex });
    await stage.settle(200);
    expect(stage.text()).toContain('evil ]52;c;');
    for (const frame of stage.frames) {
      expect(frame).not.toContain('\x1b]52');
      expect(frame).not.toContain('\x1b[2J');
    }
  });

  test('dragging over a log marks it and copies on release', async () => {
    await open('failed');
    const at = stage
      .text()
      .split('\n')
      .findIndex((line) => line.includes('npm error code 1'));
    const mouse = { type: 'mouse', button: 'left', shift: false, meta: false, ctrl: false, raw: new Uint8Array() } as const;
    await stage.event({ ...mouse, action: 'press', x: 36, y: at });
    await stage.event({ ...mouse, action: 'drag', x: 44, y: at });
    await stage.event({ ...mouse, action: 'release', x: 44, y: at });
    expect(stage.copied).toEqual(['npm error']);
    expect(stage.text()).toContain('copied 9 characters');
  });

  test('a click selects the step, the wheel scrolls what is under it', async () => {
    await open('failed');
    const at = stage
      .text()
      .split('\n')
      .findIndex((line) => line.includes('COPY . .'));
    const mouse = { type: 'mouse', button: 'left', shift: false, meta: false, ctrl: false, raw: new Uint8Array() } as const;
    await stage.event({ ...mouse, action: 'press', x: 10, y: at });
    expect(stage.text()).toContain('Done without output.');
    await stage.press('1', '!');
    await stage.event({ ...mouse, button: 'none', action: 'wheel-down', x: 60, y: 25 });
    expect(stage.text()).toMatch(/▌ 10 ✘ RUN npm ci/);
  });
});
