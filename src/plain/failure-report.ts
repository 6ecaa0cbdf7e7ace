/** The end of a failed build in plain text: the tail of the culprit's log, the lines of the Dockerfile, the error, what to do. Pure. */
import { basename } from 'node:path';
import type { Generation } from '../core/model/index.js';
import { printableText } from '../platform/printable.js';
import { sourceExcerpt } from './source-excerpt.js';

/** The culprit's name and last lines as they were printed. */
export interface FailedLog {
  readonly name: string;
  readonly tail: readonly string[];
}

export function failureReport(generation: Generation, log: FailedLog | null): string[] {
  const failure = generation.failure;
  if (failure === null) return [];
  const step = failure.step === null ? undefined : generation.steps[failure.step];
  const range = step?.lines ?? (failure.line === null ? null : { start: failure.line, end: failure.line });
  const { path, origin } = generation.dockerfile;
  const name = origin === 'context' ? path : basename(path);
  return [
    ...(log === null ? [] : ['------', ` > ${log.name}:`, ...log.tail, '------']),
    ...(range === null ? [] : sourceExcerpt(name, generation.dockerfile.text, range)),
    `ERROR: ${printableText(failure.message)}`,
    ...(failure.hint === null ? [] : [printableText(failure.hint)]),
  ];
}
