/** What the screen asks of the terminal around it, and what the command line may ask of the screen. */

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type CellSink, DEFAULT_COLOR } from '../../../src/term/types.js';
import { loadTheme } from '../../../src/ui/index.js';
import { open, reloads, session, stage } from './on-stage.js';

describe('the theme', () => {
  const themes = fileURLToPath(new URL('../../../themes', import.meta.url));
  const light = loadTheme('light', themes);
  const reply = (text: string) =>
    ({ type: 'reply', kind: 'osc', data: text.slice(2), raw: new TextEncoder().encode(text) }) as const;
  const groundOfHeader = (): string => {
    const cells: CellSink = [];
    stage.terminal.readRow(stage.terminal.viewport.top, cells);
    return (cells[40]!.bg & 0xffffff).toString(16);
  };

  test('follows the background that the terminal tells', async () => {
    await open('failed', { deps: { themeFor: () => light } });
    expect(stage.frames.join('')).toContain('\x1b]11;?');
    const dark = groundOfHeader();
    await stage.event(reply('\x1b]11;rgb:ffff/ffff/ffff\x1b\\'));
    expect(groundOfHeader()).not.toBe(dark);
    expect(stage.text()).toContain('FAILED');
  });

  test('stays when the answer is no colour or comes late', async () => {
    await open('failed', { deps: { themeFor: () => light } });
    const dark = groundOfHeader();
    await stage.event(reply('\x1b]11;nonsense\x1b\\'));
    await stage.settle(1000);
    await stage.event(reply('\x1b]11;rgb:ffff/ffff/ffff\x1b\\'));
    expect(groundOfHeader()).toBe(dark);
  });

  const groundOfPanels = (): string => {
    const cells: CellSink = [];
    stage.terminal.readRow(stage.terminal.viewport.top + 20, cells);
    const grounds = new Set(cells.map(({ bg }) => (bg === DEFAULT_COLOR ? 'own' : (bg & 0xffffff).toString(16))));
    return [...grounds].join(' ');
  };

  test('that was chosen paints its ground until the terminal is known to have such a one', async () => {
    await open('failed', { deps: { theme: light, themeFor: () => light, paintsGround: true } });
    expect(groundOfPanels()).toBe('ffffff');
    await stage.event(reply('\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\'));
    expect(groundOfPanels()).toBe('ffffff');
    stage.handle.close();
    await open('failed', { deps: { theme: light, themeFor: () => light, paintsGround: true } });
    await stage.event(reply('\x1b]11;rgb:ffff/ffff/ffff\x1b\\'));
    expect(groundOfPanels()).toBe('own');
  });

  test('that was chosen paints its ground on a terminal that turns out to be of the other kind', async () => {
    await open('failed', { deps: { theme: light, themeFor: () => light } });
    expect(groundOfPanels()).toBe('own');
    await stage.event(reply('\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\'));
    expect(groundOfPanels()).toBe('ffffff');
  });

  test('is not asked about when no theme hangs on it', async () => {
    await open('failed');
    expect(stage.frames.join('')).not.toContain('\x1b]11;?');
  });
});

describe('what the command line may ask', () => {
  test('the selected step, found again in the newest run, and null where there is no filesystem', async () => {
    await open('failed');
    expect(stage.handle.selectedStep()).toBe('10');
    await stage.press('k', 'k');
    expect(stage.handle.selectedStep()).toBe('8');
    reloads((text) => text.replace('FROM base AS deps', 'FROM base AS deps\nENV MORE=1'));
    await stage.press('o');
    expect(stage.text()).toContain('run 1 of 2 (older)');
    expect(stage.handle.selectedStep()).toBe('9');
    await stage.press('o', 'G');
    expect(stage.handle.selectedStep()).toBeNull();
  });
});

describe('the runs of a build', () => {
  test('are gone through backwards, and the key says where it leads', async () => {
    await open('failed', { cols: 160, rows: 48 });
    reloads((text) => text);
    await stage.settle();
    expect(stage.text()).toContain('o previous run');
    await stage.press('o');
    expect(stage.text()).toContain('o newest run');
    await stage.press('enter');
    expect(stage.text()).toContain('this is an older run of');
    await stage.press('esc', 'esc');
    expect(stage.text()).not.toContain('(older)');
  });

  test('have nothing to look into where the Dockerfile cannot be read', async () => {
    await open('failed', { cols: 160, rows: 48 });
    expect(stage.text()).toContain('shell in failed step');
    reloads((text) => text);
    const failure = { digest: null, message: 'unknown instruction: RUNN', hint: null, exitCode: null, line: 4 };
    session.report(4, { type: 'build.failed', failure });
    await stage.settle();
    expect(stage.text()).toMatch(/▌ +3 ✘/);
    expect(stage.text()).not.toContain('shell in failed step');
    await stage.press('enter');
    expect(stage.text()).toContain('open one: it failed before');
    expect(session.commands.filter(({ type }) => type === 'step.rollback')).toEqual([]);
  });
});

describe('what the screen says by itself', () => {
  test('can be read again, beside the notices of the session', async () => {
    await open('failed');
    expect(session.state.notices).toEqual([]);
    await stage.press('@');
    expect(stage.text()).toContain('there are no messages');
    session.emit({
      type: 'notice.posted',
      atMs: 1,
      notice: { id: 1, level: 'warning', message: 'said by the session', hint: null },
    });
    stage.handle.notify('error', 'said by the screen', 'do this');
    await stage.settle(20_000);
    expect(stage.text()).not.toContain('said by');
    await stage.press('@');
    expect(stage.text().match(/said by the session/g)).toHaveLength(1);
    expect(stage.text()).toMatch(/said by the screen/);
    expect(stage.text()).toContain('do this');
  });
});
