import { describe, expect, it } from 'vitest';
import type { Generation, SessionState } from '../../../src/core/model/index.js';
import { holdersOf, joinedFailure, joinedText } from '../../../src/session/joined-failure.js';

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

describe('who holds an earlier build', () => {
  const state = {
    containers: { c1: { generation: 1 }, c2: { generation: 2 } },
    processes: [
      { id: 'p1', container: 'c1', endedAtMs: null },
      { id: 'p2', container: 'c1', endedAtMs: 5 },
      { id: 'p3', container: 'c2', endedAtMs: null },
      { id: 'p4', container: 'host', endedAtMs: null },
    ],
  } as unknown as SessionState;

  it('is named', () => {
    expect(holdersOf(state, 2)).toEqual(['p1']);
    expect(holdersOf(state, 3)).toEqual(['p1', 'p3']);
    expect(joinedText('4', ['p1', 'p3']).message).toBe(
      'step 4 was not run again: this is its failure in a build that p1, p3 hold open',
    );
    expect(joinedText('4', []).hint).toMatch(/^End its shell there and reload/);
  });
});
