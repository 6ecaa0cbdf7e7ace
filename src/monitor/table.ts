/** Rows in columns, and paragraphs, for the answers of commands. Pure. */
import { padEnd, textWidth } from '../platform/text-width.js';
import { wrapWords } from '../platform/wrap-words.js';

/** The last column has at least so many, where its words take as many. */
const MIN_WRAPPED = 16;
/** How far the last column stands in where it goes on lines of its own. */
const OWN_LINE_INDENT = 4;

/**
 * Columns are as wide as their widest cell, the last one is not padded. `width`: no row is longer, as far as words go: the last column's go on
 * below it, then those of the others, and where that is not enough the last column stands below the rest of its row.
 */
export function renderTable(
  head: readonly string[],
  rows: ReadonlyArray<readonly string[]>,
  width = Number.POSITIVE_INFINITY,
): string {
  const all = [head, ...rows].map((row) => head.map((_, column) => row[column] ?? ''));
  const last = head.length - 1;
  const lastNeeds = Math.min(MIN_WRAPPED, Math.max(...all.map((row) => textWidth(row[last]!))));
  const natural = head.slice(0, -1).map((_, column) => Math.max(...all.map((row) => textWidth(row[column]!))));
  const smallest = natural.map((_, column) =>
    Math.max(...all.flatMap((row) => row[column]!.split(/\s+/).map((word) => textWidth(word)))),
  );
  const indentOf = (widths: readonly number[]): number => widths.reduce((sum, one) => sum + one + 2, 0);
  const isBeside = indentOf(smallest) + lastNeeds <= width;
  const narrow = narrowed(natural, smallest, width - (isBeside ? lastNeeds : -2));
  const wrappedRows = all.map((row) => narrow.map((one, column) => wrapWords(row[column]!, one)));
  const widths = narrow.map((_, column) => Math.max(...wrappedRows.flatMap((cells) => cells[column]!.map(textWidth))));
  const indent = indentOf(widths);
  return wrappedRows
    .flatMap((before, index) => {
      const text = all[index]![last]!;
      const cells = isBeside ? [...before, indent + textWidth(text) > width ? wrapWords(text, width - indent) : [text]] : before;
      const height = Math.max(...cells.map((lines) => lines.length));
      const lines = Array.from({ length: height }, (_, y) =>
        cells.map((one, column) => padEnd(one[y] ?? '', (widths[column] ?? 0) + 2)).join(''),
      );
      if (isBeside) return lines;
      return [...lines, ...wrapWords(text, width - OWN_LINE_INDENT).map((line) => ' '.repeat(OWN_LINE_INDENT) + line)];
    })
    .map((line) => line.trimEnd())
    .join('\n');
}

/** The columns that can spare most give it, until all of them take `room` with the blanks between, or none can give more. */
function narrowed(natural: readonly number[], smallest: readonly number[], room: number): number[] {
  const widths = [...natural];
  for (let over = widths.reduce((sum, one) => sum + one + 2, 0) - room; over > 0; over--) {
    const spare = widths.map((one, column) => one - smallest[column]!);
    const most = Math.max(...spare);
    if (most <= 0) break;
    widths[spare.indexOf(most)]! -= 1;
  }
  return widths;
}

/** Words on lines of at most `width` columns; those behind a flag and its blanks go on below themselves. */
export function renderParagraph(text: string, width = Number.POSITIVE_INFINITY): string {
  const [flag = ''] = /^-\S+(?: [A-Z]\S*)? {2,}/.exec(text) ?? [];
  return flag + wrapped(text.slice(flag.length), width, flag.length);
}

function wrapped(text: string, width: number, indent: number): string {
  if (indent + text.length <= width || width - indent < MIN_WRAPPED) return text;
  return wrapWords(text, width - indent).join(`\n${' '.repeat(indent)}`);
}
