/** The shape of an action and small helpers to write them. An action holds no state. */
import type { ActionContext } from './context.js';

export type ActionGroup =
  | 'Step'
  | 'Build'
  | 'Terminal'
  | 'Processes'
  | 'Logs'
  | 'View'
  | 'Search'
  | 'Move'
  | 'Program'
  | 'Replay';

export const ACTION_GROUPS: readonly ActionGroup[] = [
  'Step',
  'Build',
  'Terminal',
  'Processes',
  'Logs',
  'Search',
  'View',
  'Move',
  'Program',
  'Replay',
];

export interface Action {
  /** `noun.verb`, stable: keys, palette and documentation name it. */
  readonly id: string;
  /** What it does, as a short imperative. */
  readonly title: string;
  /** One or two words for the hint row; may depend on the state. */
  readonly hint?: string | ((context: ActionContext) => string);
  readonly group: ActionGroup;
  /** It changes the session, or the files that are built; a screen that only looks may not. */
  readonly changes?: true;
  /** True, or the reason why not now, a short clause. */
  readonly enabled: (context: ActionContext) => true | string;
  readonly run: (context: ActionContext) => void | Promise<void>;
}

/** True, or the reason why not now. */
export function isEnabled(action: Action, context: ActionContext): true | string {
  if (context.isReadOnly && action.changes === true) return 'this screen is read-only';
  return action.enabled(context);
}

export const always = (): true => true;

export function needsStep(context: ActionContext): true | string {
  return context.step === null ? 'no step is selected' : true;
}

export function needsTab(context: ActionContext): true | string {
  return context.activeTab === null ? 'no terminal is open (enter on a step opens one)' : true;
}

/** What would change the session: in a replay it is off, whatever else speaks for it. */
export function notInReplay(action: Action): Action {
  return {
    ...action,
    enabled: (context) => (context.replay === null ? action.enabled(context) : 'this is a replay: nothing can be changed in it'),
  };
}

export function isBuilding(context: ActionContext): boolean {
  const newest = context.state.generations.at(-1);
  return newest !== undefined && (newest.status === 'planning' || newest.status === 'running' || newest.status === 'exporting');
}
