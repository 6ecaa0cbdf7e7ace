/** A container whose own tools have been taken away from inside: what cannot start says so, and nothing waits for ever. */
import { afterAll, describe, expect, it } from 'vitest';
import { expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject } from '../helpers/project.js';
import { contractEndpoints, keepRuns, openAt, shell, skipClassic } from './harness.js';

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
});
