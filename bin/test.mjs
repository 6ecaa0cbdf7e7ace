#!/usr/bin/env node
/**
 * `npm test`: everything there is to check, on a machine that may have nothing yet. One run, one exit status, and the last line
 * counts what passed and failed. `npm test -- unit e2e` runs only the named parts; BXTUI_ENGINE_TABLE=README.md writes the table of engines anew,
 * BXTUI_PARITY_TABLE=README.md that of the parity suite.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { passThrough } from '../test/setup/command.mjs';
import { unpackDebianPackages } from '../test/setup/debian-package.mjs';
import { acquireEngine, startPrivateEngine, startPrivatePodman } from '../test/setup/engine.mjs';
import { readFacts, renderEngineTable, writeEngineTable } from '../test/setup/engine-table.mjs';
import { describeLeftovers } from '../test/setup/engine-traces.mjs';
import { renderParityTable, writeParityTable } from '../test/setup/parity-table.mjs';
import { ensurePrograms } from '../test/setup/programs.mjs';
import { processesOfRun } from '../test/setup/run-traces.mjs';
import { runScript, SetupError, say } from '../test/setup/say.mjs';
import { readReport, replaceReports, totalsOf } from '../test/setup/suite-report.mjs';
import { ensureBuild, ensureDependencies, projectRoot } from '../test/setup/toolchain.mjs';

const CHECKS = { typecheck: ['typescript/bin/tsc', '-p', '.'], lint: ['@biomejs/biome/bin/biome', 'check', '.'] };
const SUITES = ['unit', 'golden', 'engine-contract', 'e2e'];
/** A test that spins cannot be stopped by its runner; the run must end all the same. */
const SUITE_WITHIN_MS = 30 * 60_000;
/** Debian's suite whose docker.io is the newest that runs on this one. */
const NEWEST_SUITE = 'forky';
const CONTRACT = 'engine-contract';
/** Images live in containerd then, which other exporters write. */
const CONTAINERD_STORE = ', containerd store';
const NEWEST = ', newest';
const ROOTLESS_PODMAN = ', Podman, rootless';
/** What the table adds to the name that the engine has for itself. @type {Readonly<Record<string, string>>} */
const VARIETIES = { [CONTAINERD_STORE]: CONTAINERD_STORE, [ROOTLESS_PODMAN]: ', rootless' };
const ENGINE_GONE = 'engine gone';
/** As many failures get a line each at the very end. */
const SHORT_LIST = 20;
const ON_ENGINE = [CONTRACT, 'e2e'];
/** Before the address of an engine: its classic builder (test/helpers/engines.ts). */
const CLASSIC = 'classic+';
/** Likewise: what is recorded there, replayed. */
const REPLAY = 'replay+';

/** @type {import('../test/setup/engine-table.mjs').Column[]} */
const tableColumns = [];
/** @type {import('../test/setup/engine-table.mjs').TestResult[]} */
const endToEndTests = [];
/** One for each engine is told and no more; a second one of the same engine is a failure. @type {string[]} */
const engineDeaths = [];

let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    isInterrupted = true;
  });
}

/** @typedef {{ part: string, passed: number, failed: number, skipped: number, elapsedMs: number, failures?: readonly string[] }} Outcome */

