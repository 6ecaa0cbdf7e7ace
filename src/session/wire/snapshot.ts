/** What a client that comes later is told of the past beside the state: the newest of the logs, and which steps have an exclusive cache. */
import type { StepKey, StepState } from '../../core/model/index.js';
import type { SessionClient, StepLog } from '../session.js';

export const SNAPSHOT_LOG_CHARS = 128 * 1024;
export const SNAPSHOT_LOGS_CHARS = 8 << 20;

export interface SnapshotLog {
  readonly generation: number;
  readonly step: StepKey;
  readonly log: StepLog;
}

/** One for every step that has printed anything; when they are too much together, those that matter least are cut to nothing. */
export function snapshotLogs(
  session: SessionClient,
  maxChars = SNAPSHOT_LOG_CHARS,
  maxCharsOfAll = SNAPSHOT_LOGS_CHARS,
): SnapshotLog[] {
  const printed = session.state.generations.flatMap(({ number, steps }) =>
    Object.values(steps)
      .filter((step) => step.log.bytes > 0)
      .map((step) => ({ generation: number, step, rank: isOfInterest(step.state) ? 1 : 0 })),
  );
  printed.sort((a, b) => b.rank - a.rank || b.generation - a.generation || (b.step.startedAtMs ?? 0) - (a.step.startedAtMs ?? 0));
  let room = maxCharsOfAll;
  return printed.map(({ generation, step }) => {
    const log = newest(session.stepLog(generation, step.key), Math.min(room, maxChars));
    room -= log.head.length + log.tail.length;
    return { generation, step: step.key, log };
  });
}

/** The steps of a generation for which `hasExclusiveCache` is true. */
export function exclusiveSteps(session: SessionClient, generation: number): StepKey[] {
  const known = session.state.generations.find(({ number }) => number === generation);
  return (known?.order ?? []).filter((step) => session.hasExclusiveCache(generation, step));
}

function isOfInterest(state: StepState): boolean {
  return state === 'failed' || state === 'running';
}

function newest(log: StepLog, maxChars: number): StepLog {
  const { head, tail, omittedBytes, file } = log;
  if (head.length + tail.length <= maxChars) return log;
  // With something left out between them, the head is not what comes before the tail.
  const end = omittedBytes === 0 ? head + tail : tail;
  let from = Math.max(0, end.length - maxChars);
  if (isSecondHalf(end.charCodeAt(from))) from++;
  const kept = end.slice(from);
  return { head: '', tail: kept, omittedBytes: omittedBytes + head.length + tail.length - kept.length, file };
}

/** Of a character that JavaScript keeps as two. */
function isSecondHalf(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
