/** What is typed ends with the terminal that it came from, or because somebody ends it. */
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { type Interrupts, isHungUp } from '../../../src/cli/interrupts.js';

function signalled(afterMs: number, signal: NodeJS.Signals): Pick<Interrupts, 'ending'> {
  return { ending: new Promise((resolve) => setTimeout(resolve, afterMs, { signal, exitStatus: 129 })) };
}

async function endedInput(): Promise<PassThrough> {
  const input = new PassThrough();
  input.resume().end();
  await new Promise((resolve) => input.once('close', resolve));
  return input;
}

test('the signal of a terminal that has gone may come after the end of what is typed', async () => {
  expect(await isHungUp(await endedInput(), signalled(50, 'SIGHUP'))).toBe(true);
  expect(await isHungUp(await endedInput(), signalled(50, 'SIGTERM'))).toBe(false);
  expect(await isHungUp(await endedInput(), { ending: new Promise(() => undefined) })).toBe(false);
});

test('what is still there has not hung up, and nothing is waited for', async () => {
  expect(await isHungUp(new PassThrough(), { ending: new Promise(() => undefined) })).toBe(false);
});
