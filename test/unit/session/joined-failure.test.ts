import { describe, expect, it } from 'vitest';
import type { Generation } from '../../../src/core/model/index.js';
import { joinedFailure } from '../../../src/session/joined-failure.js';

const failed = (completedAtMs: number, step: string | null = '4') =>
  ({
    startedAtMs: 10_000,
    failure: { step },
    vertices: {
      a: { step: '3', error: '', completedAtMs: 1 },
      b: { step: '4', error: 'exit code: 1', completedAtMs },
    },
  }) as unknown as Generation;

describe('a failure', () => {
  it('that is older than its build is that of another build', () => {
    expect(joinedFailure(failed(4_000))).toBe('4');
  });

  it('of its own build is none, whatever the clocks say', () => {
    expect(joinedFailure(failed(10_500))).toBeNull();
    expect(joinedFailure(failed(9_950))).toBeNull();
  });

  it('without a step is none', () => {
    expect(joinedFailure(failed(4_000, null))).toBeNull();
  });
});
