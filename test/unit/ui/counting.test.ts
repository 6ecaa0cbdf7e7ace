/** Numbers before a movement, beside digits that are keys of panels. */
import { expect, test } from 'vitest';
import { open, openShellOf, stage } from './on-stage.js';

const focus = (): string | undefined => /▸\[?(\d)/.exec(stage.text())?.[1];
const cursor = (): string | undefined => /▌ *(\d+) /.exec(stage.text())?.[1];

test('a number before G goes to the step of that number, and the digits have moved no focus', async () => {
  await open('failed');
  openShellOf('p1', 'text');
  stage.handle.attach('p1');
  await stage.leave();
  await stage.press('1', '2', 'G');
  expect(focus()).toBe('1');
  expect(cursor()).toBe('12');
  await stage.press('0', '3', 'k');
  expect(cursor()).toBe('9');
  await stage.press('6', 'k');
  expect(cursor()).toBe('3');
  await stage.press('9', '9', 'g');
  expect(cursor()).toBe('16');
});

test('one digit of a panel stays its key, and so do digits with nothing behind them', async () => {
  await open('failed');
  await stage.press('3', 'G');
  expect(focus()).toBe('3');
  await stage.press('1', 'k', 'j', '4');
  expect(focus()).toBe('4');
  await stage.press('1', '3');
  await stage.settle(1500);
  await stage.press('G');
  expect(focus()).toBe('3');
});

test('a number as a command goes there too', async () => {
  await open('failed');
  await stage.press(':', '9', 'enter');
  expect(cursor()).toBe('9');
  expect(stage.text()).not.toContain('unknown command');
});

test('in the Dockerfile it is a line', async () => {
  await open('failed', { cols: 80, rows: 12 });
  await stage.press('5', 'g');
  await stage.press('2', '0', 'G');
  expect(focus()).toBe('5');
  expect(stage.text()).toMatch(/│.? *20 /);
});
