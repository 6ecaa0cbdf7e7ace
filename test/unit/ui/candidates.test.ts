/** The list of what the word of a command could be. */
import { describe, expect, it } from 'vitest';
import type { ScreenDeps } from '../../../src/ui/index.js';
import { open, stage } from './on-stage.js';

async function openWith(count: number): Promise<void> {
  const candidates = Array.from({ length: count }, (_, index) => `word${String(index + 1).padStart(2, '0')}`);
  const commandLine: ScreenDeps['commandLine'] = {
    run: () => Promise.resolve({ text: '' }),
    complete: () => ({ candidates, start: 0 }),
    isQuestion: () => false,
    help: () => [],
  };
  await open('failed', { deps: { commandLine } });
  await stage.press(':', 'w', 'tab');
}

/** The words in the list; the line itself is the last row. */
const listed = (): string[] =>
  stage
    .text()
    .split('\n')
    .slice(0, -1)
    .join('\n')
    .match(/word\d+/g) ?? [];
const tab = async (times: number): Promise<void> => stage.press(...Array.from({ length: times }, () => 'tab'));

describe('the list of candidates', () => {
  it('has all of them where they have room', async () => {
    await openWith(8);
    expect(listed()).toHaveLength(8);
    expect(stage.text()).not.toMatch(/\d+-\d+ of 8/);
  });

  it('says how many there are besides, and goes with the one that is chosen', async () => {
    await openWith(15);
    expect(listed()).toHaveLength(8);
    expect(stage.text()).toContain('1-8 of 15');
    await tab(8);
    expect(listed().at(-1)).toBe('word08');
    await tab(2);
    expect(listed()).toEqual(['03', '04', '05', '06', '07', '08', '09', '10'].map((number) => `word${number}`));
    expect(stage.text()).toContain('3-10 of 15');
    await tab(6);
    expect(stage.text()).toContain('1-8 of 15');
  });
});
