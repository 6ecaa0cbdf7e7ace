import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../../../src/core/dockerfile/index.js';
import { reach } from '../../../../../src/engine/buildkit/container/reach.js';
import { chooseRootState, stepExec } from '../../../../../src/engine/buildkit/container/root-state.js';
import type { RunContext, SolveFailure } from '../../../../../src/engine/buildkit/run-context.js';
import { BxError } from '../../../../../src/platform/errors.js';
import { copy, exec, graphOf, source } from '../graph-fixture.js';

const DOCKERFILE = 'FROM alpine\nRUN one\nENV A=b\nCOPY a b\nRUN two\nRUN three';
const graph = graphOf(
  [
    source('docker-image://docker.io/library/alpine:3'),
    source('local://context'),
    exec(['one'], 0),
    copy(2, 1),
    exec(['two'], 3),
    exec(['three'], 4),
  ],
  { dockerfile: DOCKERFILE, lines: { 0: 1, 2: 2, 3: 4, 4: 5, 5: 6 } },
);
const digestAt = (step: string): string => graph.verticesOf(step).at(-1) ?? '';

function failureOf(step: string, more: Partial<SolveFailure> = {}): SolveFailure {
  const digest = digestAt(step);
  const op = graph.op(digest)?.op ?? null;
  return {
    digest,
    op,
    inputIds: [],
    mountIds: ['left'],
    kind: 'exec',
    subjectIndex: null,
    line: 5,
    message: 'exit code: 9',
    exitCode: 9,
    ...more,
  };
}

function contextWith(
  failures: Record<string, SolveFailure> = {},
  evaluate: RunContext['evaluate'] = async ({ digest }) => digest,
): RunContext {
  return {
    graph,
    request: { dockerfile: { plan: parseDockerfile(DOCKERFILE) } },
    capabilities: { failedState: { isAvailable: false, reason: 'This engine keeps nothing.' } },
    failureAt: (step: string) => failures[step] ?? null,
    evaluate,
  } as unknown as RunContext;
}

describe('the state that a container gets', () => {
  it('is the one after a step that is good', () => {
    expect(chooseRootState(contextWith(), '2', 'auto')).toMatchObject({ moment: 'after', output: { digest: digestAt('2') } });
    expect(chooseRootState(contextWith(), '3', 'auto').output?.digest).toBe(digestAt('2'));
  });

  it('is the input of a step when the state before it is asked for', () => {
    expect(chooseRootState(contextWith(), '4', 'before').output?.digest).toBe(digestAt('2'));
    expect(chooseRootState(contextWith(), '3', 'before').output?.digest).toBe(digestAt('2'));
    expect(chooseRootState(contextWith(), '1', 'before').output).toBeNull();
  });

  it('is what a failed command left', () => {
    const context = contextWith({ 5: failureOf('5') });
    expect(chooseRootState(context, '5', 'auto')).toMatchObject({
      ...{ moment: 'failed', failureIds: ['left'], note: null },
      output: { digest: digestAt('4') },
    });
    expect(() => chooseRootState(context, '5', 'after')).toThrow(/step 5 failed/);
    expect(() => chooseRootState(context, '2', 'failed')).toThrow(/has not failed/);
  });

  it('is the one before, with the reason, where nothing was left or kept', () => {
    const kept = chooseRootState(contextWith({ 5: failureOf('5', { mountIds: [] }) }), '5', 'auto');
    expect(kept).toMatchObject({
      moment: 'before',
      failureIds: null,
      note: expect.stringContaining('This engine keeps nothing'),
    });
    const copied = chooseRootState(contextWith({ 4: failureOf('4', { kind: 'cache' }) }), '4', 'auto');
    expect(copied).toMatchObject({ moment: 'before', output: { digest: digestAt('2') } });
  });
});

describe('a FROM whose image has triggers', () => {
  const dockerfile = 'FROM parent\nRUN after';
  const ops = [source('docker-image://parent'), exec(['first'], 0), exec(['second'], 1), exec(['third'], 2), exec(['after'], 3)];
  const withTriggers = graphOf(ops, { dockerfile, lines: { 0: 1, 1: 1, 2: 1, 3: 1, 4: 2 } });
  const [, first = '', second = ''] = withTriggers.verticesOf('1');
  const failure = { ...failureOf('5'), digest: second, op: withTriggers.op(second)?.op ?? null };
  const context = (mountIds: readonly string[]): RunContext =>
    ({
      ...contextWith({ 1: { ...failure, mountIds } }),
      graph: withTriggers,
      request: { dockerfile: { plan: parseDockerfile(dockerfile) } },
    }) as unknown as RunContext;

  it.each([
    [['left'], 'auto', 'failed'],
    [[], 'auto', 'before'],
    [['left'], 'before', 'before'],
  ] as const)('has the state at the one that failed (%j, %s)', (mountIds, asked, moment) => {
    expect(chooseRootState(context(mountIds), '1', asked)).toMatchObject({ moment, output: { digest: first } });
  });

  it('has its command', () => {
    expect(stepExec(withTriggers, '1', failure)?.exec.meta?.args).toEqual(['second']);
    expect(stepExec(withTriggers, '1')?.exec.meta?.args).toEqual(['first']);
  });
});

describe('reaching a state', () => {
  const signal = new AbortController().signal;
  const wanted = { digest: digestAt('6'), index: 0 };

  it('names the step that is known to be in the way, and does not carry it out again', async () => {
    const context = contextWith({ 5: failureOf('5') }, () => Promise.reject(new Error('must not be asked')));
    await expect(reach(context, '6', wanted, signal)).rejects.toMatchObject({
      code: 'engine',
      message: 'step 6 is behind step 5 (RUN two), which failed: exit code: 9',
      hint: expect.stringContaining('step 5'),
    });
  });

  it('tries again what may have passed', async () => {
    expect(await reach(contextWith({ 1: failureOf('1', { kind: 'other' }) }), '6', wanted, signal)).toBe(wanted.digest);
  });

  it('names the step that fails on the way', async () => {
    const failures: Record<string, SolveFailure> = {};
    const context = contextWith(failures, async () => {
      failures['5'] = failureOf('5');
      throw new BxError('engine', 'exit code: 9');
    });
    await expect(reach(context, '6', wanted, signal)).rejects.toThrow(
      'step 6 is behind step 5 (RUN two), which failed: exit code: 9',
    );
    delete failures['5'];
    await expect(reach(context, '5', { digest: digestAt('5'), index: 0 }, signal)).rejects.toThrow(/^exit code: 9$/);
  });

  it('leaves other errors as they are', async () => {
    const cancelled = new BxError('cancelled', 'stopped');
    await expect(
      reach(
        contextWith({}, () => Promise.reject(cancelled)),
        '6',
        wanted,
        signal,
      ),
    ).rejects.toBe(cancelled);
  });
});
