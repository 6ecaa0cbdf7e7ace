/** A container whose own tools have been taken away from inside: what cannot start says so, and nothing waits for ever. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { build, connect, contractEndpoints, type Observed, openAt, shell, skipClassic } from './harness.js';

describe.each(contractEndpoints())('broken containers on $label', (endpoint) => {
  skipClassic(endpoint);
  let engine: Engine;
  const runs: Observed[] = [];
  beforeAll(async () => {
    engine = await connect(endpoint);
  });
  afterAll(async () => {
    await engine.dispose();
    await expectNoContainers();
  });
  afterEach(async () => {
    await Promise.all(runs.splice(0).map((observed) => observed.run.dispose()));
    removeProjects();
  });

  it.each([false, true])('refuse a program when the shell has gone (tty: %s)', async (tty) => {
    const observed = await build(engine, createProject(`${BASE}RUN echo one > /one`));
    runs.push(observed);
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
