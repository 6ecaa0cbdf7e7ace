/** Columns as Go's text/tabwriter sets them for docker: as wide as their widest cell and some blanks; the last is not filled up. Pure. */
export function tabulate(rows: ReadonlyArray<readonly string[]>, padding: number): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.slice(0, -1).entries())
      widths[column] = Math.max(widths[column] ?? 0, [...cell].length + padding);
  }
  return rows.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : fill(cell, widths[column] ?? 0))).join(''),
  );
}

function fill(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - [...cell].length));
}
