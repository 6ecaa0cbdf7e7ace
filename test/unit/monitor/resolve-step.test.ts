import { beforeEach, describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../src/core/dockerfile/index.js';
import type { Generation } from '../../../src/core/model/index.js';
import { initialState, reduce } from '../../../src/core/reduce/index.js';
import { defaultStep, looksLikeStep, resolveStep } from '../../../src/monitor/resolve-step.js';
import { FakeSession } from './fake-session.js';

let session: FakeSession;
const generation = (): Generation => session.state.generations.at(-1)!;
beforeEach(() => {
  session = new FakeSession();
  session.startBuild();
});

describe('resolveStep', () => {
  it.each([
    ['6', '6'],
    ['#6', '6'],
    ['L7', '6'],
    ['l8', '6'],
    ['L1', '1'],
    ['build:1', '4'],
    ['BUILD:3', '6'],
    ['base:2', '2'],
  ])('knows %s', (reference, key) => {
    expect(resolveStep(generation(), reference).key).toBe(key);
  });

  it('means by build:2 what progress shows as [build 2/3]', () => {
    session.plan(['d', '[linux/amd64 build 2/3] RUN nosuch', 7], ['e', '[build 3/3] RUN echo two', 9]);
    expect(resolveStep(generation(), 'build:2').key).toBe('6');
    expect(resolveStep(generation(), 'build:3').key).toBe('7');
  });

  it.each(['0', '8', 'L99', 'L4', 'nope:1', 'build:9', 'x', 'export', ''])('does not know %j', (reference) => {
    expect(() => resolveStep(generation(), reference)).toThrow(`there is no step ${reference}`);
  });

  it('tells steps from commands', () => {
    for (const word of ['9', '#9', 'L3', 'build:2', 'base:99']) expect(looksLikeStep(generation(), word), word).toBe(true);
    for (const word of ['ls', 'sh', 'a:1', 'Lx', '9x', 'export', './1'])
      expect(looksLikeStep(generation(), word), word).toBe(false);
  });
});

describe('defaultStep', () => {
  it('is the step that failed, else the last that is needed', () => {
    expect(defaultStep(generation()).key).toBe('7');
    session.fail();
    expect(defaultStep(generation()).key).toBe('6');
  });
});

describe('a step of a build for several platforms', () => {
  const PLATFORMS = ['linux/amd64', 'linux/386'];
  /** Stages base (1, 2) and build (3, 4), and the same as 5 to 8. */
  const several = (failed: string | null): Generation => {
    const text = 'FROM scratch AS base\nRUN a\nFROM base AS build\nRUN b\n';
    const dockerfile = { path: '/Dockerfile', text };
    const plan = parseDockerfile(text, PLATFORMS);
    const state = reduce(initialState(), {
      ...{ type: 'generation.started', atMs: 0, generation: 1, dockerfile, plan, target: null },
    });
    const failure = { step: failed, message: '', hint: null, exitCode: 1, line: null };
    return { ...state.generations[0]!, failure: failed === null ? null : failure };
  };

  it.each([
    [null, 'L4', '4'],
    ['8', 'L4', '8'],
    ['8', 'L2', '6'],
    [null, 'build:2', '4'],
    ['6', 'build:2', '8'],
    ['6', '4', '4'],
    [null, 'linux/386/build:2', '8'],
    [null, 'linux/386 base:2', '6'],
    ['8', 'linux/amd64/base:2', '2'],
  ])('where %s has failed, is by %s the one of key %s', (failed, reference, key) => {
    expect(resolveStep(several(failed), reference).key).toBe(key);
    expect(looksLikeStep(several(failed), reference)).toBe(true);
  });
});
