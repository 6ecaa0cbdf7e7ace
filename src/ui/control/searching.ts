/** One search for all panels: hits are counted from the oldest, n and N step through them, smart case. */
import type { PanelId } from '../../actions/index.js';
import type { Emulator, Match } from '../../term/types.js';
import { panelRect } from '../layout/layout.js';
import { selectGeneration, selectStep, stepsInOrder } from '../select/current.js';
import { selectSourceRows } from '../select/source-rows.js';
import type { SearchState } from '../view-state.js';
import { gridOf } from './scrolling.js';
import type { Ui } from './ui-context.js';

/** Lower-case queries match both cases. */
export function isCaseSensitive(query: string): boolean {
  return query !== query.toLowerCase();
}

/** Hits in the grid that the search is about; empty for lists. */
export function gridMatches(ui: Ui): readonly Match[] {
  const { search } = ui.store.view;
  if (search === null || search.query === '') return [];
  const emulator = gridOf(ui, search.panel);
  if (emulator === null) return [];
  return cachedHits(emulator, search.query, ui.deps.clock.now(), SEARCH_AGAIN_MS);
}

interface Hits {
  readonly query: string;
  readonly atMs: number;
  readonly matches: readonly Match[];
  isStale: boolean;
}

const hitsOf = new WeakMap<Emulator, Hits>();
/** How often a grid that changes all the time is searched again. */
const SEARCH_AGAIN_MS = 250;

/** `staleMs`: so long the hits from before a change will do. */
function cachedHits(emulator: Emulator, query: string, nowMs: number, staleMs: number): readonly Match[] {
  const known = hitsOf.get(emulator);
  if (known?.query === query && (!known.isStale || nowMs - known.atMs < staleMs)) return known.matches;
  const matches = emulator.search(query, { caseSensitive: isCaseSensitive(query) });
  if (known === undefined) {
    emulator.onDirty(() => {
      const hits = hitsOf.get(emulator);
      if (hits !== undefined) hits.isStale = true;
    });
  }
  hitsOf.set(emulator, { query, atMs: nowMs, matches, isStale: false });
  return matches;
}

/** Places of the hits: grid rows, indices of steps or of source rows. */
function places(ui: Ui, panel: PanelId, query: string): number[] {
  const { view } = ui.store;
  const generation = selectGeneration(ui.deps.session.state, view);
  const fits = (text: string): boolean =>
    isCaseSensitive(query) ? text.includes(query) : text.toLowerCase().includes(query.toLowerCase());
  if (panel === 'terminal' || panel === 'logs') {
    const grid = gridOf(ui, panel);
    return grid === null ? [] : cachedHits(grid, query, ui.deps.clock.now(), 0).map((match) => match.start.row);
  }
  if (generation === null) return [];
  if (panel === 'steps') return stepsInOrder(generation).flatMap((step, index) => (fits(step.text) ? [index] : []));
  const rows = selectSourceRows(generation, selectStep(generation, view));
  return rows.flatMap((row, index) =>
    fits(row.kind === 'line' ? row.spans.map((span) => span.text).join('') : row.text) ? [index] : [],
  );
}

/** Starts or refines a search; goes to the hit nearest to what is seen. An empty query ends it. */
export function startSearch(ui: Ui, panel: PanelId, query: string): void {
  const { store } = ui;
  if (query === '') {
    store.dispatch({ type: 'search.changed', search: null });
    return;
  }
  const hits = places(ui, panel, query);
  const from = currentPlace(ui, panel);
  const ahead = hits.findIndex((place) => place >= from);
  const index = hits.length === 0 ? -1 : ahead >= 0 ? ahead : hits.length - 1;
  store.dispatch({ type: 'search.changed', search: { panel, query, index, count: hits.length } });
  if (index >= 0) goTo(ui, panel, hits[index]!);
}

export function stepSearch(ui: Ui, direction: 1 | -1): void {
  const { search } = ui.store.view;
  if (search === null) return;
  const hits = places(ui, search.panel, search.query);
  const count = hits.length;
  const index = count === 0 ? -1 : nextHit(ui, search, hits, direction);
  ui.store.dispatch({ type: 'search.changed', search: { ...search, index, count } });
  if (index >= 0) goTo(ui, search.panel, hits[index]!);
}

/** From the hit that was gone to last, as long as it is in sight; else from what is. */
function nextHit(ui: Ui, search: SearchState, hits: readonly number[], direction: 1 | -1): number {
  const last = hits[search.index];
  const grid = gridOf(ui, search.panel);
  const height = search.panel === 'steps' ? 1 : (panelRect(ui.layout(), search.panel)?.height ?? 1);
  const top = currentPlace(ui, search.panel);
  // The end of a grid may hold fewer rows than the panel is high.
  const isSeen = last !== undefined && last >= top && last < top + (grid === null ? height : grid.rows);
  if (isSeen || last === undefined) return (search.index + direction + hits.length) % hits.length;
  const found = direction > 0 ? hits.findIndex((place) => place >= top) : hits.findLastIndex((place) => place < top);
  return found >= 0 ? found : direction > 0 ? 0 : hits.length - 1;
}

function currentPlace(ui: Ui, panel: PanelId): number {
  const grid = gridOf(ui, panel);
  if (grid !== null) return grid.viewport.top;
  if (panel !== 'steps') return ui.store.view.sourceTop ?? 0;
  const generation = selectGeneration(ui.deps.session.state, ui.store.view);
  const step = selectStep(generation, ui.store.view);
  return generation === null || step === null ? 0 : generation.order.indexOf(step.key);
}

function goTo(ui: Ui, panel: PanelId, place: number): void {
  const height = panelRect(ui.layout(), panel)?.height ?? 1;
  const grid = gridOf(ui, panel);
  if (grid !== null) {
    const { top } = grid.viewport;
    if (place < top || place >= top + height)
      grid.viewport.scrollToRow(Math.max(grid.viewport.firstRow, place - Math.floor(height / 3)));
    ui.invalidate();
    return;
  }
  if (panel === 'source') {
    ui.store.dispatch({ type: 'source.scrolled', top: Math.max(0, place - Math.floor(height / 3)) });
    return;
  }
  const generation = selectGeneration(ui.deps.session.state, ui.store.view);
  const key = generation?.order[place];
  if (key === undefined) return;
  const stage = generation?.steps[key]?.stage;
  if (stage != null && ui.store.view.folded.includes(stage)) ui.store.dispatch({ type: 'stage.folded', stage, isFolded: false });
  ui.store.dispatch({ type: 'selection.changed', selection: { kind: 'user', step: key, atMs: ui.deps.clock.now() } });
}
