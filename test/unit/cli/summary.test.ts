import { describe, expect, it } from 'vitest';
import { exitStatusOfBuild, exitStatusOfError } from '../../../src/cli/exit-status.js';
import { renderSummary } from '../../../src/cli/summary.js';
import { FakeSession } from '../monitor/fake-session.js';

function built(): FakeSession {
  const session = new FakeSession();
  session.startBuild(undefined, 'build');
  session.plan(
    ['d2', '[base 1/2] COPY busybox /bin/busybox', 2],
    ['d6', '[build 2/3] RUN nosuch', 7],
    ['d7', '[build 3/3] RUN echo two', 9],
  );
  session.vertex('d2', '[base 1/2] COPY', { isCached: true, completedAtMs: 1_000 });
  session.vertex('d7', '[build 3/3] RUN echo two', { completedAtMs: 1_400 });
  return session;
}

describe('renderSummary', () => {
  it('says what was built, how long it took and what was slow', () => {
    const session = built();
    session.vertex('d6', '[build 2/3] RUN nosuch', { completedAtMs: 66_000 });
    session.nowMs = 66_500;
    session.succeed();
    const lines = renderSummary(session.state, '', 0);
    expect(lines[0]).toMatch(/^bxtui: app \(target build\): succeeded in 1m 05s, \d of \d steps, \d cached$/);
    expect(lines.slice(1)).toEqual([
      'image sha256:0123',
      'tagged app',
      'slowest steps:',
      '   1m 05s  6/7 RUN --mount=type=cache,target=/cache echo one && nosuch',
      '     0.4s  7/7 RUN echo two',
      'exit status 0',
    ]);
  });

  it('counts the time of a step that was stopped', () => {
    const session = built();
    session.vertex('d6', '[build 2/3] RUN nosuch', { completedAtMs: 66_000, error: 'exit code: 137: context canceled' });
    session.report({ type: 'build.cancelled' });
    expect(renderSummary(session.state, '', 130)).toContain(
      '   1m 05s  6/7 RUN --mount=type=cache,target=/cache echo one && nosuch',
    );
  });

  it('says that the result is nowhere but in the cache', () => {
    const session = built();
    session.succeed({ imageId: null, tags: [], outputs: [] });
    expect(renderSummary(session.state, '', 0)[1]).toMatch(/no output was asked for/);
  });

  it('leaves the last lines of the error behind', () => {
    const session = built();
    session.fail();
    const log = `${Array.from({ length: 20 }, (_, index) => `line ${index}`).join('\n')}\n10%\r\u001b[31mnosuch: not found\u001b[0m\r\n`;
    const lines = renderSummary(session.state, log, 1);
    expect(lines).toContain('failed at step 6/7 RUN --mount=type=cache,target=/cache echo one && nosuch (line 7)');
    expect(lines.filter((line) => line.startsWith('  | '))).toHaveLength(10);
    expect(lines).toContain('  | nosuch: not found');
    expect(lines).toContain('ERROR: exit code: 127');
    expect(lines.at(-1)).toBe('exit status 1');
  });

  it('counts the builds of the session', () => {
    const session = built();
    session.fail();
    session.startBuild();
    session.succeed();
    expect(renderSummary(session.state, '', 0)).toContain('runs of the build: run 1 failed, run 2 succeeded');
  });

  it('has nothing to say when nothing was built', () => {
    expect(renderSummary(new FakeSession().state, '', 1)).toEqual([]);
  });
});

describe('exit statuses', () => {
  it('are those of the last build', () => {
    const session = built();
    expect(exitStatusOfBuild(null)).toBe(1);
    session.fail();
    expect(exitStatusOfBuild(session.state.generations.at(-1)!)).toBe(1);
    session.startBuild();
    session.succeed();
    expect(exitStatusOfBuild(session.state.generations.at(-1)!)).toBe(0);
    session.startBuild();
    session.report({ type: 'build.cancelled' });
    expect(exitStatusOfBuild(session.state.generations.at(-1)!)).toBe(130);
  });

  it('tell usage, failures, interrupts and defects apart', () => {
    expect((['usage', 'input', 'endpoint', 'cancelled', 'internal'] as const).map(exitStatusOfError)).toEqual([
      125, 1, 1, 130, 70,
    ]);
  });
});
