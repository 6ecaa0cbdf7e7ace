import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../src/core/dockerfile/index.js';
import type { EngineEvent } from '../../../src/core/events.js';
import type { BuildRequest } from '../../../src/engine/engine.js';
import { createLocalSession, type LocalSession } from '../../../src/session/index.js';
import { FakeEngine, type FakeRun } from './fake-engine.js';

const TEXT = 'FROM scratch\nRUN one\nRUN two\nRUN three\n';
const request: BuildRequest = {
  contextDir: '/x',
  dockerfile: { dir: '/x', name: 'Dockerfile', text: TEXT, plan: parseDockerfile(TEXT) },
  target: null,
  buildArgs: [],
  tags: [],
  noCache: false,
  platform: null,
  secrets: [],
  ssh: [],
  outputs: [],
};
const size = { cols: 80, rows: 24 };
const vertex = (line: number, isDone: boolean): EngineEvent => ({
  type: 'vertex.updated',
  digest: `v${line}`,
  name: `v${line}`,
  inputs: [],
  isCached: false,
  startedAtMs: isDone ? 1 : null,
  completedAtMs: isDone ? 2 : null,
  error: '',
});
const plan: EngineEvent = {
  type: 'plan.resolved',
  vertices: [2, 3, 4].map((line) => ({
    digest: `v${line}`,
    name: `v${line}`,
    inputs: [],
    lines: { start: line, end: line },
    op: 'exec' as const,
  })),
};

describe('a shell for a step that somebody looks at', () => {
  let engine: FakeEngine;
  let session: LocalSession;
  let run: FakeRun;
  const prepare = (step: string) => session.execute({ type: 'step.prepare', step, generation: 1, size });
  const rollback = (step: string, more = {}) =>
    session.execute({ type: 'step.rollback', step, moment: 'auto', exclusiveCaches: 'mount', size, ...more });
  const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

  beforeEach(async () => {
    engine = new FakeEngine();
    session = createLocalSession({
      id: 's1',
      contextLabel: '.',
      connect: async () => engine,
      prepare: () => request,
      target: null,
      openOn: 'never',
      invoke: null,
      spillDirectory: join(tmpdir(), `bxtui-test-${randomUUID()}`),
      now: () => 5,
    });
    await session.start();
    run = engine.runs[0]!;
    run.say(plan, vertex(2, true), vertex(3, true), vertex(4, false));
    run.say({ type: 'build.failed', failure: { digest: 'v3', message: 'no', hint: null, exitCode: 1, line: 3 } });
    await turn();
  });

  it('is started before it is asked for, and is the one that is given', async () => {
    await prepare('2');
    await turn();
    expect(run.containers).toHaveLength(1);
    expect(Object.keys(session.state.containers)).toEqual([]);
    const { process } = await rollback('2', { size: { cols: 100, rows: 30 } });
    expect(run.containers).toHaveLength(1);
    expect(session.state.processes.map(({ id }) => id)).toEqual([process]);
    expect(run.containers[0]!.processes[0]!.sizes.at(-1)).toBe('100x30');
  });

  it('gives way to one for another step', async () => {
    await prepare('2');
    await prepare('3');
    await turn();
    expect(run.containers.map(({ spec, isReleased }) => [spec.step, isReleased])).toEqual([
      ['2', true],
      ['3', false],
    ]);
    await rollback('2');
    await turn();
    expect(run.containers.map(({ isReleased }) => isReleased)).toEqual([true, true, false]);
  });

  it('is not given to who wants something else in that step', async () => {
    await prepare('2');
    await rollback('2', { args: ['ls'] });
    await turn();
    expect(run.containers.map(({ isReleased }) => isReleased)).toEqual([true, false]);
  });

  it('is not started where something would have to be carried out, or a cache would be held', async () => {
    await prepare('4');
    run.exclusive = true;
    await prepare('2');
    await turn();
    expect(run.containers).toEqual([]);
  });

  it('is given back before the next build, and at the end of the session', async () => {
    await prepare('2');
    await turn();
    await session.execute({ type: 'session.reload' });
    expect(run.containers[0]!.isReleased).toBe(true);
    await prepare('2');
    expect(engine.runs[1]!.containers).toEqual([]);
    engine.runs[1]!.say(plan, { type: 'build.succeeded', result: { imageId: null, tags: [], outputs: [] } });
    await turn();
    await prepare('3');
    await turn();
    await session.execute({ type: 'session.disconnect' });
    expect(run.containers.every(({ isReleased }) => isReleased)).toBe(true);
  });

  it('that was lost meanwhile is started anew', async () => {
    await prepare('2');
    await turn();
    await run.containers[0]!.release();
    await turn();
    await rollback('2');
    expect(run.containers.map(({ isReleased }) => isReleased)).toEqual([true, false]);
  });
});
