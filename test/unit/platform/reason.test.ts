import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toBxError } from '../../../src/platform/errors.js';
import { reasonOf, writeReasonOf } from '../../../src/platform/reason.js';

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('why the system refused', () => {
  const missing = thrownBy(() => readFileSync('/nonexist/x'));

  it('is said in words, without the object', () => {
    expect(reasonOf(missing)).toBe('it does not exist');
    expect(reasonOf(thrownBy(() => readFileSync('/')))).toBe('it is a directory');
    expect(writeReasonOf(thrownBy(() => writeFileSync('/nonexist/x', '')))).toBe('there is no such directory');
  });

  it('is what the system says where there are no better words, and the message of everything else', () => {
    const odd = Object.assign(new Error("ENODEV: no such device, open '/dev/x'"), { code: 'ENODEV' });
    expect(reasonOf(odd)).toBe('no such device');
    expect(reasonOf(new Error('it broke'))).toBe('it broke');
    expect(reasonOf('it broke')).toBe('it broke');
  });

  it('comes with its path where nobody has said what for', () => {
    expect(toBxError(missing, 'state')).toMatchObject({ code: 'state', message: '/nonexist/x: it does not exist' });
  });
});
