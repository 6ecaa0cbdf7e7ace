/** What the question before a rebuild says. */
import { expect, test } from 'vitest';
import { buildActions } from '../../../src/actions/build-actions.js';
import type { ActionContext } from '../../../src/actions/context.js';

async function rebuildLines(isUncached: boolean): Promise<readonly string[]> {
  let said: readonly string[] = [];
  const context = {
    state: {
      processes: [{ id: 'p1', container: 'c1', endedAtMs: 5 }],
      containers: { c1: { id: 'c1', generation: 1, state: 'running', ...(isUncached && { isUncached }) } },
    },
    screen: {
      ask: async ({ lines }: { lines: readonly string[] }) => {
        said = lines;
        return 'no';
      },
    },
  } as unknown as ActionContext;
  await buildActions.find(({ id }) => id === 'build.rebuild')!.run(context);
  return said;
}

test('that every step runs, but what a container of an earlier rebuild holds', async () => {
  const all = 'Every step runs again; nothing is taken from the cache.';
  expect(await rebuildLines(false)).toEqual([all]);
  expect(await rebuildLines(true)).toEqual([
    all,
    'But not what is the same in an earlier rebuild that p1 (ended) holds open (X closes).',
  ]);
});
