/** The screen as a person uses it: keys in, session commands and what is seen out. */

import { describe, expect, test } from 'vitest';
import { BxError } from '../../../src/platform/errors.js';
import { openShell } from '../../golden/story.js';
import { open, openShellOf, opensLater, opensShells, reloads, sent, session, stage } from './on-stage.js';

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
    const shell = opensLater();
    await stage.press('enter', 'e', 'q', '!');
    expect(stage.text()).toContain('OPENING');
    shell.finish();
    await stage.settle();
    expect(session.fakeTerminal('p1').typed.join('')).toBe('eq!');
    expect(stage.edited).toEqual([]);
  });

  test('the key that leaves a terminal leaves it also while it opens, with what was typed before it', async () => {
    await open('failed');
    const shell = opensLater();
    await stage.press('enter', 'l', 's', 'C-]');
    expect(stage.text()).not.toContain('OPENING');
    await stage.press('k');
    shell.finish();
    await stage.settle();
    expect(session.fakeTerminal('p1').typed.join('')).toBe('ls');
    expect(stage.text()).toContain('NORMAL');
  });

  test('a shell that opens while something is typed elsewhere is a tab more, and the typing goes on where it was', async () => {
    await open('failed');
    opensShells();
    await stage.press('enter');
    await stage.leave();
    let finish = (): void => undefined;
    session.onExecute = (command) =>
      command.type !== 'step.rollback'
        ? Promise.resolve({ process: null })
        : new Promise((resolve) => {
            finish = () => {
              openShell(session, 1, 'p2', '7', 'after');
              resolve({ process: 'p2' });
            };
          });
    await stage.press('k', 'enter', 'tab', 'i', 'l');
    finish();
    await stage.settle();
    await stage.press('s');
    expect(session.fakeTerminal('p1').typed.join('')).toBe('ls');
    expect(session.fakeTerminal('p2').typed.join('')).toBe('');
    expect(stage.text()).toContain('is open in a tab of its own');
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
    await stage.press('1', 'T', 'enter', 'm');
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
    await expect(stage.handle.closed).resolves.toBe('quit');
  });

  test('reload and rebuild without cache', async () => {
    await open('failed');
    await stage.press('r', 'R', 'enter', 'R', 'y');
    expect(sent('session.reload')).toEqual([{ type: 'session.reload' }, { type: 'session.reload', noCache: true }]);
  });

  test('a command that has ended before the answer to its start is not run twice, and takes the keyboard from nobody', async () => {
    await open('failed');
    openShellOf('p1', '/app # ');
    stage.handle.attach('p1');
    await stage.leave();
    let answer = (): void => undefined;
    session.onExecute = ({ type }) =>
      new Promise((resolve) => {
        if (type !== 'process.rerun') return resolve({ process: null });
        openShellOf('p2', 'npm ERR!');
        const ended = { state: 'exited', endedAtMs: 2, exitCode: 1 } as const;
        const process = { ...session.state.processes.find(({ id }) => id === 'p2')!, ...ended };
        session.emit({ type: 'process.updated', atMs: 2, process });
        answer = () => resolve({ process: 'p2' });
      });
    await stage.press('C');
    await stage.press('tab', 'i');
    expect(stage.text()).toContain('keys go to p1');
    answer();
    await stage.settle();
    expect(stage.text()).toContain('keys go to p1');
    const started = () => session.commands.map(({ type }) => type).filter((type) => type !== 'step.prepare');
    expect(started()).toEqual(['process.rerun']);

    await stage.leave();
    await stage.press('C');
    answer();
    await stage.settle();
    expect(stage.text()).toContain('NORMAL');
    expect(started()).toEqual(['process.rerun', 'process.rerun']);
  });

  test('a question at the prompt that takes its time is told of, and esc stops it', async () => {
    await open('failed');
    await stage.press(':', ...'ls /slow', 'enter');
    expect(stage.text()).not.toContain('esc stops it');
    await stage.settle(500);
    expect(stage.text()).toMatch(/ls \/slow …[\s\S]*esc stops it/);
    await stage.press('j');
    expect(stage.text()).toContain('esc stops it');
    await stage.press('esc');
    expect(stage.text()).toContain('ls /slow was stopped');
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
    reloads((text) => text.replace('ENV NODE_ENV production', 'ENV NODE_ENV=production\nENV MORE=1'));
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

  test('n goes on from what is looked at, once the last hit is out of sight', async () => {
    await open('failed');
    openShellOf('p1', Array.from({ length: 200 }, (_, index) => `hit ${index + 1}`).join('\r\n'));
    stage.handle.attach('p1');
    await stage.leave();
    await stage.press('2', '/', 'h', 'i', 't', 'enter', 'g', 'n');
    expect(stage.text()).toMatch(/\/hit [1-9]\/200/);
    await stage.press('n');
    expect(stage.text()).toMatch(/\/hit ([2-9]|10)\/200/);
    await stage.press('G', 'N');
    expect(stage.text()).toMatch(/\/hit 1[678]\d\/200/);
  });

  test('a click on a title means its panel, also on a border that two panels share', async () => {
    await open('shell', { cols: 100, rows: 30 });
    stage.handle.attach('p1');
    await stage.leave();
    const mouse = { type: 'mouse', button: 'left', shift: false, meta: false, ctrl: false, raw: new Uint8Array() } as const;
    for (const title of ['[5] Source', '[3] Logs', '[1] Steps', '[4] Procs']) {
      const lines = stage.text().split('\n');
      const y = lines.findIndex((line) => line.includes(title));
      await stage.event({ ...mouse, action: 'press', x: lines[y]!.indexOf(title) + 5, y });
      expect(stage.text()).toContain(`▸${title}`);
    }
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
