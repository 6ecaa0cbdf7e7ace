/** Containers at the edge: their own tools have been taken away from inside, or what failed is no instruction of their Dockerfile. */
import { afterAll, describe, expect, it } from 'vitest';
import { expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject } from '../helpers/project.js';
import { contractEndpoints, keepRuns, openAt, shell, skipClassic, stepWith } from './harness.js';

describe.each(contractEndpoints())('broken containers on $label', (endpoint) => {
  skipClassic(endpoint);
  afterAll(() => expectNoContainers());
  const runs = keepRuns(endpoint);

  it.each([false, true])('refuse a program when the shell has gone (tty: %s)', async (tty) => {
    const observed = await runs.observe(createProject(`${BASE}RUN echo one > /one`));
    const container = await openAt(observed, 'echo one');
    expect((await shell(container, '/bin/busybox rm /bin/sh; echo gone')).output).toBe('gone\n');
    const spec = { args: ['/bin/busybox', 'ls'], env: [], user: null, cwd: null, tty, cols: 80, rows: 24 };
    await expect(container.start(spec)).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringContaining('could not be started'),
    });
    await container.release();
  });

  it('have of a FROM the trigger that has failed: the state at it, and its command', async () => {
    const triggers = ['ONBUILD RUN echo one > /one', 'ONBUILD RUN echo two > /two; exit 7', 'ONBUILD RUN echo three > /three'];
    const file = `${BASE}FROM base AS on\n${triggers.join('\n')}\nFROM on AS last\nRUN echo after\n`;
    const observed = await runs.observe(createProject(file));
    expect(observed.last).toMatchObject({ type: 'build.failed', failure: { line: 9 } });
    expect(stepWith(observed, 'FROM on AS last').state).toBe('failed');
    const container = await openAt(observed, 'FROM on AS last');
    expect(container.defaults.stepCommandLine).toBe('( echo two > /two; exit 7 )');
    const isKept = container.moment === 'failed';
    expect(container.note === null).toBe(isKept);
    expect((await shell(container, 'cat /one')).output).toBe('one\n');
    expect((await shell(container, 'ls /two /three 2> /dev/null')).output).toBe(isKept ? '/two\n' : '');
    const again = await shell(container, container.defaults.stepCommandLine ?? '');
    expect(again.exit).toMatchObject({ code: 7 });
    await container.release();
    const before = await openAt(observed, 'FROM on AS last', 'before');
    expect((await shell(before, 'ls /one /two 2> /dev/null')).output).toBe('/one\n');
    await before.release();
  });
});
