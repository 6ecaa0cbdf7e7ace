/** The table of the parity suite: how many builds of each theme were compared with those of `docker buildx`, and how many were equal. */
import { readFileSync, writeFileSync } from 'node:fs';

const SUITE = /^parity with docker buildx(?: \([^)]*\))? ([^:]+): /;
const BEGIN = '<!-- builds that are the same, by the parity suite -->';
const END = '<!-- end of the parity table -->';

/** @param {readonly import('./engine-table.mjs').TestResult[]} tests @returns {string | null} Markdown; null: the suite did not run */
export function renderParityTable(tests) {
  /** @type {Map<string, { compared: number, equal: number }>} */
  const themes = new Map();
  for (const { fullName, status } of tests) {
    const theme = SUITE.exec(fullName)?.[1];
    if (theme === undefined || (status !== 'passed' && status !== 'failed')) continue;
    const row = themes.get(theme) ?? { compared: 0, equal: 0 };
    themes.set(theme, { compared: row.compared + 1, equal: row.equal + Number(status === 'passed') });
  }
  if (themes.size === 0) return null;
  const rows = [...themes].map(([theme, { compared, equal }]) => `| ${theme} | ${compared} | ${equal} |`);
  const sum = (/** @type {'compared' | 'equal'} */ key) => [...themes.values()].reduce((total, row) => total + row[key], 0);
  return ['| theme | compared | equal |', '| --- | --: | --: |', ...rows, `| all | ${sum('compared')} | ${sum('equal')} |`].join(
    '\n',
  );
}

/** Replaces the table in a file. @param {string} file @param {string} table */
export function writeParityTable(file, table) {
  const text = readFileSync(file, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no place for the table of the parity suite`);
  writeFileSync(file, `${text.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${text.slice(end)}`);
}