await runScript(async () => {
  const asked = process.argv.slice(2);
  const parts = [...Object.keys(CHECKS), ...SUITES];
  const unknown = asked.find((part) => !parts.includes(part));
  if (unknown !== undefined) throw new SetupError(`no such part of the tests: ${unknown}`, `There are: ${parts.join(', ')}`);
  const chosen = parts.filter((part) => asked.length === 0 || asked.includes(part));
  // Every process that this run starts, however deep, carries the name of the run; at the end none may be left.
  process.env.BXTUI_TEST_RUN = randomUUID();
  ensureDependencies();
  ensurePrograms(chosen);
  if (chosen.some((part) => ON_ENGINE.includes(part))) ensureBuild();
  /** @type {Outcome[]} */
  const outcomes = [];
  for (const part of chosen) if (part in CHECKS) outcomes.push(await check(part));
  for (const part of chosen)
    if (SUITES.includes(part) && !ON_ENGINE.includes(part)) outcomes.push(await suite(part, process.env));
  const needEngine = isInterrupted ? [] : chosen.filter((part) => ON_ENGINE.includes(part));
  if (needEngine.length > 0) outcomes.push(...(await onEngines(needEngine)));
  outcomes.push(await leftoverProcesses());
  if (tableColumns.length > 0) {
    const table = renderEngineTable(tableColumns);
    process.stdout.write(`\n${table}\n`);
    if (process.env.BXTUI_ENGINE_TABLE) writeEngineTable(process.env.BXTUI_ENGINE_TABLE, table);
  }
  const parity = renderParityTable(endToEndTests);
  if (parity !== null) {
    process.stdout.write(`\n${parity}\n`);
    if (process.env.BXTUI_PARITY_TABLE) writeParityTable(process.env.BXTUI_PARITY_TABLE, parity);
  }
  return report(outcomes);
});

/** @param {string} part @returns {Outcome} */
function leftOut(part) {
  return { part, passed: 0, failed: 0, skipped: 1, elapsedMs: 0 };
}

/** @param {string} part @returns {Promise<Outcome>} */
async function check(part) {
  if (isInterrupted) return leftOut(part);
  const startMs = Date.now();
  const [script, ...args] = /** @type {Record<string, string[]>} */ (CHECKS)[part] ?? [];
  const status = await passThrough(process.execPath, [join(projectRoot, 'node_modules', script ?? ''), ...args], {
    cwd: projectRoot,
  });
  return { part, passed: Number(status === 0), failed: Number(status !== 0), skipped: 0, elapsedMs: Date.now() - startMs };
}

/**
 * Runs one vitest project; the counts come from its JSON report, the people's report goes to the terminal. Where the engine ended by itself
 * meanwhile, the files that failed are run once more on the one that was started in its place: an engine of any age has crashes of its own, and
 * one that this program brings about comes again.
 * @param {string} part
 * @param {NodeJS.ProcessEnv} env
 * @param {{ variety?: string | undefined, deaths?: () => readonly string[] }} [engine] what of it the name does not say; how often it has ended by itself
 * @returns {Promise<Outcome>}
 */
