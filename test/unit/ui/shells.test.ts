/** Which shell Enter gives, what can be done about one that is on its way, and how ended programs go out of sight. */
import { describe, expect, test } from 'vitest';
import { BxError } from '../../../src/platform/errors.js';
import { open, openShellOf, opensLater, opensShells, sent, session, stage } from './on-stage.js';

describe('Enter on a step', () => {
  test('goes to the shell that is open there, with the keyboard, also from another step', async () => {
    await open('failed');
    opensShells();
    await stage.press('enter');
    await stage.leave();
    await stage.press('k', 'enter');
    await stage.leave();
    await stage.press('1', 'j');
    expect(stage.text()).toContain('go to shell');
    await stage.press('enter', 'l', 's');
    expect(sent('step.rollback')).toHaveLength(2);
    expect(session.fakeTerminal('p1').typed.join('')).toBe('ls');
    expect(stage.text()).toContain('keys go to p1');
  });

  test('opens one when that has ended, and T opens another in any case', async () => {
    await open('failed');
    opensShells();
    await stage.press('enter');
    await stage.leave();
    await stage.press('1', 'T', 'enter');
    expect(sent('step.rollback')).toHaveLength(2);
    expect(stage.text()).toContain('keys go to p2');
    stage.endProcess('p1', 0);
    stage.endProcess('p2', 1);
    await stage.settle(400);
    await stage.press('1', 'enter');
    expect(sent('step.rollback')).toHaveLength(3);
  });

  test('opens one as the step’s user beside that of somebody else, which its tab and its row name and its restart keeps', async () => {
    await open('failed', { cols: 160, rows: 48 });
    opensShells();
    await stage.press('T', 'tab', 'r', 'o', 'o', 't', 'enter');
    expect(stage.text()).toContain('1:#10 failed root*');
    expect(stage.text()).toMatch(/step 10 · .* · user root · /);
    await stage.leave();
    await stage.press('1');
    expect(stage.text()).toContain('shell in failed step');
    await stage.press('enter');
    expect(sent('step.rollback').map(({ user }) => user)).toEqual(['root', undefined]);
    expect(stage.text()).toMatch(/1:#10 failed root +2:#10 failed\*/);
    await stage.leave();
    await stage.press('[', '1', 'enter');
    expect(sent('step.rollback')).toHaveLength(2);
    expect(stage.text()).toContain('keys go to p2');
    await stage.leave();
    expect(stage.text()).toMatch(/p1 .* root +\/bin\/sh/);
    expect(stage.text()).toMatch(/p2 .* node +\/bin\/sh/);
    stage.endProcess('p1', 0);
    await stage.settle(400);
    await stage.press('2', '[', 'enter');
    expect(sent('process.exec')).toMatchObject([{ user: 'root' }]);
  });

  test('opens one beside a shell in another state of the step, and beside one whose tab is closed', async () => {
    await open('failed');
    opensShells();
    const { onExecute } = session;
    session.onExecute = async (command) => {
      const result = await onExecute(command);
      if (command.type !== 'step.rollback' || command.moment === 'auto') return result;
      const container = Object.values(session.state.containers).at(-1)!;
      session.emit({ type: 'container.updated', atMs: 1, container: { ...container, moment: 'before' } });
      return result;
    };
    await stage.press('T', 'right', 'enter');
    await stage.leave();
    await stage.press('1', 'enter');
    expect(sent('step.rollback')).toHaveLength(2);
  });
});

describe('a shell that is on its way', () => {
  function abortable(): { readonly wasAborted: boolean } {
    const told = { wasAborted: false };
    const { execute } = session;
    session.execute = (command, signal) => {
      if (command.type === 'step.rollback')
        session.onExecute = () =>
          new Promise((_, reject) => {
            signal?.addEventListener('abort', () => {
              told.wasAborted = true;
              reject(new BxError('cancelled', 'stopped'));
            });
          });
      return execute(command, signal);
    };
    return told;
  }

  test('is a row of the processes, where X gives it up', async () => {
    await open('failed');
    const told = abortable();
    await stage.press('enter', 'tab', '4');
    expect(stage.text()).toMatch(/▌ +#10 +opening +0:0\d .*shell/);
    expect(stage.text()).toContain('cancel');
    await stage.press('X');
    expect(told.wasAborted).toBe(true);
    expect(stage.text()).not.toContain('opening');
    expect(stage.text()).toContain('No process yet');
  });

  test('is waited for again with Enter on its step, or on its row, and cancelled with Esc', async () => {
    await open('failed');
    const told = abortable();
    await stage.press('enter', 'tab');
    expect(stage.text()).not.toContain('OPENING');
    await stage.press('1');
    expect(stage.text()).toContain('wait for shell');
    await stage.press('enter');
    expect(stage.text()).toContain('OPENING');
    await stage.press('tab', '4', 'enter');
    expect(stage.text()).toContain('OPENING');
    expect(sent('step.rollback')).toHaveLength(1);
    await stage.press('esc');
    expect(told.wasAborted).toBe(true);
    await stage.press('1');
    expect(stage.text()).not.toContain('wait for shell');
  });

  test('has the keyboard in the end when it is waited for again, with all that was typed for it', async () => {
    await open('failed');
    const shell = opensLater();
    await stage.press('enter', 'l', 'C-]', '1', 'enter', 's');
    shell.finish();
    await stage.settle();
    expect(session.fakeTerminal('p1').typed.join('')).toBe('ls');
    expect(stage.text()).toContain('keys go to p1');
  });
});

describe('keys that come together with Enter', () => {
  test('are the shell’s that it opens', async () => {
    await open('failed');
    const shell = opensLater();
    await stage.pressAtOnce('enter', 'e', 'z', 'space', 't');
    expect(stage.edited).toEqual([]);
    shell.finish();
    await stage.settle();
    expect(sent('step.rollback')).toHaveLength(1);
    expect(session.fakeTerminal('p1').typed.join('')).toBe('ez t');
  });

  test('are the shell’s also where Enter ends a dialog', async () => {
    await open('failed');
    const shell = opensLater();
    await stage.press('T', 'right');
    await stage.pressAtOnce('enter', 'e', 'z');
    expect(stage.edited).toEqual([]);
    shell.finish();
    await stage.settle();
    expect(sent('step.rollback')).toHaveLength(1);
    expect(session.fakeTerminal('p1').typed.join('')).toBe('ez');
  });

  test('are the program’s that a line starts, which is in a step', async () => {
    await open('failed');
    const shell = opensLater();
    const size = { cols: 80, rows: 24 };
    const started = stage.handle.start({ type: 'step.rollback', step: '1', moment: 'auto', exclusiveCaches: 'mount', size });
    await stage.press('e', 'z');
    expect(stage.text()).toContain('OPENING');
    shell.finish();
    await started;
    await stage.settle();
    expect(session.fakeTerminal('p1').typed.join('')).toBe('ez');
  });
});

describe('a program that is started by a key', () => {
  const hostShell = (): { finish(): void } => {
    const later = { finish: (): void => undefined };
    session.onExecute = () =>
      new Promise((resolve) => {
        later.finish = () => {
          openShellOf('p1', '$ ');
          resolve({ process: 'p1' });
        };
      });
    return later;
  };

  test('gets what is typed before it is there: no key of it is a command', async () => {
    await open('failed');
    const shell = hostShell();
    await stage.press('$', 's', 'e', 'd');
    expect(stage.text()).toContain('starting a shell on this machine');
    expect(stage.edited).toEqual([]);
    shell.finish();
    await stage.settle();
    expect(session.fakeTerminal('p1').typed.join('')).toBe('sed');
    expect(stage.text()).toContain('keys go to p1');
  });

  test('comes quietly when nobody waits for it any more', async () => {
    await open('failed');
    const shell = hostShell();
    await stage.press('$', 'esc');
    expect(stage.text()).not.toContain('OPENING');
    shell.finish();
    await stage.settle();
    expect(stage.text()).toContain('A shell on this machine is open (i types into it).');
    expect(stage.text()).not.toContain('keys go to p1');
  });
});

test('a step that still runs is said to be waited for', async () => {
  await open('running');
  opensLater();
  await stage.press('.', 'enter');
  expect(stage.text()).toMatch(/OPENING +waiting for the end of step \d+, then a shell in it/);
});

describe('while a build is waited for', () => {
  async function waits(options: Parameters<typeof open>[1] = {}) {
    await open('running', options);
    const shell = opensLater();
    await stage.press('.', 'enter');
    return shell;
  }

  test('x asks whether to cancel it, as its hint says, and the shell is waited for as before', async () => {
    const shell = await waits();
    expect(stage.text()).toContain('x cancel   esc no shell');
    await stage.press('x');
    expect(stage.text()).toContain('Cancel the build?');
    await stage.press('esc');
    expect(stage.text()).toContain('OPENING');
    await stage.press('x', 'y');
    expect(sent('build.cancel')).toHaveLength(1);
    shell.finish();
    await stage.settle();
    expect(session.fakeTerminal('p1').typed).toEqual([]);
  });

  test('? and q are the screen’s, until something is typed for the shell', async () => {
    const shell = await waits();
    await stage.press('?');
    expect(stage.text()).toContain('Keys that work here');
    await stage.press('esc', 'q');
    expect(stage.text()).toContain('Quit bxtui?');
    await stage.press('n', 'l', 's', ' ', '?', 'x', 'q');
    expect(stage.text()).toMatch(/OPENING +\(6 typed\)/);
    shell.finish();
    await stage.settle();
    expect(session.fakeTerminal('p1').typed.join('')).toBe('ls ?xq');
    expect(stage.text()).toContain('keys go to p1');
  });

  test('a shell that comes while something lies above the panels does not take the keyboard', async () => {
    const shell = await waits();
    await stage.press('?');
    shell.finish();
    await stage.settle();
    await stage.press('l', 's', 'esc');
    expect(session.fakeTerminal('p1').typed).toEqual([]);
    expect(stage.text()).not.toContain('OPENING');
    expect(stage.text()).not.toContain('keys go to p1');
    await stage.press('i', 'w');
    expect(session.fakeTerminal('p1').typed).toEqual(['w']);
  });

  test('the keys are in sight on a narrow screen', async () => {
    await waits({ cols: 80, rows: 24 });
    expect(stage.text()).toMatch(/OPENING +waiting for the end of step \d+.* x cancel {3}esc no shell {3}tab go on/);
  });
});

test('a step of a build that has ended is built on the way to its shell, and x gives both up', async () => {
  await open('failed');
  opensLater();
  await stage.press('j', 'enter');
  expect(stage.text()).toContain('building up to step');
  await stage.press('x');
  expect(stage.text()).not.toContain('OPENING');
  expect(sent('build.cancel')).toEqual([]);
});

describe('the list of processes', () => {
  const press = { type: 'mouse', button: 'left', action: 'press', shift: false, meta: false, ctrl: false } as const;

  test('is clicked where it stands when it is scrolled', async () => {
    await open('failed');
    for (let n = 1; n <= 20; n++) openShellOf(`p${n}`, '');
    await stage.press('4', 'G');
    const lines = stage.text().split('\n');
    const y = lines.findIndex((line) => /p17 +#10/.test(line));
    expect(lines.join('')).not.toMatch(/p2 +#10/);
    await stage.event({ ...press, x: lines[y]!.indexOf('p17'), y, raw: new Uint8Array() });
    expect(stage.text()).toMatch(/▌ p17/);
  });

  test('shows what runs also where it is narrow', async () => {
    await open('failed', { cols: 80, rows: 24 });
    openShellOf('p1', '');
    await stage.press('4');
    expect(stage.text()).toMatch(/ID +STEP +STATE +UP +COMMAND/);
    expect(stage.text()).toMatch(/p1 +#10 failed +running +[\d:]+ +\/bin\/sh/);
  });
});

describe('programs that have ended', () => {
  test('stay until they are swept away, all at once; those that run stay', async () => {
    await open('failed');
    openShellOf('p1', 'first');
    openShellOf('p2', 'second');
    openShellOf('p3', 'third');
    for (const id of ['p1', 'p2', 'p3']) stage.handle.attach(id);
    await stage.leave();
    stage.endProcess('p1', 0);
    stage.endProcess('p3', 3);
    await stage.settle(400);
    expect(stage.text()).toContain('third');
    await stage.press('4', 'S');
    expect(stage.text()).toContain('2 ended programs swept away; :attach p1 brings one back');
    expect(stage.text()).not.toMatch(/p[13] .*exit/);
    expect(stage.text()).toMatch(/p2 .*running/);
    expect(stage.text()).toContain('second');
    await stage.press('S');
    expect(sent('process.disconnect').map(({ process }) => process)).toEqual(['p1', 'p3']);
    expect(stage.text()).toMatch(/rows: no\W[\s\S]*program has ended/);
  });

  test('can be brought back with what they have printed', async () => {
    await open('failed');
    openShellOf('p1', 'first');
    stage.handle.attach('p1');
    await stage.leave();
    stage.endProcess('p1', 3);
    await stage.settle(400);
    await stage.press('4', 'S');
    expect(stage.text()).not.toContain('first');
    stage.handle.attach('p1');
    await stage.settle();
    expect(stage.text()).toContain('first');
    expect(stage.text()).toContain('exit 3');
  });

  test('X in the list takes one off the list', async () => {
    await open('failed');
    openShellOf('p1', 'first');
    openShellOf('p2', 'second');
    stage.endProcess('p1', 3);
    await stage.press('4', 'g', 'X');
    expect(stage.text()).not.toMatch(/p1 .*exit/);
    expect(stage.text()).toMatch(/p2 .*running/);
  });
});
