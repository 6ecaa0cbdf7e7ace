/** The rows of the processes panel: the processes that were not swept away, then the shells that are on their way. Pure. */
import type { Opening } from '../../actions/index.js';
import type { ProcessSummary, SessionState } from '../../core/model/index.js';
import type { ViewState } from '../view-state.js';

export type ProcessRow =
  | { readonly kind: 'process'; readonly process: ProcessSummary }
  | { readonly kind: 'opening'; readonly opening: Opening };

type View = Pick<ViewState, 'swept' | 'openings' | 'processAt'>;

export function selectProcessRows({ processes }: Pick<SessionState, 'processes'>, { swept, openings }: View): ProcessRow[] {
  const shown = swept.length === 0 ? processes : processes.filter(({ id }) => !swept.includes(id));
  return [
    ...shown.map((process): ProcessRow => ({ kind: 'process', process })),
    ...openings.map((opening): ProcessRow => ({ kind: 'opening', opening })),
  ];
}

/** Where the cursor stands: what it stood on may be gone. */
export function selectedProcessAt(rows: readonly ProcessRow[], { processAt }: View): number {
  return Math.max(0, Math.min(processAt, rows.length - 1));
}
