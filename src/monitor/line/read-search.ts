/** The search in the history on a terminal: takes the keys until it is over, and leaves an empty line behind. */
import { clearLine, cursorTo, emitKeypressEvents } from 'node:readline';
import { type HistorySearch, NEW_SEARCH, renderSearch, type SearchKey, type SearchStep, searchKey } from './history-search.js';
import { type HostInput, type HostOutput, sizeOf } from './io.js';
import { followStops } from './stops.js';

export type SearchEnd = Exclude<SearchStep, { kind: 'search' }> | { readonly kind: 'cancelled' } | { readonly kind: 'end' };

export interface SearchOptions {
  readonly input: HostInput;
  readonly output: HostOutput;
  /** The newest first. */
  readonly lines: readonly string[];
  /** What was searched for the last time. */
  readonly before: string;
}

/** `end`: the input is gone. It is told in the turn of the key, so that no key behind it is lost. */
export type OnSearchEnd = (end: SearchEnd, query: string) => void;

/** Returns what gives it up from outside. */
export function startSearch({ input, output, lines, before }: SearchOptions, onOver: OnSearchEnd): () => void {
  let search: HistorySearch = NEW_SEARCH;
  let isOver = false;
  const draw = (): void => {
    const { text, cursor } = renderSearch(search, lines, sizeOf(output).cols);
    cursorTo(output, 0);
    output.write(text);
    clearLine(output, 1);
    // Whatever its characters are wide.
    cursorTo(output, 0);
    output.write(text.slice(0, cursor));
  };
  const finish = (end: SearchEnd): void => {
    if (isOver) return;
    isOver = true;
    input.off('keypress', onKey);
    input.off('end', onEnd).off('close', onEnd);
    output.off('resize', draw);
    unfollow();
    input.setRawMode?.(false);
    input.pause();
    cursorTo(output, 0);
    clearLine(output, 0);
    onOver(end, search.query);
  };
  const onEnd = (): void => finish({ kind: 'end' });
  function onKey(text: string | undefined, key: SearchKey | undefined): void {
    const step = searchKey(search, text, key ?? {}, lines, before);
    if (step.kind !== 'search') {
      finish(step);
      return;
    }
    ({ search } = step);
    draw();
  }
  emitKeypressEvents(input);
  input.on('keypress', onKey);
  input.on('end', onEnd).on('close', onEnd);
  output.on('resize', draw);
  input.setRawMode?.(true);
  input.resume();
  const unfollow = followStops(input, { giveBack: () => undefined, takeAgain: draw });
  draw();
  return () => finish({ kind: 'cancelled' });
}
