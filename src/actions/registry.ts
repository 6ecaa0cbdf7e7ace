/** All actions by id, and what a key means where: lookups over the action list and the key table, nothing else. */
import { type Action, isEnabled, notInReplay } from './action.js';
import { appActions } from './app-actions.js';
import { buildActions } from './build-actions.js';
import type { ActionContext } from './context.js';
import { type Binding, DEFAULT_KEYMAP } from './keymap.js';
import type { PanelId } from './panels.js';
import { replayActions } from './replay-actions.js';
import { stepActions } from './step-actions.js';
import { terminalActions } from './terminal-actions.js';
import { viewActions } from './view-actions.js';

const CHANGES_SESSION: ReadonlySet<string> = new Set([
  'step.rollback',
  'step.rollbackWith',
  'source.edit',
  'build.reload',
  'build.rebuild',
  'build.cancel',
  'terminal.interact',
  'terminal.sendLeaveKey',
  'process.end',
  'process.rerun',
  'process.exec',
  'process.signal',
  'host.shell',
  'app.detach',
]);

export const ACTIONS: readonly Action[] = [
  ...stepActions,
  ...buildActions,
  ...terminalActions,
  ...viewActions,
  ...appActions,
  ...replayActions,
].map((action) => (CHANGES_SESSION.has(action.id) ? notInReplay(action) : action));

const byId = new Map(ACTIONS.map((action) => [action.id, action]));

export function actionById(id: string): Action | null {
  return byId.get(id) ?? null;
}

/** The action of a key in a panel; a binding of the panel wins over one for everywhere, one of a replay over both. */
export function actionForKey(
  key: string,
  panel: PanelId,
  { isReplay = false, keymap = DEFAULT_KEYMAP }: { readonly isReplay?: boolean; readonly keymap?: readonly Binding[] } = {},
): Action | null {
  const fits = (binding: Binding): boolean => binding.keys.includes(key);
  const found =
    (isReplay ? keymap.find((binding) => binding.inReplay === true && fits(binding)) : undefined) ??
    keymap.find((binding) => binding.panels?.includes(panel) && fits(binding)) ??
    keymap.find((binding) => binding.panels === undefined && binding.inReplay !== true && fits(binding));
  return found === undefined ? null : actionById(found.action);
}

/** The action of a key pressed right after the terminal was left; null: it is about where the focus has gone. */
export function actionAfterLeaving(key: string, keymap: readonly Binding[] = DEFAULT_KEYMAP): Action | null {
  const found = keymap.find((binding) => binding.afterLeaving === true && binding.keys.includes(key));
  return found === undefined ? null : actionById(found.action);
}

export interface BoundAction {
  readonly action: Action;
  readonly keys: readonly string[];
  readonly enabled: true | string;
  /** Place in the hint row; null: not a hint. */
  readonly hint: number | null;
}

/** Every binding that is valid in the focused panel, in the order of the table; a key is listed with the one action it has there. */
export function bindingsHere(context: ActionContext, keymap: readonly Binding[] = DEFAULT_KEYMAP): BoundAction[] {
  const merged = new Map<string, BoundAction>();
  const isReplay = context.replay !== null;
  for (const binding of keymap) {
    if (binding.panels !== undefined && !binding.panels.includes(context.focus)) continue;
    if (binding.inReplay === true && !isReplay) continue;
    const action = actionById(binding.action);
    if (action === null) continue;
    const keys = binding.keys.filter((key) => actionForKey(key, context.focus, { isReplay, keymap })?.id === action.id);
    if (keys.length === 0) continue;
    const known = merged.get(action.id);
    const hint = known?.hint ?? binding.hint ?? null;
    const all = [...new Set([...(known?.keys ?? []), ...keys])];
    merged.set(action.id, { action, keys: all, enabled: isEnabled(action, context), hint });
  }
  return [...merged.values()];
}

/** The keys of an action anywhere, for the palette and documentation. */
export function keysOf(actionId: string, keymap: readonly Binding[] = DEFAULT_KEYMAP): string[] {
  return [...new Set(keymap.filter((binding) => binding.action === actionId).flatMap((binding) => binding.keys))];
}

const KEY_LABELS: Readonly<Record<string, string>> = {
  enter: '⏎',
  space: 'space',
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  home: 'Home',
  end: 'End',
  tab: 'tab',
  'S-tab': 'S-tab',
  esc: 'esc',
};

const ASCII_LABELS: Readonly<Record<string, string>> = { enter: 'enter', up: 'up', down: 'down', left: 'left', right: 'right' };

/** A key as people read it: `^p`, `⏎`, `S-tab`. */
export function keyLabel(key: string, isAscii = false): string {
  const label = (isAscii ? ASCII_LABELS[key] : undefined) ?? KEY_LABELS[key];
  if (label !== undefined) return label;
  if (/^C-.$/.test(key)) return `^${key.slice(2)}`;
  return key;
}
