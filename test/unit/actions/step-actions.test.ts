/** Which shell Enter means at a step. */
import { expect, test } from 'vitest';
import type { ActionContext } from '../../../src/actions/context.js';
import { stepActions } from '../../../src/actions/step-actions.js';

/** A failed step with a shell that is open in it. */
function hintAt(instruction: string, moment: string, note: string | null): string {
  const context = {
    step: { key: '1', kind: 'instruction', state: 'failed', instruction },
    generation: { number: 1, status: 'failed' },
    state: {
      processes: [{ id: 'p1', kind: 'shell', container: 'c1', endedAtMs: null, user: null }],
      containers: { c1: { step: '1', generation: 1, moment, note, user: null } },
    },
    tabs: ['p1'],
    activeTab: null,
    openings: [],
  } as unknown as ActionContext;
  const { hint } = stepActions.find(({ id }) => id === 'step.rollback')!;
  return typeof hint === 'function' ? hint(context) : (hint ?? '');
}

test.each([
  ['RUN', 'failed', null, 'go to shell'],
  ['RUN', 'before', 'the engine keeps nothing', 'go to shell'],
  ['RUN', 'before', null, 'shell in failed step'],
  ['COPY', 'before', null, 'go to shell'],
  // A trigger of its image has failed.
  ['FROM', 'failed', null, 'go to shell'],
  ['FROM', 'before', 'the engine keeps nothing', 'go to shell'],
])('of a %s that has failed, with a shell open in the state %s (%s): %s', (instruction, moment, note, hint) => {
  expect(hintAt(instruction, moment, note)).toBe(hint);
});
