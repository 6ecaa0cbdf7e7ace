/** The rows of help and palette, from the key table and the list of actions. Pure. */
import {
  ACTION_GROUPS,
  ACTIONS,
  type Action,
  type ActionContext,
  bindingsHere,
  isEnabled,
  keyLabel,
  keysOf,
} from '../../actions/index.js';
import type { CommandLine } from '../deps.js';

export type HelpRow =
  | { readonly kind: 'group'; readonly text: string }
  | { readonly kind: 'key'; readonly keys: string; readonly title: string; readonly reason: string | null };

export function helpRows(context: ActionContext, filter: string, leaveLabel: string, isAscii: boolean): HelpRow[] {
  const bound = bindingsHere(context);
  const rows: HelpRow[] = [];
  const wanted = filter.toLowerCase();
  const fits = (text: string): boolean => wanted === '' || text.toLowerCase().includes(wanted);
  // What is special about a replay comes first.
  const groups = context.replay === null ? ACTION_GROUPS : [...new Set(['Replay' as const, ...ACTION_GROUPS])];
  for (const group of groups) {
    const keys = bound
      .filter(({ action }) => action.group === group)
      .map(
        ({ action, keys: names, enabled }): HelpRow => ({
          kind: 'key',
          keys: names.map((name) => keyLabel(name, isAscii)).join(' '),
          title: action.title,
          reason: enabled === true ? null : enabled,
        }),
      );
    if (group === 'Terminal') {
      keys.push({
        kind: 'key',
        keys: leaveLabel,
        title: 'Leave the terminal (while typing into it); twice: send the key itself',
        reason: null,
      });
    }
    if (group === 'Move') {
      keys.push({
        kind: 'key',
        keys: '12G 10j',
        title: 'A number before it (above 5): to that line or step, or as often',
        reason: null,
      });
    }
    const shown = keys.filter((row) => row.kind === 'key' && (fits(row.title) || row.keys === filter || fits(group)));
    if (shown.length > 0) rows.push({ kind: 'group', text: group }, ...shown);
  }
  return rows;
}

export interface PaletteEntry {
  readonly kind: 'action' | 'command';
  readonly id: string;
  readonly title: string;
  readonly keys: string;
  readonly reason: string | null;
}

/** Actions and `:` commands that match, best first. */
export function paletteEntries(
  context: ActionContext,
  commandLine: CommandLine,
  query: string,
  isAscii: boolean,
): PaletteEntry[] {
  const isReplay = context.replay !== null;
  const hidden = (action: Action): boolean =>
    action.group === 'Move' || action.id === 'app.palette' || (action.group === 'Replay' && !isReplay);
  const actions = ACTIONS.filter((action) => !hidden(action)).map((action): PaletteEntry => {
    const enabled = isEnabled(action, context);
    const keys = keysOf(action.id).map((key) => keyLabel(key, isAscii));
    return {
      kind: 'action',
      id: action.id,
      title: action.title,
      keys: keys.join(' '),
      reason: enabled === true ? null : enabled,
    };
  });
  const commands = commandLine.help().map(
    ({ name, usage, summary }): PaletteEntry => ({
      kind: 'command',
      id: name,
      title: `${usage}  ${summary}`,
      keys: ':',
      reason: null,
    }),
  );
  return [...actions, ...commands]
    .map((entry, index) => ({ entry, index, score: fuzzyScore(`${entry.title} ${entry.id}`, query) }))
    .filter(({ score }) => score !== null)
    .sort((a, b) => b.score! - a.score! || a.index - b.index)
    .map(({ entry }) => entry);
}

/** Null: the letters are not there in order. Higher is better: runs and beginnings of words count. */
export function fuzzyScore(text: string, query: string): number | null {
  const hay = text.toLowerCase();
  let score = 0;
  let at = -1;
  for (const letter of query.toLowerCase().replace(/\s+/g, '')) {
    const found = hay.indexOf(letter, at + 1);
    if (found < 0) return null;
    if (found === at + 1) score += 5;
    if (found === 0 || /[\s.:,]/.test(hay[found - 1]!)) score += 8;
    score -= Math.min(4, found - at - 1) / 2;
    at = found;
  }
  return score;
}
