/** Rows in columns, and paragraphs, for the answers of commands. Pure. */
import { wrapWords } from '../platform/wrap-words.js';

/** The last column has at least so many, or it is not wrapped. */
const MIN_WRAPPED = 16;

/**
 * Columns are as wide as their widest cell, the last one is not padded. `width`: its words go on below their column, so that no row is
 * longer.
 */
export function renderTable(
  head: readonly string[],
  rows: ReadonlyArray<readonly string[]>,
  width = Number.POSITIVE_INFINITY,
): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const indent = widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0);
  return all
    .map((row) => {
      const before = row.slice(0, -1).map((cell, column) => `${cell.padEnd(widths[column]!)}  `);
      return before.join('') + wrapped(row.at(-1) ?? '', width, indent);
    })
    .map((line) => line.trimEnd())
    .join('\n');
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