async function suite(part, env, { variety = '', deaths = () => [] } = {}) {
  if (isInterrupted) return leftOut(part);
  const startMs = Date.now();
  const dir = mkdtempSync(join(tmpdir(), 'bxtui-report-'));
  try {
    const deathsBefore = deaths().length;
    let { status, reports, facts } = await runFiles(part, [], env, join(dir, 'first'));
    const failedFiles = reports.filter(({ failed }) => failed > 0).map(({ file }) => file);
    if (deaths().length > deathsBefore && failedFiles.length > 0) {
      process.stdout.write(`\nthe engine ended by itself and is there again; once more: ${failedFiles.join(' ')}\n`);
      const again = await runFiles(part, failedFiles, env, join(dir, 'again'));
      reports = replaceReports(reports, again.reports);
      status = again.status;
      if (facts.length === 0) facts = again.facts;
    }
    const { passed, failed, skipped, failures, tests } = totalsOf(reports);
    const [fact, ...others] = facts;
    if (part === 'e2e') endToEndTests.push(...tests);
    // The names of tests shorten an address, so that those of two engines cannot be told apart.
    if (fact !== undefined && others.length === 0) tableColumns.push({ ...fact, name: fact.name + variety, tests: [...tests] });
    // An error outside of any test fails the run without a failed test.
    const failedAtLeast = status !== 0 ? Math.max(failed, 1) : failed;
    return { part, passed, failed: failedAtLeast, skipped, failures, elapsedMs: Date.now() - startMs };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * @param {string} part
 * @param {readonly string[]} files empty: all of them
 * @param {NodeJS.ProcessEnv} env
 * @param {string} output what the names of the files begin with that are written
 */
async function runFiles(part, files, env, output) {
  const [reportFile, factsFile] = [`${output}.json`, `${output}.jsonl`];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const vitest = join(projectRoot, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--project', part, '--passWithNoTests', ...reporters, ...files];
  const status = await passThrough(process.execPath, args, {
    cwd: projectRoot,
    env: { ...env, BXTUI_TEST_FACTS: factsFile },
    stdio: ['ignore', 'inherit', 'inherit'],
    timeoutMs: SUITE_WITHIN_MS,
  });
  return { status, reports: readReport(reportFile, projectRoot), facts: readFacts(factsFile) };
}

/**
 * On the engine that this Debian has, and on the newest that Debian has, which can do what the other cannot; and on Podman.
 * @param {readonly string[]} parts
 * @returns {Promise<Outcome[]>}
 */
async function onEngines(parts) {
  /** @type {Outcome[]} */
  const outcomes = [];
  const named = process.env.BXTUI_TEST_ENGINES;
  if (named) {
    for (const part of parts) outcomes.push(await suite(part, process.env));
    return outcomes;
  }
  const engine = await acquireEngine({ prefer: 'private' });
  outcomes.push(...(await onEngine(engine, parts, '', {})));
  if (isInterrupted || !engine.isPrivate || process.env.BXTUI_DOCKERD) return outcomes;
  outcomes.push(...(await onPodman(parts)));
  if (isInterrupted) return outcomes;
  const newest = newestDockerd();
  if (newest === null) return [...outcomes, leftOut('newest engine')];
  const second = await startPrivateEngine({ dockerd: newest });
  outcomes.push(...(await onEngine(second, parts, NEWEST, { BXTUI_DOCKERD: newest })));
  const contract = parts.filter((part) => part === CONTRACT);
  if (contract.length === 0 || isInterrupted) return outcomes;
  const third = await startPrivateEngine({ dockerd: newest, features: ['containerd-snapshotter'] });
  return [...outcomes, ...(await onEngine(third, contract, CONTAINERD_STORE, { BXTUI_DOCKERD: newest }))];
}

/**
 * The contract on Podman, which has a classic builder only: on that of root, and on that of somebody else.
 * @param {readonly string[]} parts
 * @returns {Promise<Outcome[]>}
 */
async function onPodman(parts) {
  const contract = parts.filter((part) => part === CONTRACT);
  if (contract.length === 0) return [];
  /** @type {Outcome[]} */
  const outcomes = [];
  for (const isRootless of [false, true]) {
    const label = isRootless ? ROOTLESS_PODMAN : ', Podman';
    try {
      const engine = await startPrivatePodman({ isRootless });
      outcomes.push(...(await onEngine({ ...engine, address: `${CLASSIC}${engine.address}` }, contract, label, {})));
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      say(`${label.slice(2)} is left out: ${error.message}`);
      outcomes.push(leftOut(`${CONTRACT}${label}`));
    }
  }
  return outcomes;
}

/** The daemon of Debian's newest docker.io, which runs with the containerd and runc of this machine; null, and said why, when it cannot be had. */
function newestDockerd() {
  try {
    return join(unpackDebianPackages(['docker.io'], NEWEST_SUITE), 'usr/sbin/dockerd');
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`the newest engine of Debian is left out: ${error.message}`);
    return null;
  }
}

/**
 * Runs the suites and gives the engine back.
 * @param {import('../test/setup/engine.mjs').EngineHandle} engine
 * @param {readonly string[]} parts
 * @param {string} label
 * @param {NodeJS.ProcessEnv} more
 * @returns {Promise<Outcome[]>}
 */
async function onEngine(engine, parts, label, more) {
  /** @type {Outcome[]} */
  const outcomes = [];
  const env = { ...engine.env, BXTUI_TEST_ENGINES: engine.address, BXTUI_TEST_CGROUP: engine.cgroup ?? '', ...more };
  try {
    for (const part of parts) {
      outcomes.push({
        ...(await suite(part, env, { variety: VARIETIES[label], deaths: engine.deaths })),
        part: `${part}${label}`,
      });
      if (part !== CONTRACT || label === CONTAINERD_STORE || engine.address.startsWith(CLASSIC)) continue;
      const classic = { ...env, BXTUI_TEST_ENGINES: `${CLASSIC}${engine.address}` };
      outcomes.push({ ...(await suite(part, classic, engine)), part: `${part}${label}, classic` });
      if (label !== NEWEST) continue;
      const replay = { ...env, BXTUI_TEST_ENGINES: `${REPLAY}${engine.address}` };
      outcomes.push({ ...(await suite(part, replay, engine)), part: `${part}, replay` });
    }
  } finally {
    const leftovers = await engine.stop();
    const [, ...failures] = engine.deaths();
    engineDeaths.push(...engine.deaths().map((account) => `${ENGINE_GONE}${label}: ${account}`));
    if (leftovers !== null) failures.push(`left something behind: ${describeLeftovers(leftovers)}`);
    const passed = Number(failures.length === 0);
    outcomes.push({ part: `${ENGINE_GONE}${label}`, passed, failed: failures.length, skipped: 0, elapsedMs: 0, failures });
  }
  return outcomes;
}

/** @returns {Promise<Outcome>} */
async function leftoverProcesses() {
  const startMs = Date.now();
  let left = processesOfRun(process.env.BXTUI_TEST_RUN ?? '');
  // What is about to end is given a moment: a keeper that removes its directory, a child that reads its end of file.
  for (let tries = 0; left.length > 0 && tries < 50; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    left = processesOfRun(process.env.BXTUI_TEST_RUN ?? '');
  }
  for (const { pid, command } of left) {
    process.stdout.write(`left running, ended now: ${pid} ${command}\n`);
    kill(pid);
  }
  return {
    part: 'no process left',
    passed: Number(left.length === 0),
    failed: left.length,
    skipped: 0,
    elapsedMs: Date.now() - startMs,
  };
}

/** @param {number} pid */
function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {}
}

/** @param {readonly Outcome[]} outcomes */
function report(outcomes) {
  // Again at the end, since a long run's middle is what a reader of CI's output does not get to see. What explains many comes last.
  const told = outcomes.flatMap(({ part, failures = [] }) => failures.map((failure) => ({ part, lines: failure.split('\n') })));
  for (const { part, lines } of told) process.stdout.write(`\nFAIL ${part} ${lines.slice(0, 40).join('\n     ')}\n`);
  process.stdout.write('\n');
  for (const { part, lines } of told.slice(0, SHORT_LIST))
    process.stdout.write(`FAIL ${part} ${lines.slice(0, 2).join(' · ')}\n`);
  if (told.length > SHORT_LIST) process.stdout.write(`FAIL and ${told.length - SHORT_LIST} more, above\n`);
  for (const account of engineDeaths) process.stdout.write(`NOTE ${account.split('\n').slice(0, 20).join('\n     ')}\n`);
  for (const { part, passed, failed, skipped, elapsedMs } of outcomes) {
    const also = skipped === 0 ? '' : `, ${skipped} skipped`;
    process.stdout.write(
      `${failed === 0 ? 'ok  ' : 'FAIL'} ${part.padEnd(32)} ${passed} passed, ${failed} failed${also} (${(elapsedMs / 1000).toFixed(1)} s)\n`,
    );
  }
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
    outcomes.reduce((total, outcome) => total + outcome[key], 0);
  if (sum('failed') > 0) say('something failed; the lines marked FAIL say where');
  process.stdout.write(
    `\n${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') === 0 ? '' : `, ${sum('skipped')} skipped`}\n`,
  );
  return sum('failed') === 0 && !isInterrupted ? 0 : 1;
}
