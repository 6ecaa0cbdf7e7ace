/** Events that arrive together, taken into the state in the batches in which a local session takes them in. Pure. */
import type { SessionEvent } from '../../core/events.js';
import type { SessionState } from '../../core/model/index.js';
import { batches, reduce, reduceBatch } from '../../core/reduce/index.js';

type Report = SessionEvent & { readonly type: 'engine.reported' };

/** Each batch with the state after it; `state` is asked for before each. */
export function* reduceTogether(
  state: () => SessionState,
  events: readonly SessionEvent[],
): Generator<{ readonly events: readonly SessionEvent[]; readonly state: SessionState }, void> {
  for (let at = 0; at < events.length; ) {
    const first = events[at]!;
    if (first.type !== 'engine.reported') {
      yield { events: [first], state: reduce(state(), first) };
      at++;
      continue;
    }
    const { generation, atMs } = first;
    for (const batch of batches(reportsFrom(events, at).map((report) => report.event))) {
      const next = reduceBatch(state(), { generation, atMs, events: batch });
      yield { events: events.slice(at, at + batch.length), state: next };
      at += batch.length;
    }
  }
}

/** Those from `at` on that may be taken in at once. */
function reportsFrom(events: readonly SessionEvent[], at: number): Report[] {
  const first = events[at] as Report;
  const reports: Report[] = [];
  for (let next: SessionEvent | undefined = first; next?.type === 'engine.reported'; next = events[at + reports.length]) {
    if (next.generation !== first.generation || next.atMs !== first.atMs) break;
    reports.push(next);
  }
  return reports;
}
