/** `--progress=quiet`: the image id on success, the report of the failure otherwise; `--progress=none`: without the id. */
import type { Generation } from '../core/model/index.js';
import { selectCurrent } from '../core/select/index.js';
import type { Disposable } from '../platform/byte-channel.js';
import { printableLine, printableText } from '../platform/printable.js';
import type { SessionClient, StepLog } from '../session/session.js';
import { failureReport } from './failure-report.js';
import { createLineSplitter } from './line-splitter.js';
import type { TextSink } from './text-sink.js';
import { unstoredLines } from './unstored.js';

const TAIL_LINES = 20;
const ENDS: ReadonlySet<string> = new Set(['build.succeeded', 'build.failed', 'build.cancelled']);

export interface QuietOptions {
  readonly session: SessionClient;
  /** The image id; null: it is not told. */
  readonly output: TextSink | null;
  readonly errors: TextSink;
  /** A build that is over already is told as well. */
  readonly withPast?: boolean;
}

/** Follows every build of the session from now on, until disposed. */
export function startQuiet({ session, output, errors, withPast = false }: QuietOptions): Disposable {
  const newest = withPast ? selectCurrent(session.state) : null;
  if (newest !== null) tellEnd(newest);
  return session.onEvent((event, state) => {
    if (event.type === 'engine.lost') errors.lines([`ERROR: engine lost: ${printableText(event.message)}`]);
    if (event.type !== 'engine.reported' || !ENDS.has(event.event.type)) return;
    const generation = state.generations.find((candidate) => candidate.number === event.generation);
    if (generation !== undefined) tellEnd(generation);
  });

  function tellEnd(generation: Generation): void {
    errors.lines(generalWarnings(generation));
    if (generation.status === 'cancelled') errors.lines(['ERROR: the build was cancelled']);
    if (generation.status === 'succeeded') {
      if (generation.result?.imageId != null) output?.lines([generation.result.imageId]);
      errors.lines(unstoredLines(generation));
    }
    if (generation.status !== 'failed') return;
    const { step } = generation.failure ?? { step: null };
    const tail = step === null ? [] : lastLines(session.stepLog(generation.number, step));
    const name = step === null ? '' : printableText(generation.steps[step]?.text ?? '');
    errors.lines(failureReport(generation, tail.length === 0 ? null : { name, tail }));
  }
}

/** Those that are not of a line of the Dockerfile, which are about how it is built. */
function generalWarnings({ warnings }: Generation): string[] {
  return warnings.flatMap(({ message, lines, url }) =>
    lines === null && url === null ? [`WARNING: ${printableLine(message)}`] : [],
  );
}

function lastLines(log: StepLog): string[] {
  const splitter = createLineSplitter();
  const text = log.omittedBytes === 0 ? log.head + log.tail : log.tail;
  return [...splitter.push(text), ...splitter.end()].slice(-TAIL_LINES);
}
