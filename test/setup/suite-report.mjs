/** What vitest's JSON report says of a suite, file by file, so that a file that was run again can take the place of its first run. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * @typedef {object} FileReport
 * @property {string} file relative to the root of the project
 * @property {number} passed
 * @property {number} failed tests; at least 1 where the file itself could not be run
 * @property {number} skipped
 * @property {readonly string[]} failures for each failed test or file where it is, its name and what it said
 * @property {readonly import('./engine-table.mjs').TestResult[]} tests
 */

/**
 * @param {string} reportFile
 * @param {string} root of the project
 * @returns {FileReport[]} one that failed where there is no report to read
 */
export function readReport(reportFile, root) {
  try {
    return JSON.parse(readFileSync(reportFile, 'utf8')).testResults.map((/** @type {any} */ result) => fileReport(result, root));
  } catch (error) {
    const failures = [`its report cannot be read: ${error}`];
    return [{ file: reportFile, passed: 0, failed: 1, skipped: 0, failures, tests: [] }];
  }
}

/**
 * @param {{ name: string, status: string, message?: string, assertionResults: any[] }} result
 * @param {string} root
 * @returns {FileReport}
 */
function fileReport({ name, status, message, assertionResults: tests }, root) {
  const file = relative(root, name);
  const failed = tests.filter((test) => test.status === 'failed');
  const passed = tests.filter((test) => test.status === 'passed').length;
  const failures = failed.map((test) => `${file}: ${test.fullName}\n${(test.failureMessages ?? []).join('\n')}`);
  if (failed.length === 0 && status === 'failed') failures.push(`${file}: ${message}`);
  return { file, passed, failed: failures.length, skipped: tests.length - passed - failed.length, failures, tests };
}

/** @param {readonly FileReport[]} reports */
export function totalsOf(reports) {
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) => reports.reduce((total, report) => total + report[key], 0);
  return {
    ...{ passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') },
    failures: reports.flatMap(({ failures }) => failures),
    tests: reports.flatMap(({ tests }) => tests),
  };
}

/**
 * @param {readonly FileReport[]} reports
 * @param {readonly FileReport[]} again of some of the same files
 * @returns {FileReport[]}
 */
export function replaceReports(reports, again) {
  return reports.map((report) => again.find(({ file }) => file === report.file) ?? report);
}
