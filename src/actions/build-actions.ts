/** Actions on the build as a whole: reload, rebuild, cancel, older generations. */
import type { SessionState } from '../core/model/index.js';
import { holderNames, selectHolders } from '../core/select/index.js';
import { type Action, isBuilding } from './action.js';
import type { ActionContext } from './context.js';

async function confirmed(context: ActionContext, title: string, lines: readonly string[], yes: string): Promise<boolean> {
  const answer = await context.screen.ask({
    title,
    lines,
    choices: [
      { id: 'yes', key: 'y', label: yes },
      { id: 'no', key: 'n', label: 'No' },
    ],
    default: 'no',
  });
  return answer === 'yes';
}

const notWhileBuilding = (context: ActionContext): true | string => {
  if (context.state.generations.length === 0) return 'no build has started';
  if (isBuilding(context)) return 'a build is running (x cancels it)';
  return true;
};

/** BuildKit joins what is alike in builds without the cache that are open at the same time. */
function exceptions(state: SessionState): string[] {
  const holders = selectHolders(state).filter(({ isUncached }) => isUncached);
  if (holders.length === 0) return [];
  const hold = holders.length > 1 ? 'hold' : 'holds';
  return [`But not what is the same in an earlier rebuild that ${holderNames(holders)} ${hold} open (X closes).`];
}

export const buildActions: readonly Action[] = [
  {
    id: 'build.reload',
    title: 'Reload: read Dockerfile and context again and build',
    hint: 'reload',
    group: 'Build',
    changes: true,
    enabled: notWhileBuilding,
    run: async (context) => {
      context.screen.setGeneration(null);
      await context.screen.execute({ type: 'session.reload' });
    },
  },
  {
    id: 'build.rebuild',
    title: 'Rebuild everything without the cache',
    hint: 'rebuild',
    group: 'Build',
    changes: true,
    enabled: notWhileBuilding,
    run: async (context) => {
      const lines = ['Every step runs again; nothing is taken from the cache.', ...exceptions(context.state)];
      if (!(await confirmed(context, 'Rebuild without cache?', lines, 'Rebuild'))) return;
      context.screen.setGeneration(null);
      await context.screen.execute({ type: 'session.reload', noCache: true });
    },
  },
  {
    id: 'build.cancel',
    title: 'Cancel the running build',
    hint: 'cancel',
    group: 'Build',
    changes: true,
    enabled: (context) => (isBuilding(context) ? true : 'no build is running'),
    run: async (context) => {
      const lines = ['The engine stops what it is running. Open shells stay.'];
      if (await confirmed(context, 'Cancel the build?', lines, 'Cancel the build')) {
        await context.screen.execute({ type: 'build.cancel' });
      }
    },
  },
  {
    id: 'generation.older',
    title: 'Show the previous run of the build, and back',
    hint: (context) => (context.generation === context.state.generations[0] ? 'newest run' : 'previous run'),
    group: 'Build',
    enabled: (context) => (context.state.generations.length < 2 ? 'there is only one run of the build' : true),
    run: (context) => {
      const numbers = context.state.generations.map((generation) => generation.number);
      const at = numbers.indexOf(context.generation?.number ?? -1);
      const older = numbers[at - 1];
      context.screen.setGeneration(older ?? null);
    },
  },
];
