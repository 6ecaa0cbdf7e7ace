/** Terminal tabs as a person uses them: typing, leaving, the first key after it, and what is seen when a program ends. */
import { describe, expect, test } from 'vitest';
import { open, openShellOf, opensShells, sent, session, stage } from './on-stage.js';

describe('terminals', () => {
  test('a shell that opens by itself gets the keyboard of a person who does nothing', async () => {
    await open('failed');
    openShellOf('p1', '/app $ ');
    session.emit({ type: 'shell.opened', atMs: 1, process: 'p1', step: '10' });
    await stage.settle();
    expect(stage.text()).toContain('keys go to p1');
  });

  test('it takes nothing from a person who pressed a key just now', async () => {
    await open('failed');
    openShellOf('p1', '/app $ ');
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
    await stage.settle(300);
    expect(stage.text()).toContain('NORMAL');
    expect(stage.text()).toContain('python3: not found');
    await stage.press('enter');
    expect(sent('process.exec')[0]).toMatchObject({ container: 'c1', args: [], tty: true });
  });

  test('what was typed ahead of a program that ends does nothing, and Esc or a moment give the keys back', async () => {
    await open('shell');
    stage.handle.attach('p1');
    stage.endProcess('p1', 0);
    await stage.settle();
    expect(stage.text()).toContain(' ENDED ');
    // Each holds the keys for a moment more, and none is an action: X would close the tab, a would ask for a command.
    await stage.press('m', 'a', 'k', 'X', 'enter', 'm', 'a', 'k');
    expect(stage.text()).toContain(' ENDED ');
    await stage.press('escape', 'z');
    expect(stage.text()).toContain(' NORMAL ');
    expect(stage.text()).not.toContain('[1] Steps');
  });

  test('a shell that opens where somebody reads the log waits behind it, with the focus where it was', async () => {
    await open('failed', { cols: 80, rows: 24 });
    openShellOf('p1', '/app $ ');
    await stage.press('3');
    session.emit({ type: 'shell.opened', atMs: 1, process: 'p1', step: '10' });
    await stage.settle();
    expect(stage.text()).toMatch(/▸3 Logs/);
    expect(stage.text()).toContain('gyp ERR!');
    await stage.press('2');
    expect(stage.text()).toContain('/app $');
  });

  test('the leave key on a program that has ended lands in the steps, and no key is lost', async () => {
    await open('failed');
    opensShells();
    await stage.press('enter');
    stage.endProcess('p1', 7);
    await stage.settle();
    await stage.press('C-]');
    expect(stage.text()).toContain('NORMAL');
    expect(stage.text()).toMatch(/▸\[1\] Steps/);
    await stage.press('k');
    expect(session.fakeTerminal('p1').typed.join('')).toBe('');
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

  test('a search counts the hits of the terminal that is in front', async () => {
    await open('shell');
    session.fakeTerminal('p1').print('\r\nneedle\r\nneedle\r\n');
    stage.handle.attach('p1');
    await stage.leave();
    await stage.press('/', ...'needle', 'enter');
    expect(stage.text()).toMatch(/\/needle \d\/2 /);
    await stage.press(']');
    expect(stage.text()).toContain('/needle no match ');
  });

  test('a search begins empty; Up brings the last one back, Enter alone goes on with it', async () => {
    await open('shell', { cols: 80, rows: 24 });
    session.fakeTerminal('p1').print('\r\nneedle\r\nneedle\r\nthread\r\n');
    stage.handle.attach('p1');
    await stage.leave();
    await stage.press('/', ...'needle');
    expect(stage.text()).toMatch(/SEARCH {2}\/needle .*[12]\/2\s*$/m);
    await stage.press('enter', '/');
    expect(stage.text()).toMatch(/SEARCH {2}\/\s*$/m);
    await stage.press(...'thread');
    expect(stage.text()).toMatch(/SEARCH {2}\/thread .*1\/1\s*$/m);
    await stage.press('enter', '/', 'up');
    expect(stage.text()).toMatch(/SEARCH {2}\/thread .*1\/1\s*$/m);
    await stage.press('escape', '/', ...'nothing of the kind');
    expect(stage.text()).toMatch(/no match\s*$/m);
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
    await stage.settle(300);
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
