/** What only the classic builder has to take care of: its containers, the cut Dockerfile of a pending step, and what it does not know. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createApi } from '../../src/engine/classic/api.js';
import type { Engine } from '../../src/engine/engine.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { build, connect, contractEndpoints, logOf, type Observed, openAt, shell, skipBuildKit, stepWith } from './harness.js';

/** The first stage fails before the other is begun, so that every step of that one is pending; with an argument it does not. */
const TWO_STAGES = `${BASE}FROM base AS broken
ARG OK
RUN test -n "$OK"
FROM base AS other
COPY . /context
RUN ls -A /context > /listed
FROM base
COPY --from=broken /bin/sh /a
COPY --from=other /bin/sh /b`;

describe.each(contractEndpoints())('the classic builder on $label', (endpoint) => {
  skipBuildKit(endpoint);
  let engine: Engine;
  const runs: Observed[] = [];
  const observe = async (...args: Parameters<typeof build> extends [unknown, ...infer Rest] ? Rest : never) => {
    const observed = await build(engine, ...args);
    runs.push(observed);
    return observed;
  };
  const containers = async (): Promise<string[]> => {
    const found = createApi(endpoint).json<readonly { readonly Id: string }[]>('GET', '/containers/json', {
      query: { all: '1' },
    });
    return (await found).map(({ Id }) => Id);
  };
  beforeAll(async () => {
    engine = await connect(endpoint);
  });
  afterAll(() => engine.dispose());
  afterEach(async () => {
    await Promise.all(runs.splice(0).map((observed) => observed.run.dispose()));
    removeProjects();
  });

  it('leaves no container when it is stopped, whatever it was about', async () => {
    const before = await containers();
    const names = Array.from({ length: 12 }, (_, index) => `V${index}`);
    for (const [index, name] of names.entries()) {
      const lines = names.slice(index).map((one) => `ENV ${one}=@RUN_ID@`);
      let isLeft = false;
      const observed = await observe(createProject(`${BASE}${lines.join('\n')}\nRUN sleep 40`), {}, (event, run) => {
        if (isLeft || event.type !== 'vertex.updated' || !event.name.startsWith(`ENV ${name}`)) return;
        isLeft = true;
        setTimeout(() => void run.cancel(), index * 4);
      });
      expect(observed.last.type).toBe('build.cancelled');
      await observed.run.dispose();
    }
    await expect.poll(async () => (await containers()).filter((id) => !before.includes(id))).toEqual([]);
  });

  it.each([
    ['no ignore file', null],
    ['an ignore file that is copied itself', '# comment\n*.log\n!keep.log\n'],
    ['a directory that is left out', 'node_modules\n'],
    ['an ignore file that leaves itself out', '.dockerignore\n'],
    ['the Dockerfile left out', 'Dockerfile\n'],
    ['everything left out but some', '*\n!kept\n!busybox\n!.dockerignore\n'],
  ])('copies into a pending step what a whole build copies, with %s', async (_, ignored) => {
    const files = {
      kept: '1',
      'a.log': '2',
      'keep.log': '3',
      'node_modules/x': '4',
      ...(ignored !== null && { '.dockerignore': ignored }),
    };
    const project = createProject(TWO_STAGES, files);
    const broken = await observe(project);
    const container = await openAt(broken, 'ls -A');
    const cut = await shell(container, 'cat /listed; cat /context/.dockerignore 2>&1');
    const whole = await observe(project, { buildArgs: [['OK', '1']] });
    expect(whole.last.type).toBe('build.succeeded');
    expect(cut).toEqual(await shell(await openAt(whole, 'ls -A'), 'cat /listed; cat /context/.dockerignore 2>&1'));
    expect(cut.output).toContain('kept');
    expect(stepWith(whole, 'COPY . /context').state).toBe('cached');
  });

  it('shows in a step that was asked for before it was built what the build then makes of it', async () => {
    const project = createProject(
      `${BASE}RUN echo go; sleep 1\nRUN cat /proc/sys/kernel/random/uuid > /id; cat /id\nRUN sleep 1`,
    );
    let opening: ReturnType<typeof openAt> | null = null;
    const observed = await observe(project, {}, (event, run) => {
      if (event.type !== 'log.appended' || !event.text.includes('go')) return;
      const spec = { step: '6', moment: 'auto', exclusiveCaches: 'mount' } as const;
      opening ??= run.openContainer(spec, AbortSignal.timeout(30_000));
    });
    const container = await opening!;
    expect((await shell(container, 'cat /id')).output).toBe(logOf(observed, 'uuid'));
    const again = await openAt(observed, 'uuid');
    expect((await shell(again, 'cat /id')).output).toBe(logOf(observed, 'uuid'));
  });

  it('has the failed state of a step that was asked for while it ran, or says why not', async () => {
    let opening: ReturnType<typeof openAt> | null = null;
    await observe(createProject(`${BASE}RUN echo go > /partial; cat /partial; sleep 1; exit 3`), {}, (event, run) => {
      if (event.type !== 'log.appended' || !event.text.includes('go')) return;
      const spec = { step: '5', moment: 'auto', exclusiveCaches: 'mount' } as const;
      opening ??= run.openContainer(spec, AbortSignal.timeout(30_000));
    });
    const container = await opening!;
    const { isAvailable, reason } = engine.summary.capabilities.failedState;
    expect(container).toMatchObject(isAvailable ? { moment: 'failed', note: null } : { moment: 'before', note: reason });
    expect((await shell(container, 'cat /partial 2>/dev/null')).output).toBe(isAvailable ? 'go\n' : '');
  });

  it('begins a stage that was never reached with what it is made of', async () => {
    const observed = await observe(
      createProject(`${BASE}FROM base AS broken\nRUN exit 9\nFROM base AS last\nRUN true\nCOPY --from=broken /bin/sh /x`),
    );
    const container = await openAt(observed, 'FROM base AS last');
    expect((await shell(container, 'ls /bin/busybox')).output).toBe('/bin/busybox\n');
  });

  it('does not run a command again to find that it fails', async () => {
    const observed = await observe(createProject(`${BASE}RUN echo tried; exit 9\nRUN true`));
    await expect(openAt(observed, 'RUN true')).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringContaining('exit code: 9'),
    });
    expect(observed.late).toEqual([]);
  });

  it('builds for its own platform when that is asked for, and refuses others', async () => {
    const project = createProject(`${BASE}RUN true`);
    const { Os, Arch } = await createApi(endpoint).json<{ readonly Os: string; readonly Arch: string }>('GET', '/version');
    const observed = await observe(project, { platform: `${Os}/${Arch}` });
    expect(observed.last.type).toBe('build.succeeded');
    const platform = Arch === 'arm64' ? 'linux/amd64' : 'linux/arm64';
    await expect(build(engine, project, { platform })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(platform),
      hint: expect.stringContaining('BuildKit'),
    });
  });
});
