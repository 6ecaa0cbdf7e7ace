import { describe, expect, it } from 'vitest';
import type { Generation } from '../../../src/core/model/index.js';
import { joinedFailure, joinedText } from '../../../src/session/joined-failure.js';

const failed = (completedAtMs: number | null, step: string | null = '4', startedAtMs: number | null = 3_900) =>
  ({
    startedAtMs: 10_000,
    failure: { step, exitCode: 1 },
    vertices: {
      a: { step: '3', error: '', startedAtMs: 0, completedAtMs: 1 },
      b: { step: '4', error: 'exit code: 1', startedAtMs, completedAtMs },
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

  it('of a command that never began is that of another build', () => {
    expect(joinedFailure(failed(null, '4', null))).toBe('4');
  });

  it('without a step is none', () => {
    expect(joinedFailure(failed(4_000, null))).toBeNull();
  });
});

describe('what is told of it', () => {
  const p1 = { id: 'p1', hasEnded: false, isUncached: false };
  const p2 = { id: 'p2', hasEnded: true, isUncached: true };

  it('names who holds the other build, and how that ends', () => {
    expect(joinedText('4', [p1, { ...p2, isUncached: false }], false)).toEqual({
      message: 'step 4 was not run again: this is its failure in a build that p1, p2 (ended) hold open',
      hint: 'Close p1, p2 and reload (X, r; at a prompt: disconnect, reload), or run every step again (R; at a prompt: reload --no-cache).',
    });
    expect(joinedText('4', [], false).hint).toMatch(/^End its shell there and reload, or run every step again/);
  });

  it('does not advise a build without the cache where that would be told the same', () => {
    expect(joinedText('4', [p2], false).hint).toBe('Close p2 and reload (X, r; at a prompt: disconnect, reload).');
    expect(joinedText('4', [p2], true).hint).toBe('Close p2 and rebuild (X, R; at a prompt: disconnect, reload --no-cache).');
    expect(joinedText('4', [], true).hint).toBe('End its shell there and rebuild.');
  });
});
