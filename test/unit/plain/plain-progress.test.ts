import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startPlainProgress } from '../../../src/plain/plain-progress.js';
import { startQuiet } from '../../../src/plain/quiet.js';
import type { TextSink } from '../../../src/plain/text-sink.js';
import { FakeSession } from '../monitor/fake-session.js';

const BASE = '[base 2/2] RUN install';
const ONE = '[build 2/3] RUN nosuch';
const TWO = '[build 3/3] RUN echo two';

let session: FakeSession;
let lines: string[];
const sink: TextSink = { lines: (more) => void lines.push(...more), flush: () => undefined, isClosed: false };
const step = (elapsedMs: number) => {
  session.nowMs += elapsedMs;
  vi.advanceTimersByTime(elapsedMs);
};

beforeEach(() => {
  vi.useFakeTimers();
  session = new FakeSession();
  lines = [];
  startPlainProgress({ session, sink });
  session.startBuild();
  session.plan(['d3', BASE, 3], ['d6', ONE, 7], ['d7', TWO, 9]);
});
afterEach(() => vi.useRealTimers());

describe('plain progress', () => {
  it('prints one step after the other, as buildx does', () => {
    session.vertex('d3', BASE, { isCached: true, completedAtMs: session.nowMs });
    session.vertex('d6', ONE);
    const startedAtMs = session.nowMs;
    step(512);
    session.log('d6', 'hel');
    session.log('d6', 'lo\nworld\n');
    step(3408);
    session.log('d6', 'no line break');
    session.vertex('d6', ONE, { startedAtMs, completedAtMs: session.nowMs });
    step(100);
    session.succeed();
    expect(lines).toEqual([
      `#1 ${BASE}`,
      '#1 CACHED',
      '',
      `#2 ${ONE}`,
      '#2 0.512 hello',
      '#2 0.512 world',
      '#2 3.920 no line break',
      '#2 DONE 3.9s',
      '',
    ]);
  });

  it('says what is begun without anything to count, unless it is done by then', () => {
    const name = '[internal] booting buildkit';
    const startedAtMs = session.nowMs;
    session.vertex('boot', name);
    const told = (id: string, completedAtMs: number | null): void =>
      session.report({
        ...{ type: 'vertex.progressed', digest: 'boot', id, name: id, current: 0, total: 0 },
        ...{ startedAtMs: session.nowMs, completedAtMs },
      });
    told('pulling image', null);
    told('pulling image', session.nowMs);
    told('creating container', null);
    step(600);
    told('creating container', session.nowMs);
    session.vertex('boot', name, { startedAtMs, completedAtMs: session.nowMs });
    step(100);
    expect(lines).toEqual([
      `#1 ${name}`,
      '#1 pulling image done',
      '#1 creating container',
      '#1 creating container done',
      '#1 DONE 0.6s',
      '',
    ]);
  });

  it('warns of a result that is nowhere but in the cache', () => {
    session.succeed({ imageId: null, tags: [], outputs: ['tar out.tar'] });
    session.startBuild();
    session.succeed({ imageId: null, tags: [], outputs: [] });
    expect(lines).toEqual([
      'WARNING: no output was asked for, the result is in the build cache only',
      expect.stringMatching(/--load.*--output/),
    ]);
  });

  it('keeps the log of a step that the engine tells before the step, as it does with one that another build has run', () => {
    session.log('d6', 'the reason\n');
    session.vertex('d6', ONE, { completedAtMs: session.nowMs, error: 'exit code: 1' });
    step(100);
    expect(lines).toEqual([`#1 ${ONE}`, expect.stringMatching(/^#1 \d\.\d+ the reason$/), '#1 ERROR: exit code: 1', '']);
  });

  it('tells what is looked up and then carried out once, with its end', () => {
    const [first, atMs] = ['[1/1] RUN ["/none"]', session.nowMs];
    session.vertex('d3', first, { startedAtMs: atMs, completedAtMs: atMs });
    step(60);
    session.vertex('d3', first, { startedAtMs: atMs });
    step(440);
    session.vertex('d3', first, { startedAtMs: atMs, completedAtMs: session.nowMs, error: 'exit code: 1' });
    step(100);
    expect(lines).toEqual([`#1 ${first}`, '#1 ERROR: exit code: 1', '']);
  });

  it('tells what was only looked up when the build is over', () => {
    session.vertex('d3', '[internal] load .dockerignore', { completedAtMs: session.nowMs });
    step(100);
    expect(lines).toEqual([]);
    session.succeed();
    expect(lines).toEqual(['#1 [internal] load .dockerignore', '#1 DONE 0.0s', '']);
  });

  it('says nothing of a step that was only announced', () => {
    session.vertex('d7', TWO, { startedAtMs: null });
    step(10_000);
    session.succeed();
    expect(lines).toEqual([]);
  });

  it('ends with the error: what the engine tells late of the build is left out, what a rollback builds is told', () => {
    const startedAtMs = session.nowMs;
    session.vertex('d6', ONE);
    step(1000);
    session.succeed();
    const told = lines.length;
    session.vertex('d3', BASE, { startedAtMs, completedAtMs: startedAtMs, isCached: true });
    session.log('d3', 'late\n');
    step(100);
    expect(lines.slice(told)).toEqual([]);
    session.vertex('d7', TWO);
    step(100);
    session.log('d7', 'built on demand\n');
    step(100);
    expect(lines.slice(told)).toContain('#2 0.100 built on demand');
  });

  it('puts the end behind what is reported after it in the same moment', () => {
    const startedAtMs = session.nowMs;
    session.vertex('d3', BASE, { completedAtMs: startedAtMs + 100 });
    session.report({
      type: 'vertex.progressed',
      digest: 'd3',
      id: 'transferring context:',
      name: 'transferring',
      current: 1_980_000,
      total: 0,
      startedAtMs,
      completedAtMs: startedAtMs + 100,
    });
    session.log('d3', 'late\n');
    step(60);
    expect(lines.slice(1)).toEqual(['#1 transferring context: 1.98MB 0.1s done', '#1 0.000 late', '#1 DONE 0.1s', '']);
  });

  it('lets steps that run side by side speak in turns', () => {
    session.vertex('d3', BASE);
    session.vertex('d6', ONE);
    session.log('d3', 'a1\n');
    step(100);
    session.log('d6', 'b1\n');
    session.log('d3', 'a2\n');
    step(100);
    session.vertex('d3', BASE, { completedAtMs: session.nowMs });
    step(100);
    expect(lines).toEqual([`#1 ${BASE}`, '#1 0.000 a1', '#1 0.100 a2', '#1 DONE 0.0s', '', `#2 ${ONE}`, '#2 0.100 b1']);
  });

  it('gives the floor on when somebody waits too long, or has much to say', () => {
    session.vertex('d3', BASE);
    session.vertex('d6', ONE);
    session.log('d3', 'a1\n');
    step(100);
    session.log('d6', 'b1\n');
    step(5_100);
    expect(lines.slice(-4)).toEqual(['#1 ...', '', `#2 ${ONE}`, '#2 0.100 b1']);
    for (let index = 0; index < 20; index++) session.log('d3', `${'x'.repeat(20_000)}\n`);
    expect(lines).toContain('#2 ...');
  });

  it('names a step that is silent when nobody else speaks, and lets others in at once', () => {
    session.vertex('d3', BASE);
    step(100);
    expect(lines).toEqual([]);
    step(1_000);
    expect(lines).toEqual([`#1 ${BASE}`]);
    session.vertex('d6', ONE);
    session.log('d6', 'b1\n');
    step(60);
    expect(lines).toEqual([`#1 ${BASE}`, '#1 ...', '', `#2 ${ONE}`, '#2 0.000 b1']);
  });

  it('tells about a slow transfer every five seconds', () => {
    session.vertex('d3', BASE);
    const startedAtMs = session.nowMs;
    for (let second = 1; second <= 11; second++) {
      step(1_000);
      const current = second * 1_000_000;
      session.report({
        type: 'vertex.progressed',
        digest: 'd3',
        id: 'sha256:1',
        name: '',
        current,
        total: 20_000_000,
        startedAtMs,
        completedAtMs: null,
      });
    }
    step(60);
    expect(lines.slice(1)).toEqual(['#1 sha256:1 5.00MB / 20.00MB 5.0s', '#1 sha256:1 10.00MB / 20.00MB 10.0s']);
  });

  it('ends a failed build with the tail of the log and the lines of the Dockerfile', () => {
    session.vertex('d6', ONE);
    session.vertex('d7', TWO);
    for (let index = 1; index <= 30; index++) session.log('d6', `line ${index}\n`);
    session.vertex('d7', TWO, {
      completedAtMs: session.nowMs,
      error: 'process did not complete: exit code: 137: context canceled',
    });
    session.vertex('d6', ONE, { completedAtMs: session.nowMs, error: 'exit code: 127' });
    session.report({
      type: 'build.failed',
      failure: { digest: 'd6', message: 'process "nosuch" failed: exit code: 127', hint: 'Look closer.', exitCode: 127, line: 7 },
    });
    const report = lines.slice(lines.indexOf('------'));
    expect(lines).toContain('#2 CANCELED');
    expect(lines).toContain('#1 ERROR: exit code: 127');
    expect(report.slice(0, 3)).toEqual(['------', ` > ${ONE}:`, '0.000 line 11']);
    expect(report.slice(21)).toEqual([
      '0.000 line 30',
      '------',
      'Dockerfile:7',
      '--------------------',
      '   6 |     WORKDIR /app',
      '   7 | >>> RUN --mount=type=cache,target=/cache echo one && \\',
      '   8 | >>>     nosuch',
      '   9 |     RUN echo two',
      '--------------------',
      'ERROR: process "nosuch" failed: exit code: 127',
      'Look closer.',
    ]);
  });

  it('says the line of a warning once', () => {
    const lint = { type: 'warning.reported', digest: 'x1', detail: [], url: null, lines: { start: 6, end: 6 } } as const;
    session.report({ ...lint, message: "FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 6)" });
    session.report({ ...lint, message: 'an older one' });
    session.succeed();
    expect(lines).toContain(" - FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 6)");
    expect(lines).toContain(' - an older one (line 6)');
  });

  it('prints nothing that could act on a terminal, wherever it comes from', () => {
    const evil = '\u001b]0;title\u0007\u001b[2J\u009b31m\u202e';
    session.vertex('x1', `[${evil}internal] x`);
    session.log('x1', `${evil}log\u0008\u0000\n50%\r100%\n\u001b]52;c;`);
    session.log('x1', `AAAA\u0007tail\n`);
    session.vertex('x1', 'x', { completedAtMs: session.nowMs, error: `${evil}bad` });
    session.report({
      type: 'warning.reported',
      digest: 'x1',
      message: `${evil}warned`,
      detail: [],
      url: null,
      lines: { start: 2, end: 2 },
    });
    session.report({
      type: 'build.failed',
      failure: { digest: 'x1', message: `${evil}m\n${evil}n`, hint: `${evil}h`, exitCode: null, line: null },
    });
    session.emit({ type: 'notice.posted', atMs: 1, notice: { id: 1, level: 'warning', message: `${evil}note`, hint: null } });
    expect(lines.join('\n')).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(lines).toEqual(
      expect.arrayContaining([
        '#1 [internal] x',
        '#1 0.000 log',
        '#1 0.000 100%',
        '#1 0.000 tail',
        '#1 ERROR: bad',
        ' - warned (line 2)',
        'ERROR: m\nn',
        'h',
        'WARNING: note',
      ]),
    );
  });

  it('keeps memory bounded by a line without an end', () => {
    session.vertex('d6', ONE);
    for (let index = 0; index < 100; index++) session.log('d6', 'x'.repeat(10_000));
    step(60);
    const printed = lines.join('').length;
    expect(printed).toBeGreaterThan(900_000);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(33_000);
  });

  it('counts from one again in the next build', () => {
    session.vertex('d3', BASE, { completedAtMs: session.nowMs });
    session.succeed();
    session.startBuild();
    session.vertex('d6', ONE, { completedAtMs: session.nowMs });
    session.succeed();
    expect(lines).toEqual([`#1 ${BASE}`, '#1 DONE 0.0s', '', `#1 ${ONE}`, '#1 DONE 0.0s', '']);
  });
});

describe('quiet progress', () => {
  it('warns of what is not about a line of the Dockerfile', () => {
    const errors: string[] = [];
    const to: TextSink = { lines: (more) => void errors.push(...more), flush: () => undefined, isClosed: false };
    startQuiet({ session, output: null, errors: to });
    const warning = { type: 'warning.reported', digest: 'x1', detail: [], url: null } as const;
    session.report({ ...warning, message: 'a flag is passed over', lines: null });
    session.report({ ...warning, message: 'lint', lines: { start: 6, end: 6 } });
    session.succeed();
    expect(errors).toEqual(['WARNING: a flag is passed over']);
  });

  it('prints the image id, and the report of a failure elsewhere', () => {
    const output: string[] = [];
    const errors: string[] = [];
    const sinkOf = (target: string[]): TextSink => ({
      lines: (more) => void target.push(...more),
      flush: () => undefined,
      isClosed: false,
    });
    startQuiet({ session, output: sinkOf(output), errors: sinkOf(errors) });
    session.succeed();
    expect([output, errors]).toEqual([['sha256:0123'], []]);
    session.startBuild();
    session.logTail = 'one\n\u001b[31mnosuch: not found\n';
    session.fail();
    expect(output).toHaveLength(1);
    session.startBuild();
    session.succeed({ imageId: null, tags: [], outputs: [] });
    expect(output).toHaveLength(1);
    expect(errors).toContain('WARNING: no output was asked for, the result is in the build cache only');
    expect(errors).toEqual(expect.arrayContaining(['nosuch: not found', '   8 | >>>     nosuch', 'ERROR: exit code: 127']));
  });
});
