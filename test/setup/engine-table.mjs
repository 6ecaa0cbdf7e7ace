/** The table of engines and features: made of what the contract suite has found on each engine, and of what the engines say themselves. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';

/** @typedef {{ status: string, fullName: string }} TestResult */
/** @typedef {{ name: string, capabilities: Record<string, boolean> }} EngineFacts */
/** @typedef {EngineFacts & { tests: readonly TestResult[] }} Column */
/** @typedef {{ title: string, tests: RegExp } | { title: string, capability: string }} Feature */

/** @type {readonly Feature[]} */
const FEATURES = [
  { title: 'cache, arguments, targets', tests: /^a build on .* (?:announces|finds everything|passes arguments)/ },
  { title: 'failures with their line and cause', tests: /^a build that does not succeed on / },
  { title: 'warnings of the build checks', capability: 'buildWarnings' },
  { title: 'shell before and after any step', tests: /^containers on .* (?:show the state (?:after|before)|are isolated)/ },
  { title: 'pending steps, built on the way', tests: /evaluate a pending step|^containers off the path/ },
  { title: 'what a failed command has written', capability: 'failedState' },
  {
    title: 'several programs, resize, exit status',
    tests: /^containers on .* (?:have a terminal of|live on when)|^a record of .* shows the programs/,
  },
  { title: 'signals to a program', capability: 'signals' },
  { title: 'RUN --mount in shells: caches, secrets', tests: /^containers on .* carry the mounts/ },
  { title: 'files of a step without a shell', capability: 'files' },
  { title: 'what a step has changed', capability: 'changes' },
  { title: 'image id of each step', tests: /^the classic builder on .* (?:shows in a step|builds for its own)/ },
  { title: 'image in the store of the engine', capability: 'imageStore' },
  { title: 'results as files and archives', tests: /^the result on .* is files in a directory/ },
  { title: 'private base images, by docker’s credentials', tests: /^a private base image on .* is had/ },
  { title: 'a loss is told', tests: /^losing / },
];

const BEGIN = '<!-- engines and features, by the contract suite -->';
const END = '<!-- end -->';

/** Called by the suite for each engine it runs on. @param {EngineFacts} facts */
export function noteEngine(facts) {
  const file = process.env.BXTUI_TEST_FACTS;
  if (file) appendFileSync(file, `${JSON.stringify(facts)}\n`);
}

/** What the suite has noted. @param {string} file @returns {EngineFacts[]} */
export function readFacts(file) {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

/** @param {readonly Column[]} columns @returns {string} Markdown */
export function renderEngineTable(columns) {
  const row = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [
    row(['', ...columns.map(({ name }) => name)]),
    row(['---', ...columns.map(() => ':-:')]),
    ...FEATURES.map((feature) => row([feature.title, ...columns.map((column) => cellOf(feature, column))])),
  ].join('\n');
}

/** @param {Feature} feature @param {Column} column */
function cellOf(feature, { capabilities, tests }) {
  if ('capability' in feature) return capabilities[feature.capability] ? 'yes' : '-';
  const statuses = tests.filter(({ fullName }) => feature.tests.test(fullName)).map(({ status }) => status);
  if (statuses.includes('failed')) return 'FAILS';
  return statuses.includes('passed') ? 'yes' : '-';
}

/** Replaces the table in a file. @param {string} file @param {string} table */
export function writeEngineTable(file, table) {
  const text = readFileSync(file, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no place for the table`);
  writeFileSync(file, `${text.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${text.slice(end)}`);
}
