/** Search in the history of the prompt, backwards and with every key, as bash has it on Ctrl-R. Pure. */
import { printableLine } from '../../platform/printable.js';

export interface HistorySearch {
  readonly query: string;
  /** Which line is shown, 0 is the newest; null: none has been found yet. */
  readonly at: number | null;
  /** No line, or no further one, has the query; the one that was found last stays. */
  readonly isFailed: boolean;
}

/** What Node's readline says of a key. */
export interface SearchKey {
  readonly name?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
  readonly sequence?: string | undefined;
}

export type SearchStep =
  | { readonly kind: 'search'; readonly search: HistorySearch }
  | { readonly kind: 'run'; readonly text: string }
  /** The line that was found is edited, from where it was found; `key` is still to be carried out there. */
  | { readonly kind: 'edit'; readonly text: string; readonly cursor: number; readonly key: SearchKey | null }
  | { readonly kind: 'give-up' };

export const NEW_SEARCH: HistorySearch = { query: '', at: null, isFailed: false };

/** Keys that edit the line, and mean the same at its prompt. */
const EDITING = new Set(['left', 'right', 'home', 'end', 'tab', 'delete']);
const EDITING_CTRL = new Set(['a', 'e', 'b', 'f', 'k', 'u', 'w']);

/** `lines`: the newest first. `before`: what was searched for the last time, for a second Ctrl-R at once. */
export function searchKey(
  search: HistorySearch,
  text: string | undefined,
  key: SearchKey,
  lines: readonly string[],
  before: string,
): SearchStep {
  const { name, ctrl } = key;
  if (ctrl && name === 'r') return going(further(search, lines, before, 1));
  if (ctrl && name === 's') return going(further(search, lines, before, -1));
  if (ctrl && (name === 'g' || name === 'c')) return { kind: 'give-up' };
  if (name === 'return' || name === 'enter') return { kind: 'run', text: found(search, lines) };
  if (name === 'backspace') return going(narrowed({ ...search, at: null }, [...search.query].slice(0, -1).join(''), lines));
  if (!ctrl && !key.meta && text !== undefined && /^[^\p{Cc}]+$/u.test(text)) {
    return going(narrowed(search, search.query + text, lines));
  }
  const isCarriedOut = EDITING.has(name ?? '') || (ctrl && EDITING_CTRL.has(name ?? ''));
  const line = found(search, lines);
  return { kind: 'edit', text: line, cursor: Math.max(0, line.indexOf(search.query)), key: isCarriedOut ? key : null };
}

/** `(reverse-i-search)`npm': exec npm ci`, cut to less than `cols` characters; `cursor`: where in it the match begins. */
export function renderSearch(search: HistorySearch, lines: readonly string[], cols: number): { text: string; cursor: number } {
  const query = printableLine(search.query);
  const head = `(${search.isFailed ? 'failed ' : ''}reverse-i-search)\`${query}': `;
  const line = printableLine(found(search, lines));
  const at = Math.max(0, line.indexOf(query));
  // A character may be two columns wide.
  const room = Math.max(1, /^[ -~]*$/.test(query + line) ? cols - 1 : Math.floor(cols / 2));
  // A match far behind is shown with what stands around it.
  const skipped =
    head.length + at + query.length > room ? Math.max(0, at - Math.max(0, Math.floor((room - head.length) / 2))) : 0;
  const text = (head + line.slice(skipped)).slice(0, room);
  return { text, cursor: Math.min(head.length + at - skipped, text.length) };
}

function going(search: HistorySearch): SearchStep {
  return { kind: 'search', search };
}

function found({ at }: HistorySearch, lines: readonly string[]): string {
  return at === null ? '' : (lines[at] ?? '');
}

/** The same line stays as long as it has the query. */
function narrowed(search: HistorySearch, query: string, lines: readonly string[]): HistorySearch {
  if (query === '') return NEW_SEARCH;
  const from = search.at ?? 0;
  const at = lines.findIndex((line, index) => index >= from && line.includes(query));
  return at < 0 ? { ...search, query, isFailed: true } : { query, at, isFailed: false };
}

function further(search: HistorySearch, lines: readonly string[], before: string, by: 1 | -1): HistorySearch {
  if (search.query === '') return before === '' ? search : narrowed(search, before, lines);
  const now = found(search, lines);
  for (let at = search.at === null ? 0 : search.at + by; at >= 0 && at < lines.length; at += by) {
    const line = lines[at]!;
    if (line !== now && line.includes(search.query)) return { ...search, at, isFailed: false };
  }
  return { ...search, isFailed: true };
}
