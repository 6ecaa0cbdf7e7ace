import { afterEach, describe, expect, it } from 'vitest';
import { type Interrupts, listenForInterrupts } from '../../../src/cli/interrupts.js';

let interrupts: Interrupts | null = null;

afterEach(() => interrupts?.dispose());

describe('what ends a run without the screen', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
  ] as const)('is %s, with exit status %d', async (signal, exitStatus) => {
    interrupts = listenForInterrupts();
    process.emit(signal, signal);
    expect(await interrupts.ending).toEqual({ signal, exitStatus });
  });
});
