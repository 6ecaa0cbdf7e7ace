/** With the ASCII glyph set the screen itself writes nothing beyond ASCII. */
import { describe, expect, it } from 'vitest';
import type { ScreenDeps } from '../../../src/ui/index.js';
import { open, openShellOf, stage } from './on-stage.js';

/** What the program in the story's shell has printed is its own. */
const PRINTED = /名前|🎉/gu;

const beyondAscii = (): string[] =>
  stage
    .text()
    .replace(PRINTED, '')
    .match(/[^\x20-\x7e\n]+/gu) ?? [];

async function openAscii(point: Parameters<typeof open>[0], cols = 160, rows = 40): Promise<void> {
  await open(point, { glyphs: 'ascii', cols, rows });
}

describe('the ASCII glyph set', () => {
  it.each(['connecting', 'planned', 'running', 'failed', 'shell', 'built'] as const)(
    'has all of a build that is %s',
    async (point) => {
      for (const [cols, rows] of [
        [160, 48],
        [60, 20],
      ] as const) {
        await openAscii(point, cols, rows);
        expect(beyondAscii()).toEqual([]);
        stage.handle.close();
      }
    },
  );

  it.each<[string, string[]]>([
    ['the keys', ['?']],
    ['the palette', ['C-p']],
    ['the options of a shell', ['T']],
    ['the messages', ['@']],
    ['the steps of a search', ['/', 'n', 'p', 'm']],
    ['a question', ['q']],
    ['the candidates of a command', [':', 'r', 'tab']],
  ])('has all of %s', async (_, keys) => {
    await openAscii('failed');
    await stage.press(...keys);
    expect(beyondAscii()).toEqual([]);
  });

  it('has all of a command that takes its time, and of a page that is scrolled', async () => {
    await openAscii('failed', 100, 20);
    await stage.press(':', ...'ls /slow', 'enter');
    await stage.settle(1000);
    expect(stage.text()).toContain('ls /slow ~');
    expect(beyondAscii()).toEqual([]);
    stage.handle.close();
    const commandLine: ScreenDeps['commandLine'] = {
      run: () => Promise.resolve({ text: 'a line\n'.repeat(40) }),
      complete: () => ({ candidates: [], start: 0 }),
      isQuestion: () => true,
      help: () => [],
    };
    await open('failed', { glyphs: 'ascii', deps: { commandLine } });
    await stage.press(':', ...'steps', 'enter');
    await stage.settle();
    expect(stage.text()).toContain('up/down scroll');
    expect(beyondAscii()).toEqual([]);
  });

  it('has all of a terminal that has ended', async () => {
    await openAscii('failed');
    openShellOf('p1', '/app # ');
    stage.endProcess('p1', 7);
    await stage.settle();
    expect(beyondAscii()).toEqual([]);
  });
});
