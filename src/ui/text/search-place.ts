/** What a search has found, in few words. Pure. */
import type { SearchState } from '../view-state.js';

/** `3/12`, `no match`; with `searchedRows`, of a longer log, how much of it was looked at. */
export function searchPlace({ index, count }: Pick<SearchState, 'index' | 'count'>, searchedRows: number | null): string {
  const place = count === 0 ? 'no match' : `${index + 1}/${count}`;
  return searchedRows === null ? place : `${place} in the ${searchedRows.toLocaleString('en-US')} rows here`;
}
