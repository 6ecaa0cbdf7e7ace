/** `cat`: a file in a step's files, made safe for the terminal; of a large one a part. */
import { printableText } from '../../platform/printable.js';
import { type MonitorCommand, usageError } from '../command.js';
import { askFiles, completeStep, headOf, type Meant, readMeant } from '../files-question.js';
import { shownPath } from '../shown-path.js';
import { quoteWord } from '../split-words.js';

/** So much is shown when nobody says how much. */
const SHOWN_BYTES = 64 * 1024;
const SHOWN_BINARY_BYTES = 256;
const ROW_BYTES = 16;

export const cat: MonitorCommand = {
  name: 'cat',
  isQuestion: true,
  usage: 'cat [STEP] [--init] [--offset N] [--bytes N] PATH',
  summary: "prints a file of a step's files, as the build has it",
  details: [
    'STEP, PATH and --init as for ls. --offset and --bytes choose a part; without them it is the first 64 KiB. What acts on a terminal is ' +
      'left out; of a file that is no text the bytes are shown.',
  ],
  async run(context, args) {
    const meant = readMeant(context, cat, args, ['--offset', '--bytes']);
    const [path] = meant.paths;
    if (path === undefined) throw usageError(cat, 'cat needs a path');
    if (meant.paths.length > 1) throw usageError(cat, 'cat takes one path');
    const offset = meant.values.get('--offset') ?? 0;
    const length = meant.values.get('--bytes') ?? SHOWN_BYTES;
    const answer = await askFiles(context, meant, { kind: 'read', path, offset, length });
    const bytes = Buffer.from(answer.base64, 'base64');
    const text = textOf(bytes, answer.isEnd);
    const shown = text === null ? bytes.subarray(0, SHOWN_BINARY_BYTES) : bytes;
    const end = offset + shown.length;
    const isAll = answer.isEnd && shown.length === bytes.length;
    const said = bytes.length === 0 ? [offset === 0 ? 'it is empty' : 'it ends before that'] : [];
    const body = text === null ? hexRows(shown, offset) : [printableText(text.replace(/\n$/, ''))];
    const rest = isAll ? [] : [`… it goes on: ${again(meant, end, path)}`];
    return [...headOf(meant, answer), ...(bytes.length === 0 ? said : body), ...rest].join('\n');
  },
  complete: (deps, words) => completeStep(deps, words, ['--init', '--offset', '--bytes']),
};

/** The line that prints what comes next. */
function again({ step, isInit }: Meant, offset: number, path: string): string {
  const words = [cat.name, String(step.number ?? step.key), ...(isInit ? ['--init'] : []), '--offset', String(offset)];
  return [...words, shownPath(quoteWord(path))].join(' ');
}

/** Null: it is no text. A character may be cut at both ends. */
function textOf(bytes: Uint8Array, isEnd: boolean): string | null {
  if (bytes.includes(0)) return null;
  const start = bytes.subarray(0, 3).findIndex((byte) => (byte & 0xc0) !== 0x80);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(Math.max(0, start)), {
      stream: !isEnd,
    });
  } catch {
    return null;
  }
}

/** As `hexdump -C` shows it. */
function hexRows(bytes: Uint8Array, offset: number): string[] {
  return Array.from({ length: Math.ceil(bytes.length / ROW_BYTES) }, (_, row) => {
    const own = [...bytes.subarray(row * ROW_BYTES, (row + 1) * ROW_BYTES)];
    const hex = own.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const signs = own.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    return `${(offset + row * ROW_BYTES).toString(16).padStart(8, '0')}  ${hex.padEnd(ROW_BYTES * 3 - 1)}  |${signs}|`;
  });
}
