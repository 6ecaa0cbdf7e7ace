/** `--progress=quiet`: the image id on success, the report of the failure otherwise. */
import type { Disposable } from '../platform/byte-channel.js';
import { printableText } from '../platform/printable.js';
import type { SessionClient, StepLog } from '../session/session.js';
import { failureReport } from './failure-report.js';
import { createLineSplitter } from './line-splitter.js';
import type { TextSink } from './text-sink.js';
import { unstoredLines } from './unstored.js';

const TAIL_LINES = 20;

export interface QuietOptions {
  readonly session: SessionClient;
  /** The image id. */
  readonly output: TextSink;
  readonly errors: TextSink;
}

/** Follows every build of the session from now on, until disposed. */
export function startQuiet({ session, output, errors }: QuietOptions): Disposable {
  return session.onEvent((event, state) => {
    if (event.type === 'engine.lost') errors.lines([`ERROR: engine lost: ${printableText(event.message)}`]);
    if (event.type !== 'engine.reported') return;
    if (event.event.type === 'build.succeeded' && event.event.result.imageId !== null) output.lines([event.event.result.imageId]);
    if (event.event.type === 'build.cancelled') errors.lines(['ERROR: the build was cancelled']);
    const generation = state.generations.find((candidate) => candidate.number === event.generation);
    if (generation === undefined) return;
    if (event.event.type === 'build.succeeded') errors.lines(unstoredLines(generation));
    if (event.event.type !== 'build.failed') return;
    const { step } = generation.failure ?? { step: null };
    const tail = step === null ? [] : lastLines(session.stepLog(generation.number, step));
    const name = step === null ? '' : printableText(generation.steps[step]?.text ?? '');
    errors.lines(failureReport(generation, tail.length === 0 ? null : { name, tail }));
  });
}

function lastLines(log: StepLog): string[] {
  const splitter = createLineSplitter();
  const text = log.omittedBytes === 0 ? log.head + log.tail : log.tail;
  return [...splitter.push(text), ...splitter.end()].slice(-TAIL_LINES);
}
