/** Waits for something to hold, as long as it takes on a busy machine; what it asserts last is what fails. */
import { vi } from 'vitest';

export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 15_000, interval: 10 });
}
