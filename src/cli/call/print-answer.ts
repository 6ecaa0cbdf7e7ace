/** Prints what the frontend has answered to `--call`, and gives its exit status. */
import { join } from 'node:path';
import type { BuildResult } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import { printableText } from '../../platform/printable.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-status.js';
import type { Call } from '../values/call.js';
import { callsText, lintError, lintText, outlineText, targetsText } from './answer-text.js';

/** The versions of the answers that are known here; one that is newer comes with a text of its own. */
const KNOWN_VERSION = '1.0.0';

export interface AnswerPlaces {
  /** As written. */
  readonly context: string;
  readonly file: string | null;
  readonly print: (lines: readonly string[]) => void;
  readonly printError: (lines: readonly string[]) => void;
}

/** Throws `BxError('engine')` for an answer that cannot be read. */
export function printAnswer(call: Call, { metadata = {} }: BuildResult, places: AnswerPlaces): number {
  const json = metadata['result.json'] ?? '';
  const text = metadata['result.txt'] ?? '';
  const name = places.file ?? join(places.context, 'Dockerfile');
  if (call.format === 'json') places.print([json]);
  else if (isNewer(metadata.version) && text !== '') places.print(plainLines(text));
  else places.print(linesOf(call, json, text, name).map(printableText));
  if (call.method === 'lint') {
    const error = lintError(readJson(json), name);
    if (error.length > 0) {
      places.printError([`ERROR: ${printableText(error.join('\n'))}`]);
      return EXIT_FAILED;
    }
  }
  const status = Number(metadata['result.statuscode'] ?? 0);
  return call.ignoresStatus || !Number.isInteger(status) ? EXIT_OK : status;
}

function linesOf(call: Call, json: string, text: string, name: string): string[] {
  switch (call.method) {
    case 'lint':
      return lintText(readJson(json), name);
    case 'outline':
      return outlineText(readJson(json));
    case 'targets':
      return targetsText(readJson(json));
    case 'subrequests.describe':
      return callsText(readJson(json));
    default:
      return plainLines(text === '' ? json : text);
  }
}

function readJson<T>(json: string): T {
  try {
    return JSON.parse(json) as T;
  } catch (error) {
    throw new BxError('engine', 'the frontend has answered with something that is no JSON', {
      hint: 'Its version may be too new or too old: --call=METHOD,format=json prints what it says.',
      cause: error,
    });
  }
}

function plainLines(text: string): string[] {
  return printableText(text).replace(/\n$/, '').split('\n');
}

function isNewer(version: string | undefined): boolean {
  const numbers = (text: string): number[] => text.split('.').map(Number);
  const [known, told] = [numbers(KNOWN_VERSION), numbers(version ?? '')];
  for (const [index, number] of told.entries()) {
    if (number !== (known[index] ?? 0)) return number > (known[index] ?? 0);
  }
  return false;
}
