/** A build that succeeds, as events and as the state that they fold into. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { noteEngine } from '../setup/engine-table.mjs';
import { build, connect, contractEndpoints, generationOf, logOf, stepWith } from './harness.js';

const STAGES = `${BASE}
FROM base AS build
WORKDIR /app
COPY file.txt .
RUN echo "to stdout ✓"; echo "to stderr" >&2; cat file.txt > out

FROM base AS unused
RUN echo never

FROM base
COPY --from=build /app/out /out
USER 1000
CMD ["cat", "/out"]
`;

describe.each(contractEndpoints({ isForReplays: true }))('a build on $label', (endpoint) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await connect(endpoint);
  });
  afterAll(() => engine.dispose());
  afterEach(removeProjects);

  it('tells who it is and what it can do, with a reason for what it cannot', () => {
    const { summary } = engine;
    const can = Object.entries(summary.capabilities).map(([name, { isAvailable }]) => [name, isAvailable]);
    // A replay has what was recorded, and can do nothing by itself.
    if (endpoint.isReplay)
      noteEngine({ name: 'Replay', capabilities: { buildWarnings: summary.capabilities.buildWarnings.isAvailable } });
    else noteEngine({ name: summary.name.replace(/\+.*?(?=,|$)/, ''), capabilities: Object.fromEntries(can) });
    expect(summary).toMatchObject({ kind: endpoint.builder, address: endpoint.address });
    expect(summary.name).toMatch(/^(Docker Engine \d+\.\d+|Podman \d+\.\d+|buildkitd( v?\d|$))/);
    for (const [name, capability] of Object.entries(summary.capabilities)) {
      expect({ name, hasReason: capability.reason !== '' }).toEqual({ name, hasReason: !capability.isAvailable });
    }
  });

  it('announces its graph, carries the steps out, streams their output and ends with the image', async () => {
    const project = createProject(STAGES, { 'file.txt': 'content\n' });
    const observed = await build(engine, project);
    const { events, last } = observed;
    expect(last.type).toBe('build.succeeded');
    const types = events.map((event) => event.type);
    const isInOrder = ['plan.resolved', 'export.started', 'build.succeeded'].map((type) => types.indexOf(type as never));
    if (engine.summary.capabilities.imageStore.isAvailable) {
      expect(isInOrder).toEqual([...isInOrder].sort((a, b) => a - b));
      expect(last).toMatchObject({ result: { imageId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), tags: [] } });
    } else {
      expect(types).not.toContain('export.started');
      expect(last).toMatchObject({ result: { imageId: null, tags: [], outputs: [] } });
    }
    expect(types.filter((type) => type === 'plan.resolved')).toHaveLength(1);

    const generation = generationOf(observed);
    expect(generation.status).toBe('succeeded');
    const stateOf = (text: string): string => stepWith(observed, text).state;
    expect(stateOf('to stdout')).toBe('done');
    // Docker's classic builder carries every stage out.
    const isDockerClassic = endpoint.builder === 'classic' && !endpoint.isPodman;
    expect(stateOf('RUN echo never')).toBe(isDockerClassic ? 'done' : 'not-needed');
    // The same files may have been copied by an earlier build.
    for (const text of ['WORKDIR', 'COPY file.txt', 'COPY --from', 'USER']) expect(['done', 'cached']).toContain(stateOf(text));
    expect(logOf(observed, 'to stdout').split('\n').sort()).toEqual(['', 'to stderr', 'to stdout ✓']);
    const context = generation.transfers.find((transfer) => transfer.name === 'context');
    expect(context).toMatchObject({ isDone: true });
    expect(context?.bytes).toBeGreaterThan(100);
    await observed.run.dispose();
  });

  it('takes times that fit the clock of this machine', async () => {
    const project = createProject(`${BASE}RUN sleep 0.3`);
    const beganAtMs = Date.now();
    const observed = await build(engine, project);
    const step = stepWith(observed, 'sleep 0.3');
    expect(step.startedAtMs).toBeGreaterThanOrEqual(beganAtMs - 5);
    expect(step.completedAtMs).toBeLessThanOrEqual(Date.now() + 5);
    expect((step.completedAtMs ?? 0) - (step.startedAtMs ?? 0)).toBeGreaterThanOrEqual(300);
    await observed.run.dispose();
  });

  it('finds everything cached the second time, also while the first run is still open', async () => {
    const project = createProject(STAGES, { 'file.txt': 'content\n' });
    // Of several builds it is attested that they are several.
    const same = { attestations: [{ type: 'provenance', spec: null }] } as const;
    const first = await build(engine, project, same);
    const second = await build(engine, project, same);
    await first.run.dispose();
    const third = await build(engine, project, same);
    for (const observed of [second, third]) {
      const executed = Object.values(generationOf(observed).steps).filter(
        (step) => step.kind === 'instruction' && step.vertices.length > 0 && step.state !== 'cached',
      );
      expect(executed.map((step) => step.text)).toEqual([]);
      expect(observed.last).toEqual(first.last);
      await observed.run.dispose();
    }
  });

  it('without the cache carries every step out again, and each only once', async () => {
    const project = createProject(`${BASE}RUN cat /proc/sys/kernel/random/uuid > /id; cat /id\nRUN test -s /id`);
    const first = await build(engine, project);
    await first.run.dispose();
    const second = await build(engine, project, { noCache: true });
    await second.run.dispose();
    const third = await build(engine, project, { noCache: true });
    await third.run.dispose();
    const ids = [first, second, third].map((observed) => logOf(observed, 'uuid'));
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(new Set(ids).size).toBe(3);
    for (const observed of [second, third]) {
      expect(stepWith(observed, 'uuid').state).toBe('done');
      expect(stepWith(observed, 'test -s').state).toBe('done');
    }
  });

  it('passes arguments, leaves out those without a value, and builds the target asked for', async () => {
    const project = createProject(`ARG NAME=default
${BASE}ARG NAME=inner
ARG UNSET=kept
RUN echo "name=$NAME unset=$UNSET"
FROM base
RUN exit 1`);
    const observed = await build(engine, project, {
      target: 'base',
      buildArgs: [
        ['NAME', 'a value'],
        ['UNSET', null],
      ],
    });
    expect(observed.last.type).toBe('build.succeeded');
    expect(logOf(observed, 'echo "name')).toBe('name=a value unset=kept\n');
    await observed.run.dispose();
  });

  it.skipIf(endpoint.builder === 'classic')('gives secrets to the steps that mount them, and to nobody else', async () => {
    const project = createProject(
      `${BASE}RUN --mount=type=secret,id=token cat /run/secrets/token; echo; ls -A /run/secrets 2>/dev/null | wc -l
RUN test ! -e /run/secrets/token`,
    );
    project.write('token.txt', 's3cret');
    const observed = await build(engine, project, {
      secrets: [{ id: 'token', from: { kind: 'file', path: project.path('token.txt') } }],
    });
    expect(observed.last.type).toBe('build.succeeded');
    // What is recorded is free of it.
    expect(logOf(observed, 'type=secret')).toContain(endpoint.isReplay ? '[redacted]' : 's3cret');
    await observed.run.dispose();
  });

  it('of nothing at all still gives an image', async () => {
    const project = createProject('FROM scratch\nENV A=1\n');
    const observed = await build(engine, project);
    expect(observed.last.type).toBe('build.succeeded');
    await observed.run.dispose();
  });

  it('reports what the engine finds wrong with the Dockerfile', async () => {
    if (!engine.summary.capabilities.buildWarnings.isAvailable || /Docker Engine 2[0-6]\./.test(engine.summary.name)) return;
    const project = createProject('FROM scratch as lower\nCOPY busybox /busybox\n');
    const observed = await build(engine, project);
    const warnings = observed.events.filter((event) => event.type === 'warning.reported');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ lines: { start: 1, end: 1 }, message: expect.stringContaining('FromAsCasing') });
    await observed.run.dispose();
  });
});
