/** Which process people mean: its id or a prefix that only one has; and which container a command without one is for. */
import type { ContainerSummary, ProcessSummary, SessionState } from '../core/model/index.js';
import { BxError } from '../platform/errors.js';

/** Null: there is none. Throws `BxError('not-found')` for a beginning that several have. */
export function findProcess(state: SessionState, id: string): ProcessSummary | null {
  return id !== '' && state.processes.some((process) => process.id.startsWith(id)) ? resolveProcess(state, id) : null;
}

/** Throws `BxError('not-found')`. */
export function resolveProcess(state: SessionState, id: string): ProcessSummary {
  const exact = state.processes.find((process) => process.id === id);
  if (exact !== undefined) return exact;
  const matches = id === '' ? [] : state.processes.filter((process) => process.id.startsWith(id));
  if (matches.length === 1) return matches[0]!;
  const what =
    matches.length === 0
      ? `there is no process ${id}`
      : `several processes begin with ${id}: ${matches.map((p) => p.id).join(', ')}`;
  throw new BxError('not-found', what, { hint: 'ps lists the processes of this session.' });
}

/** The container that was opened last and is still there. */
export function latestContainer(state: SessionState): ContainerSummary | null {
  for (const process of state.processes.toReversed()) {
    const container = state.containers[process.container];
    if (container?.state === 'running') return container;
  }
  return null;
}

export function isOver(process: ProcessSummary): boolean {
  return process.endedAtMs !== null;
}

/** `exit 3`, `exit 127: no such program`, `lost: the engine went away`, `running`. */
export function describeEnd(process: ProcessSummary): string {
  const reason = process.reason === null ? '' : `: ${process.reason}`;
  if (process.state === 'released') return 'ended';
  if (process.state !== 'exited') return `${process.state}${reason}`;
  return process.exitCode === null ? `ended${reason}` : `exit ${process.exitCode}${reason}`;
}
