/** Containers at steps that the build itself has not carried out: off the target, behind a failure, while it runs. */
import { afterAll, describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../src/core/dockerfile/index.js';
import type { EngineEvent } from '../../src/core/events.js';
import type { BuildRun } from '../../src/engine/engine.js';
import { expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject } from '../helpers/project.js';
import { contractEndpoints, generationOf, keepRuns, logOf, type Observed, openAt, shell, stepWith } from './harness.js';

const STAGES = `${BASE}COPY shared.txt /shared.txt
RUN cat /proc/sys/kernel/random/uuid > /made-once
FROM base AS aside
ENV COLOUR=green
WORKDIR /aside
COPY aside.txt aside.txt
RUN echo loud; echo first > one
RUN echo second > two
FROM base
USER 0:0
RUN echo third > three
FROM aside AS named
RUN --mount=type=cache,target=/cache,sharing=locked echo fourth > four; exit 4
RUN echo fifth > five
FROM base AS main
RUN echo main > /main`;
const FILES = { 'shared.txt': 'shared\n', 'aside.txt': 'aside\n' };

describe.each(contractEndpoints())('containers off the path of the build on $label', (endpoint) => {
  afterAll(() => expectNoContainers());
  const runs = keepRuns(endpoint);
  const observe = (
    dockerfile: string,
    files: Record<string, string> = {},
    onEvent?: (event: EngineEvent, run: BuildRun) => void,
  ): Promise<Observed> => runs.observe(createProject(dockerfile, files), {}, onEvent);
  const statesOf = (observed: Observed): Record<string, string> =>
    Object.fromEntries(Object.values(generationOf(observed).steps).map((step) => [step.text, step.state]));

  it.skipIf(endpoint.builder === 'classic')(
    'are built up to a step of a stage that the target does not need, and no further',
    async () => {
      const observed = await observe(STAGES, FILES);
      expect(observed.last.type).toBe('build.succeeded');
      const before = statesOf(observed);
      expect(stepWith(observed, 'echo loud').state).toBe('not-needed');
      const container = await openAt(observed, 'echo loud');
      expect(container).toMatchObject({ moment: 'after', note: null });
      const { output } = await shell(container, 'pwd; echo $COLOUR; ls; cat one aside.txt /shared.txt');
      expect(output).toBe('/aside\ngreen\naside.txt\none\nfirst\naside\nshared\n');

      await expect.poll(() => stepWith(observed, 'echo loud').state).toBe('done');
      expect(logOf(observed, 'echo loud')).toBe('loud\n');
      expect(stepWith(observed, 'COPY aside.txt').state).toMatch(/^(done|cached)$/);
      const after = statesOf(observed);
      expect(after['RUN echo second > two']).toBe('not-needed');
      expect(after['RUN echo third > three']).toBe('not-needed');
      const changed = Object.keys(after).filter((text) => after[text] !== before[text]);
      expect(changed.filter((text) => !/^(FROM base AS aside|ENV COLOUR|WORKDIR|COPY aside|RUN echo loud)/.test(text))).toEqual(
        [],
      );
      expect(Object.keys(after)).toEqual(Object.keys(before));
    },
  );

  it('stand on what the build has made, not on a second run of it', async () => {
    const observed = await observe(STAGES, FILES);
    const [one, two] = [await openAt(observed, 'echo main'), await openAt(observed, 'echo second')];
    const read = async (container: typeof one): Promise<string> => (await shell(container, 'cat /made-once')).output;
    expect(await read(one)).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(await read(two)).toBe(await read(one));
  });

  it('are to be had at the steps of a build that comes from the cache as a whole, the last one too', async () => {
    const project = createProject(
      `${BASE}COPY shared.txt /shared.txt\nRUN cat /shared.txt > /copied\nRUN echo last > /last`,
      FILES,
    );
    await runs.observe(project, {});
    const observed = await runs.observe(project, {});
    expect(stepWith(observed, 'echo last').state).toBe('cached');
    expect((await shell(await openAt(observed, 'echo last'), 'cat /copied /last')).output).toBe('shared\nlast\n');
    expect((await shell(await openAt(observed, 'cat /shared'), 'ls /last 2>&1')).output).toMatch(/No such file/);
  });

  it('are to be had in a stage without a name, and at steps that carry nothing out', async () => {
    const observed = await observe(STAGES, FILES);
    expect((await shell(await openAt(observed, 'echo third'), 'cat /three')).output).toBe('third\n');
    const settings = await openAt(observed, 'USER 0:0');
    expect(settings.defaults.user).toBe('0:0');
    const { output } = await shell(settings, 'cat /shared.txt; ls /three 2>&1');
    expect(output).toMatch(/^shared\n.*No such file/);
    const before = await openAt(observed, 'WORKDIR /aside', 'before');
    expect((await shell(before, 'ls -d /aside')).output).toMatch(/No such file/);
  });

  it.skipIf(endpoint.builder === 'classic')('show the failed state of a step that fails on the way there', async () => {
    const observed = await observe(STAGES, FILES);
    expect(observed.run.hasExclusiveCache(stepWith(observed, 'echo fourth').key)).toBe(true);
    const container = await openAt(observed, 'echo fourth');
    expect(container.note).toMatch(/failed.*4/);
    if (runs.engine.summary.capabilities.failedState.isAvailable) {
      expect(container.moment).toBe('failed');
      expect((await shell(container, 'cat /aside/four')).output).toBe('fourth\n');
    } else expect(container.moment).toBe('before');
    await expect.poll(() => stepWith(observed, 'echo fourth').state).toBe('failed');
    expect(generationOf(observed).status).toBe('succeeded');

    const { key } = stepWith(observed, 'echo fourth');
    await expect(openAt(observed, 'echo fifth')).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringMatching(new RegExp(`behind step ${key} \\(RUN .*failed`)),
      hint: expect.any(String),
    });
  });

  it.skipIf(endpoint.builder === 'classic')('are to be had while the build is running, without disturbing it', async () => {
    let opened: Promise<string> | null = null;
    const slow = STAGES.replace('RUN echo main > /main', 'RUN echo go; sleep 3; echo main > /main');
    const observed = await observe(slow, FILES, (event, run) => {
      if (event.type !== 'log.appended' || !event.text.includes('go') || opened !== null) return;
      const open = async (): Promise<string> => {
        const step = parseDockerfile(slow).instructions.find((one) => one.text.includes('echo second'))?.key ?? '';
        const container = await run.openContainer(
          { step, moment: 'auto', exclusiveCaches: 'mount' },
          AbortSignal.timeout(60_000),
        );
        return (await shell(container, 'cat one two')).output;
      };
      opened = open();
    });
    expect(await opened).toBe('first\nsecond\n');
    expect(observed.last.type).toBe('build.succeeded');
    expect(stepWith(observed, 'echo go').state).toBe('done');
    expect(stepWith(observed, 'echo second').state).toBe('done');
  });
});
