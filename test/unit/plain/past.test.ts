/** Plain progress of a build that nobody has followed from its beginning. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { printBuild, startPlainProgress } from '../../../src/plain/plain-progress.js';
import { startQuiet } from '../../../src/plain/quiet.js';
import type { TextSink } from '../../../src/plain/text-sink.js';
import { FakeSession } from '../monitor/fake-session.js';

const BASE = '[base 2/2] RUN install';
const ONE = '[build 2/3] RUN nosuch';

let session: FakeSession;
let lines: string[];
const sink: TextSink = { lines: (more) => void lines.push(...more), flush: () => undefined, isClosed: false };

beforeEach(() => {
  vi.useFakeTimers();
  session = new FakeSession();
  lines = [];
  session.startBuild();
  session.plan(['d3', BASE, 3], ['d6', ONE, 7]);
  session.vertex('d3', BASE, { startedAtMs: null, completedAtMs: session.nowMs, isCached: true });
  session.vertex('d6', ONE);
  session.logs.set('6', 'one\n\u001b[2Jtwo');
});
afterEach(() => vi.useRealTimers());

describe('printBuild', () => {
  it('tells what has been so far, with what is on its way at the end', () => {
    printBuild(session, session.state.generations[0]!, sink);
    expect(lines).toEqual([`#1 ${BASE}`, '#1 CACHED', '', `#2 ${ONE}`, '#2 one', '#2 two', '']);
  });

  it('tells how a build has ended', () => {
    session.vertex('d6', ONE, { completedAtMs: session.nowMs + 2_000, error: 'exit code: 127' });
    session.report({
      type: 'build.failed',
      failure: { digest: 'd6', message: 'exit code: 127', hint: 'look', exitCode: 127, line: 7 },
    });
    printBuild(session, session.state.generations[0]!, sink);
    expect(lines.slice(3, 12)).toEqual([
      `#2 ${ONE}`,
      '#2 one',
      '#2 two',
      '#2 ERROR: exit code: 127',
      '',
      '------',
      ` > ${ONE}:`,
      'one',
      'two',
    ]);
    expect(lines.slice(-2)).toEqual(['ERROR: exit code: 127', 'look']);
  });

  it('says how much of a log is no longer there', () => {
    session.omittedBytes = 99;
    printBuild(session, session.state.generations[0]!, sink);
    expect(lines).toContain('#2 [… 99 bytes]');
  });
});

describe('startPlainProgress with the past', () => {
  it('goes on where that ends, and says nothing twice', () => {
    startPlainProgress({ session, sink, withPast: true });
    session.nowMs += 1_500;
    session.log('d6', 'three\n');
    session.vertex('d6', ONE, { startedAtMs: 1_000, completedAtMs: session.nowMs });
    vi.advanceTimersByTime(100);
    session.succeed();
    expect(lines.filter((line) => line.startsWith('#2'))).toEqual([
      `#2 ${ONE}`,
      '#2 one',
      '#2 two',
      '#2 1.500 three',
      '#2 DONE 1.5s',
    ]);
  });
});

describe('startQuiet with the past', () => {
  it('prints the image of a build that is over', () => {
    session.succeed();
    startQuiet({ session, output: sink, errors: sink, withPast: true });
    expect(lines).toEqual(['sha256:0123']);
  });
});
