/** A build for several platforms in the state: whose steps are whose, and what belongs to more than one of them. */
import { describe, expect, it } from 'vitest';
import { parseDockerfile, severalPlatforms } from '../../../src/core/dockerfile/index.js';
import type { EngineEvent, PlannedVertex } from '../../../src/core/events.js';
import type { Generation } from '../../../src/core/model/index.js';
import { initialState, reduce } from '../../../src/core/reduce/index.js';
import {
  selectCounts,
  selectPlatform,
  selectWhere,
  shortLabel,
  sourceLabels,
  stepTitle,
} from '../../../src/core/select/index.js';

const TEXT = `FROM x AS alpine
RUN tools
FROM alpine
COPY --from=alpine /a /b
RUN last
`;
const PLATFORMS = ['linux/amd64', 'linux/arm/v7'];
const plan = parseDockerfile(TEXT, PLATFORMS);

const planned = (digest: string, line: number, platform: string): PlannedVertex => ({
  ...{ digest, name: digest, inputs: [], op: 'exec', platform },
  lines: { start: line, end: line },
});
const done = (digest: string, error = ''): EngineEvent => ({
  ...{ type: 'vertex.updated', digest, name: digest, inputs: [], isCached: false, startedAtMs: 5, completedAtMs: 9, error },
});

/** All of it but the last command is the same for both. */
const VERTICES = PLATFORMS.flatMap((platform) => [
  planned('tools', 2, platform),
  planned('copy', 4, platform),
  planned(`last of ${platform}`, 5, platform),
]);

function play(events: readonly EngineEvent[], target: string | null = null) {
  const begun = reduce(initialState(), {
    ...{ type: 'generation.started', atMs: 0, generation: 1, dockerfile: { path: '/Dockerfile', text: TEXT }, plan, target },
  });
  return events.reduce((state, event) => reduce(state, { type: 'engine.reported', atMs: 10, generation: 1, event }), begun);
}

const generationOf = (state: ReturnType<typeof play>): Generation => state.generations[0]!;

describe('the plan of a build for several platforms', () => {
  it('has all steps for one after the other, with numbers that run on', () => {
    expect(plan.instructions.map(({ key, number, stage }) => [key, number, stage])).toEqual(
      [0, 0, 1, 1, 1, 2, 2, 3, 3, 3].map((stage, index) => [String(index + 1), index + 1, stage]),
    );
    expect(plan.stages.map(({ index, name, label, from, targetPlatform }) => [index, name, label, from, targetPlatform])).toEqual(
      [
        [0, 'alpine', 'linux/amd64 alpine', [], 'linux/amd64'],
        [1, null, 'linux/amd64 stage-1', ['linux/amd64 alpine'], 'linux/amd64'],
        [2, 'alpine', 'linux/arm/v7 alpine', [], 'linux/arm/v7'],
        [3, null, 'linux/arm/v7 stage-1', ['linux/arm/v7 alpine'], 'linux/arm/v7'],
      ],
    );
  });

  it('is that of a build for one where there are not several', () => {
    expect(parseDockerfile(TEXT, severalPlatforms('linux/arm64'))).toBe(parseDockerfile(TEXT));
    expect(severalPlatforms(null)).toEqual([]);
    expect(severalPlatforms('linux/386,linux/386')).toEqual([]);
    expect(severalPlatforms('linux/386,linux/arm64')).toEqual(['linux/386', 'linux/arm64']);
  });
});

describe('the steps of a build for several platforms', () => {
  it('have the vertices of their platform, and those that serve all', () => {
    const { steps } = generationOf(play([{ type: 'plan.resolved', vertices: VERTICES }]));
    expect(Object.entries(steps).map(([key, { vertices }]) => [key, vertices])).toEqual([
      ...[
        ['1', []],
        ['2', ['tools']],
        ['3', []],
        ['4', ['copy']],
        ['5', ['last of linux/amd64']],
      ],
      ...[
        ['6', []],
        ['7', ['tools']],
        ['8', []],
        ['9', ['copy']],
        ['10', ['last of linux/arm/v7']],
      ],
      ['export', []],
    ]);
  });

  it('share state and output of what serves all', () => {
    const state = play([
      { type: 'plan.resolved', vertices: VERTICES },
      { type: 'log.appended', digest: 'tools', stream: 'stdout', text: 'hello\n' },
      done('tools'),
      done('last of linux/arm/v7', 'exit code: 1'),
      {
        type: 'build.failed',
        failure: { digest: 'last of linux/arm/v7', message: 'no', hint: null, exitCode: 1, line: 5 },
      },
    ]);
    const { steps, failure, stages } = generationOf(state);
    expect(steps['7']).toMatchObject({ state: 'done', log: { lines: 1 }, startedAtMs: 5 });
    expect(steps['2']).toMatchObject({ state: 'done', log: { lines: 1 }, startedAtMs: 5 });
    // FROM follows the stage of its own platform.
    expect(steps['8']?.state).toBe('done');
    expect(failure?.step).toBe('10');
    expect(steps['5']?.state).toBe('pending');
    expect(selectPlatform({ stages }, steps['10']!)).toBe('linux/arm/v7');
    expect(stepTitle(generationOf(state), steps['10']!)).toBe('10/10 linux/arm/v7 RUN last');
    expect(selectWhere(state).text).toBe('failed at 10/10 linux/arm/v7 RUN last: exit code 1');
  });

  it('stand under stages with names as short as tell the platforms apart', () => {
    const names = (stages: Generation['stages']) =>
      stages.map((stage) => [shortLabel({ stages }, stage), ...sourceLabels(stage)]);
    expect(names(plan.stages)).toEqual([
      ['amd64 alpine'],
      ['amd64 stage-1', 'alpine'],
      ['arm/v7 alpine'],
      ['arm/v7 stage-1', 'alpine'],
    ]);
    expect(names(parseDockerfile(TEXT).stages)).toEqual([['alpine'], ['stage-1', 'alpine']]);
    const mixed = parseDockerfile('FROM x\n', ['linux/amd64', 'windows/amd64']).stages;
    expect(names(mixed)).toEqual([['linux/amd64 stage-0'], ['windows/amd64 stage-0']]);
  });

  it('are needed on each platform as the target says', () => {
    const vertices = PLATFORMS.map((platform) => planned('tools', 2, platform));
    const generation = generationOf(play([{ type: 'plan.resolved', vertices }], 'alpine'));
    const needed = Object.values(generation.steps).filter(({ kind, state }) => kind === 'instruction' && state !== 'not-needed');
    expect(needed.map(({ key }) => key)).toEqual(['1', '2', '6', '7']);
    expect(selectCounts(generation).total).toBe(4);
  });
});
