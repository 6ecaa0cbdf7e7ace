/** The end-to-end harness on programs that need no engine: what it reads from a screen has to be true before it judges bxtui. */
import { afterEach, describe, expect, it } from 'vitest';
import { closeTerminals, RESTORED_MODES, startTerminal } from '../../helpers/terminal.js';

afterEach(closeTerminals);

const shell = (script: string, size: { cols?: number; rows?: number } = {}) =>
  startTerminal({ program: '/bin/sh', args: ['-c', script], cols: 60, rows: 12, ...size });

describe('a test terminal', () => {
  it('shows what is printed and tells how the program ended', async () => {
    const terminal = shell('printf "one\\n\\033[1;31mtwo\\033[0m\\n"; exit 7');
    expect(await terminal.waitForExit()).toEqual({ code: 7, signal: 0 });
    expect(terminal.lines().slice(0, 2)).toEqual(['one', 'two']);
    expect(terminal.find('two')).toEqual({ col: 0, row: 1 });
    expect(terminal.cell(0, 1)).toEqual({ text: 't', isBold: true, isInverse: false, isDim: false, isColored: true });
    expect(terminal.modes()).toEqual(RESTORED_MODES);
  });

  it('knows which modes a program left on', async () => {
    const terminal = shell('printf "\\033[?1049h\\033[?25l\\033[?1002;1006h\\033[?2004h"');
    await terminal.waitForExit();
    expect(terminal.modes()).toEqual({
      ...RESTORED_MODES,
      alternateScreen: true,
      cursorHidden: true,
      mouse: true,
      mouseSgr: true,
      bracketedPaste: true,
    });
  });

  it('types, pastes and resizes', async () => {
    const terminal = shell(
      'printf "\\033[?2004h"; stty -echo; printf "ready\\n"; while read line; do echo "got $line"; stty size; done',
    );
    await terminal.waitFor('ready');
    terminal.type('hello');
    terminal.press('enter');
    await terminal.waitFor('got hello');
    await terminal.waitFor('12 60');
    terminal.resize(50, 10);
    terminal.paste('pasted');
    terminal.press('enter');
    await terminal.waitFor(/got .*pasted/);
    await terminal.waitFor('10 50');
    expect(terminal.rawOutput).toContain('[200~');
  });

  it('sends mouse events only to a program that asked for them', async () => {
    const terminal = shell(
      'stty -icanon -echo min 1; echo off; sleep 0.2; printf "\\033[?1000;1006hon\\n"; head -c 10 | od -An -c',
    );
    await terminal.waitFor('off');
    terminal.mouse({ kind: 'press', col: 1, row: 2 });
    await terminal.waitFor('on\n');
    terminal.mouse({ kind: 'press', col: 4, row: 2, button: 'right' });
    terminal.type(' ');
    expect(await terminal.waitFor(/033.*M/)).toMatch(/033\s+\[\s+<\s+2\s+;\s+5\s+;\s+3\s+M/);
  });

  it('says what was on the screen when a wait is in vain', async () => {
    const terminal = shell('echo something else; sleep 5');
    await terminal.waitFor('something');
    await expect(terminal.waitFor('never', { timeoutMs: 100 })).rejects.toThrow(
      /no never within 100 ms \(still running\)[\s\S]*something else/,
    );
  });

  it('does not wait for a program that is gone', async () => {
    const terminal = shell('echo bye; exit 3');
    await expect(terminal.waitFor('never')).rejects.toThrow(/ended before never \(exit 3/);
  });

  it('ends what is still running', async () => {
    const terminal = shell('trap "" TERM; echo up; exec sleep 60');
    await terminal.waitFor('up');
    terminal.kill('SIGKILL');
    expect((await terminal.waitForExit()).signal).toBe(9);
  });
});
