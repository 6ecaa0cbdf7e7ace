/** The report of a suite whose engine ended by itself: what was run again takes the place of its first run, and nothing else does. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readReport, replaceReports, totalsOf } from '../../setup/suite-report.mjs';

const of = (fullName: string, status: string) => ({
  fullName,
  status,
  failureMessages: status === 'failed' ? ['what it said'] : [],
});

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-unit-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

let reports = 0;
function reportOf(testResults: object[]): string {
  const file = join(dir, `${++reports}.json`);
  writeFileSync(file, JSON.stringify({ testResults }));
  return file;
}

const FIRST = [
  { name: '/p/test/a.test.ts', status: 'passed', assertionResults: [of('a works', 'passed'), of('a is elsewhere', 'skipped')] },
  { name: '/p/test/b.test.ts', status: 'failed', assertionResults: [of('b works', 'passed'), of('b lives', 'failed')] },
  { name: '/p/test/c.test.ts', status: 'failed', message: 'its set-up failed', assertionResults: [] },
];

describe('the report of a suite', () => {
  it('counts tests, and a file that could not be run', () => {
    const { passed, failed, skipped, failures } = totalsOf(readReport(reportOf(FIRST), '/p'));
    expect({ passed, failed, skipped }).toEqual({ passed: 2, failed: 2, skipped: 1 });
    expect(failures).toEqual(['test/b.test.ts: b lives\nwhat it said', 'test/c.test.ts: its set-up failed']);
  });

  it('has the files that were run again in the place of their first run', () => {
    const again = [
      { name: '/p/test/b.test.ts', status: 'passed', assertionResults: [of('b works', 'passed'), of('b lives', 'passed')] },
      { name: '/p/test/c.test.ts', status: 'failed', assertionResults: [of('c works', 'failed')] },
    ];
    const merged = replaceReports(readReport(reportOf(FIRST), '/p'), readReport(reportOf(again), '/p'));
    const { passed, failed, failures } = totalsOf(merged);
    expect({ passed, failed, failures }).toEqual({ passed: 3, failed: 1, failures: ['test/c.test.ts: c works\nwhat it said'] });
  });

  it('is a failure where there is none', () => {
    expect(totalsOf(readReport('/nonexistent/report.json', '/p'))).toMatchObject({ passed: 0, failed: 1 });
  });
});
