/** The one table at the end. Text only; knows no row. */

/** @typedef {import('./bench.mjs').Line} Line */

const HEAD = ['row', 'bxtui', 'peer', 'wall', 'CPU', 'max RSS', 'goal', ''];

/** @param {readonly Line[]} lines @returns {string} */
export function renderTable(lines) {
  const rows = lines.map((line) => [
    ...[line.row, line.ours, line.peer, ratio(line.wall), ratio(line.cpu), line.resident ?? '-', line.goal, verdict(line)],
  ]);
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.map((row) => (row[column] ?? '').length)));
  const render = (/** @type {readonly string[]} */ row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const notes = lines.flatMap((line) => (line.note === undefined ? [] : [`${line.row}: ${line.note}`]));
  return [
    render(HEAD),
    render(widths.map((width) => '-'.repeat(width))),
    ...rows.map(render),
    '',
    'Medians; ratios bxtui/peer within pairs of alternating runs: median (min-max). Below 1 bxtui needs less.',
    'max RSS: the most of any run, bxtui / peer, of the largest process.',
    ...notes,
    '',
  ].join('\n');
}

/** @param {import('./statistics.mjs').Spread | null} spread */
function ratio(spread) {
  return spread === null ? '-' : `${spread.median.toFixed(2)} (${spread.min.toFixed(2)}-${spread.max.toFixed(2)})`;
}

/** @param {Line} line */
function verdict({ isMet }) {
  if (isMet === null) return 'not measured';
  return isMet ? 'met' : 'missed';
}
