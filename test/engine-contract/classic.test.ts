/** What only the classic builder has to take care of: its containers, the cut Dockerfile of a pending step, and what it does not know. */
import { describe, expect, it } from 'vitest';
import { createApi } from '../../src/engine/shared/engine-api.js';
import { BASE, createProject } from '../helpers/project.js';
import { contractEndpoints, keepRuns, logOf, openAt, shell, skipBuildKit, stepWith } from './harness.js';

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
  const kept = keepRuns(endpoint);
  const { observe } = kept;
  const containers = async (): Promise<string[]> => {
    const found = createApi(endpoint).json<readonly { readonly Id: string }[]>('GET', '/containers/json', {
      query: { all: '1' },
    });
    return (await found).map(({ Id }) => Id);
  };
  // Podman's images have no triggers (OCI), an old one (4.3) expands no arguments of arguments, and its archives are not read.
  const onDockerd = it.skipIf(endpoint.isPodman);

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
    const { isAvailable, reason } = kept.engine.summary.capabilities.failedState;
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

  onDockerd('builds a pending step on the stage that an argument names', async () => {
    const file = `ARG WHICH=none\nARG B=\${WHICH:-two}\n${BASE}FROM base AS one\nRUN echo one > /which\nFROM base AS two\nRUN echo two > /which
FROM base AS broken\nRUN exit 9\nFROM \${B:-one} AS last\nRUN cat /which > /seen\n`;
    for (const which of ['one', 'two']) {
      const observed = await observe(createProject(file), { buildArgs: [['WHICH', which]] });
      expect(observed.last.type).toBe('build.failed');
      expect((await shell(await openAt(observed, 'cat /which'), 'cat /seen')).output).toBe(`${which}\n`);
    }
  });

  onDockerd('carries out the triggers of a stage where another begins with it, and has what a failed one has left', async () => {
    const file = `${BASE}FROM base AS on\nONBUILD COPY some /some\nONBUILD RUN echo from trigger > /made; test ! -s /some
FROM base AS other\nRUN echo other > /other\nFROM on AS last\nRUN ls /some /made > /seen\n`;
    const good = await observe(createProject(file, { some: '' }));
    expect(good.last.type).toBe('build.succeeded');
    expect((await shell(await openAt(good, 'ls /some'), 'cat /seen')).output).toBe('/made\n/some\n');
    expect((await shell(await openAt(good, 'FROM on AS last'), 'cat /made')).output).toBe('from trigger\n');
    const bad = await observe(createProject(file, { some: 'x' }));
    expect(bad.last).toMatchObject({ type: 'build.failed', failure: { exitCode: 1 } });
    expect(stepWith(bad, 'FROM on AS last').state).toBe('failed');
    const container = await openAt(bad, 'FROM on AS last');
    expect(container.moment).toBe('failed');
    expect((await shell(container, 'cat /made /some')).output).toBe('from trigger\nx');
  });

  onDockerd('builds a pending step behind triggers that copy from a stage', async () => {
    const file = `${BASE}FROM base AS late\nRUN echo late > /late\nFROM base AS on\nONBUILD COPY --from=late /late /copied
FROM base AS broken\nRUN exit 9\nFROM on AS last\nRUN cat /copied > /seen\n`;
    const observed = await observe(createProject(file));
    expect((await shell(await openAt(observed, 'cat /copied'), 'cat /seen')).output).toBe('late\n');
  });

  onDockerd('says with the line that heredocs and # syntax= are not for this builder', async () => {
    const file = `# syntax=docker/dockerfile:1.7\n${BASE}RUN cat <<EOF > /x\nhello\nEOF\nRUN true\n`;
    const observed = await observe(createProject(file));
    const warnings = observed.events.flatMap((event) => (event.type === 'warning.reported' ? [event] : []));
    expect(warnings).toMatchObject([
      { message: expect.stringContaining('# syntax=docker/dockerfile:1.7'), lines: { start: 1, end: 1 } },
      { message: expect.stringMatching(/heredocs: RUN in lines 6 to 8 /), lines: { start: 6, end: 8 } },
    ]);
    // A newer engine carries the command out without its text, as docker does.
    if (observed.last.type === 'build.failed') {
      const hint = expect.stringContaining('heredocs, such as that of RUN in line 6');
      expect(observed.last.failure).toMatchObject({ hint, line: expect.any(Number) });
    } else expect((await shell(await openAt(observed, 'RUN true'), 'cat /x')).output).toBe('');
    const copied = await observe(createProject(`${BASE}COPY <<EOF /x\nhello\nEOF\n`));
    const failure = copied.last.type === 'build.failed' ? copied.last.failure : null;
    expect(failure).toMatchObject({ hint: expect.stringContaining('that of COPY in line 5') });
  });

  onDockerd('says what to do about an argument in COPY --from', async () => {
    const observed = await observe(createProject(`ARG B=base\n${BASE}FROM base\nARG B\nCOPY --from=$B /bin/sh /x\n`));
    expect(observed.last).toMatchObject({ failure: { hint: expect.stringContaining('name a stage'), line: 8 } });
  });

  onDockerd('leaves no container of the files that were looked into', async () => {
    const before = await containers();
    const observed = await observe(createProject(`${BASE}RUN true\nRUN echo x > /x`));
    const step = stepWith(observed, 'RUN true').key;
    const signal = AbortSignal.timeout(30_000);
    const files = await observed.run.openFiles({ step, moment: 'auto' }, signal);
    for await (const _ of files.read('/bin/busybox', { offset: 0, length: null }, signal)) break;
    await observed.run.changes(stepWith(observed, 'echo x').key, signal);
    expect((await containers()).filter((id) => !before.includes(id))).toHaveLength(1);
    await observed.run.dispose();
    expect((await containers()).filter((id) => !before.includes(id))).toEqual([]);
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
    expect((await observe(project, { platform })).last).toMatchObject({
      type: 'build.failed',
      failure: { message: expect.stringContaining(platform), hint: expect.stringContaining('BuildKit') },
    });
  });
});
