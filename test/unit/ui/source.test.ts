/** Lines of the Dockerfile that are longer than their panel. */
import { expect, test } from 'vitest';
import { open, reloads, stage } from './on-stage.js';

const LONG = `RUN echo ${Array.from({ length: 40 }, (_, at) => `word${at}`).join(' ')} end`;

test.each(['unicode', 'ascii'] as const)('are marked where they are cut, and moved with the keys (%s)', async (glyphs) => {
  const mark = glyphs === 'unicode' ? '…' : '~';
  await open('failed', { glyphs });
  reloads((text) => text.replace('RUN npm ci\n', `${LONG}\n`));
  await stage.press('5', 'z');
  const rowOf = (number: number): string =>
    stage
      .text()
      .split('\n')
      .find((row) => new RegExp(`^\\W*${number}  `).test(row)) ?? '';
  const cut =
    stage
      .text()
      .split('\n')
      .find((row) => row.includes('word3')) ?? '';
  const number = Number(/(\d+) {2}RUN/.exec(cut)?.[1]);
  expect(cut).toMatch(new RegExp(`RUN echo word0 .*word\\d*${mark}\\W?$`));
  await stage.press('l');
  expect(rowOf(number)).toMatch(new RegExp(`${number}  ${mark}.*${mark}\\W?$`));
  expect(rowOf(number)).not.toContain('word0 ');
  await stage.press('right', 'right', 'right', 'right', 'right', 'right');
  expect(rowOf(number)).toMatch(/ word39 end\W?$/);
  await stage.press('h', 'left', 'h', 'h', 'h', 'h', 'h');
  expect(rowOf(number)).toBe(cut);
});
