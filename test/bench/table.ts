/** One row of the benchmark and the table at its end. */

export interface Row {
  readonly work: string;
  readonly bxtui: string;
  readonly peer: string;
  readonly ratio: string;
  readonly goal: string;
}

export type RowMaker = { readonly work: string; readonly goal: string; run(): Promise<Omit<Row, 'work' | 'goal'>> };

/** Runs a row; what cannot be measured here is a row with its reason. */
export async function runRow({ work, goal, run }: RowMaker): Promise<Row> {
  try {
    return { work, goal, ...(await run()) };
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return { work, goal, bxtui: `skipped: ${reason.slice(0, 90)}`, peer: '', ratio: '' };
  }
}

/** As a table in Markdown. */
export function formatTable(rows: readonly Row[]): string {
  const header: Row = { work: 'work', bxtui: 'bxtui', peer: 'buildx', ratio: 'ratio', goal: 'goal' };
  const columns = ['work', 'bxtui', 'peer', 'ratio', 'goal'] as const;
  const widths = columns.map((column) => Math.max(...[header, ...rows].map((row) => row[column].length)));
  const line = (row: Row) => `| ${columns.map((column, i) => row[column].padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(header), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}

export const ms = (value: number): string =>
  value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
export const ratio = (one: number, other: number): string => (one / other).toFixed(2);
