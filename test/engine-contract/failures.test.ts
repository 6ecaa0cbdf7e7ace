/** Builds that fail or are stopped: whose fault it was, on which line, and what became of the rest. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { build, connect, contractEndpoints, generationOf, logOf, type Observed, stepWith } from './harness.js';

function failureOf(observed: Observed) {
  const { last } = observed;
  if (last.type !== 'build.failed') throw new Error(`the build ended with ${JSON.stringify(last)}`);
  return last.failure;
}

describe.each(contractEndpoints({ isForReplays: true }))('a build that does not succeed on $label', (endpoint) => {
  const isClassic = endpoint.builder === 'classic';
  let engine: Engine;
  const observedRuns: Observed[] = [];
  const run = async (...args: Parameters<typeof build> extends [unknown, ...infer Rest] ? Rest : never): Promise<Observed> => {
    const observed = await build(engine, ...args);
    observedRuns.push(observed);
    return observed;
  };
  beforeAll(async () => {
    engine = await connect(endpoint);
  });
  afterAll(() => engine.dispose());
  afterEach(async () => {
    await Promise.all(observedRuns.splice(0).map((observed) => observed.run.dispose()));
    removeProjects();
  });

  it('names the failed command, its exit code and its line', async () => {
    const project = createProject(`${BASE}RUN echo before
RUN echo output; \\
    exit 42
RUN echo after`);
    const observed = await run(project);
    const failed = stepWith(observed, 'exit 42');
    expect(failureOf(observed)).toMatchObject({
      digest: failed.vertices.at(-1),
      exitCode: 42,
      line: 6,
      message: expect.stringContaining('exit code: 42'),
    });
    expect(failed.state).toBe('failed');
    expect(logOf(observed, 'exit 42')).toBe('output\n');
    expect(stepWith(observed, 'echo before').state).toBe('done');
    expect(stepWith(observed, 'echo after').state).toBe('pending');
    expect(generationOf(observed).failure?.step).toBe(failed.key);
  });

  it.skipIf(isClassic)('tells the culprit from those that were stopped with it', async () => {
    const project = createProject(`${BASE}FROM base AS slow
RUN sleep 30
FROM base AS broken
RUN sleep 0.7; exit 5
FROM base
COPY --from=slow /bin/sh /a
COPY --from=broken /bin/sh /b`);
    const observed = await run(project);
    expect(failureOf(observed)).toMatchObject({ exitCode: 5, digest: stepWith(observed, 'exit 5').vertices.at(-1) });
    expect(stepWith(observed, 'exit 5').state).toBe('failed');
    expect(stepWith(observed, 'sleep 30').state).toBe('cancelled');
    expect(stepWith(observed, 'COPY --from=slow').state).toBe('pending');
  });

  it('says which file a COPY does not find, and where', async () => {
    const missing = createProject(`${BASE}COPY missing.txt /x`);
    const observed = await run(missing);
    expect(failureOf(observed)).toMatchObject({ line: 5, exitCode: null, message: '"/missing.txt" is not in the build context' });
    expect(failureOf(observed).hint).toContain('.dockerignore');
    expect(stepWith(observed, 'COPY missing.txt').state).toBe('failed');

    const fromStage = await run(createProject(`${BASE}FROM base\nCOPY --from=base /nope /x`));
    expect(failureOf(fromStage)).toMatchObject({ line: 6, message: '"/nope" is not in stage base' });
  });

  it('of a file that an ignore file leaves out, or that is spelt otherwise, says so', async () => {
    const files = { '.dockerignore': '# results\ndist\n', 'dist/app.js': 'x', 'Src/Main.js': 'y' };
    const leftOut = await run(createProject('FROM scratch\nCOPY dist/app.js /\n', files));
    expect(failureOf(leftOut).message).toBe('"/dist/app.js" is not in the build context');
    expect(failureOf(leftOut).hint).toContain('line 2 of .dockerignore (dist) leaves it out');
    const misspelt = await run(createProject('FROM scratch\nCOPY src/main.js /\n', files));
    expect(failureOf(misspelt).hint).toContain('There is "Src/Main.js"');
  });

  it('does not show paths of the engine’s own disk', async () => {
    const project = createProject(`${BASE}RUN touch /file
COPY Dockerfile busybox /file/`);
    const failure = failureOf(await run(project));
    expect(failure.line).toBe(6);
    expect(failure.message).not.toMatch(/overlay2|snapshots|\/var\/lib/);
  });

  it('names the stages when the target is unknown', async () => {
    const observed = await run(createProject(`${BASE}FROM base AS build\nFROM base AS test`), { target: 'biuld' });
    expect(failureOf(observed)).toMatchObject({ digest: null, message: 'the Dockerfile has no stage named "biuld"' });
    expect(failureOf(observed).hint).toMatch(/: (base, )?build, /);
  });

  it('gives the line of a Dockerfile that cannot be read', async () => {
    const observed = await run(createProject(`${BASE}RUNN echo`));
    expect(failureOf(observed)).toMatchObject({
      // Podman reads an instruction when it is about to carry it out.
      digest: endpoint.isPodman ? stepWith(observed, 'RUNN').vertices.at(-1) : null,
      line: 5,
      message: expect.stringContaining('unknown instruction: RUNN'),
    });
    const empty = await run(createProject('\n'));
    expect(failureOf(empty).hint).toContain('FROM');
  });

  it.skipIf(isClassic)('says how to pass a secret that is missing', async () => {
    const observed = await run(createProject(`${BASE}RUN --mount=type=secret,id=token,required=true true`));
    expect(failureOf(observed)).toMatchObject({ line: 5, hint: expect.stringContaining('--secret id=token') });
  });

  it('says what to do about an image that cannot be pulled', async () => {
    const base = failureOf(await run(createProject('# one\nFROM 127.0.0.1:9/none/such:1\nCOPY busybox /b')));
    expect(base).toMatchObject({ line: 2, hint: expect.stringContaining('registry') });
    // The classic builder takes the syntax line for a comment.
    if (isClassic) return;
    const frontend = failureOf(await run(createProject('# syntax=127.0.0.1:9/none/frontend:1\nFROM scratch\nCOPY busybox /b')));
    expect(frontend).toMatchObject({ line: 1, hint: expect.stringContaining('Remove the syntax line') });
  });

  it('stops when it is cancelled, and is good for another build', async () => {
    const project = createProject(`${BASE}FROM base AS one\nRUN echo started; sleep 40\nFROM base AS two
RUN sleep 41\nFROM base\nCOPY --from=one /bin/sh /a\nCOPY --from=two /bin/sh /b`);
    let cancelled: Promise<void> | null = null;
    const beganAtMs = Date.now();
    const observed = await run(project, {}, (event, running) => {
      if (event.type === 'log.appended' && event.text.includes('started')) cancelled ??= running.cancel();
    });
    await cancelled;
    expect(observed.last.type).toBe('build.cancelled');
    expect(Date.now() - beganAtMs).toBeLessThan(20_000);
    expect(stepWith(observed, 'sleep 40').state).toBe('cancelled');
    // The classic builder carries out one stage after the other.
    expect(stepWith(observed, 'sleep 41').state).toBe(isClassic ? 'pending' : 'cancelled');
    const next = await run(createProject(`${BASE}RUN true`));
    expect(next.last.type).toBe('build.succeeded');
  });

  it('given back while it runs ends as cancelled, and giving back twice is safe', async () => {
    let disposing: Promise<void> | null = null;
    const observed = await run(createProject(`${BASE}RUN echo go; sleep 40`), {}, (event, running) => {
      if (event.type === 'log.appended') disposing ??= running.dispose();
    });
    expect(observed.last.type).toBe('build.cancelled');
    await disposing;
    await observed.run.dispose();
    await expect(
      observed.run.openContainer({ step: '1', moment: 'auto', exclusiveCaches: 'mount' }, AbortSignal.timeout(5_000)),
    ).rejects.toMatchObject({ code: 'state' });
  });

  it('cancelled before it has begun ends as cancelled', async () => {
    const project = createProject(`${BASE}RUN sleep 40`);
    let isFirst = true;
    const observed = await run(project, {}, (_, running) => {
      if (isFirst) void running.cancel();
      isFirst = false;
    });
    expect(observed.last.type).toBe('build.cancelled');
  });

  it('is told alike of a build that nobody will look into, which gives no container', async () => {
    const project = createProject(`${BASE}RUN echo before\nRUN echo said; exit 7`);
    const attended = await run(project);
    // An old engine tells a step that another open build shares only to that one.
    await attended.run.dispose();
    const observed = await run(project, { isUnattended: true });
    // The digest has the session in it, by way of the context.
    expect({ ...failureOf(observed), digest: null }).toEqual({ ...failureOf(attended), digest: null });
    expect(failureOf(observed)).toMatchObject({ exitCode: 7, digest: stepWith(observed, 'exit 7').vertices.at(-1) });
    const spec = { step: '1', moment: 'auto', exclusiveCaches: 'mount' } as const;
    await expect(observed.run.openContainer(spec, new AbortController().signal)).rejects.toMatchObject({ code: 'state' });
  });
});
