/** One build for several platforms: its steps are told apart, and each can be looked into as those of a build for one. */
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Step } from '../../src/core/model/index.js';
import type { Container } from '../../src/engine/engine.js';
import { BASE, createProject } from '../helpers/project.js';
import { contractEndpoints, generationOf, keepRuns, type Observed, shell, skipClassic } from './harness.js';

// A machine of the first kind runs programs of the other as well.
const [FIRST, SECOND] = ['linux/amd64', 'linux/386'];
const BOTH = `${FIRST},${SECOND}`;
const TWO_KINDS = `${BASE}ARG TARGETARCH
FROM base AS aside
RUN echo aside of $TARGETARCH > /aside
FROM base
ARG TARGETARCH
ENV WHO=$TARGETARCH
RUN echo for $TARGETARCH; echo $TARGETARCH > /arch
RUN --mount=type=cache,target=/cache,id=@RUN_ID@,sharing=locked echo after $TARGETARCH > /last`;

const signal = () => AbortSignal.timeout(60_000);

/** The step of that platform. */
function stepOn(observed: Observed, platform: string, text: string): Step {
  const { stages, steps } = generationOf(observed);
  const found = Object.values(steps).find(
    (step) => step.text.includes(text) && stages[step.stage ?? -1]?.targetPlatform === platform,
  );
  if (found === undefined) throw new Error(`no step of ${platform} contains ${text}`);
  return found;
}

function openOn(observed: Observed, platform: string, text: string, moment: 'auto' | 'before' = 'auto'): Promise<Container> {
  const { key: step } = stepOn(observed, platform, text);
  return observed.run.openContainer({ step, moment, exclusiveCaches: 'mount' }, signal());
}

describe.each(contractEndpoints())('a build for several platforms on $label', (endpoint) => {
  skipClassic(endpoint);
  const runs = keepRuns(endpoint);

  it('has the steps of each, which a shell is opened at as in a build for one', async () => {
    const project = createProject(TWO_KINDS);
    const observed = await runs.observe(project, { platform: BOTH, outputs: [{ kind: 'local', dest: project.path('out') }] });
    expect(observed.last).toMatchObject({ type: 'build.succeeded' });
    expect(project.read(join('out', 'linux_amd64', 'arch'))).toBe('amd64\n');
    expect(project.read(join('out', 'linux_386', 'arch'))).toBe('386\n');

    const { stages, order, steps } = generationOf(observed);
    expect(stages.map(({ label }) => label)).toEqual(
      [FIRST, SECOND].flatMap((platform) => ['base', 'aside', 'stage-2'].map((label) => `${platform} ${label}`)),
    );
    const numbers = order.flatMap((key) => steps[key]?.number ?? []);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    for (const [platform, arch] of [
      [FIRST, 'amd64'],
      [SECOND, '386'],
    ] as const) {
      expect(stepOn(observed, platform, 'echo for').state).toMatch(/done|cached/);
      expect(stepOn(observed, platform, 'COPY').state).toMatch(/done|cached/);
      expect(stepOn(observed, platform, 'echo aside').state).toBe('not-needed');
      const container = await openOn(observed, platform, 'echo for');
      expect(container).toMatchObject({ moment: 'after', note: null });
      expect((await shell(container, 'cat /arch; echo $WHO $TARGETARCH')).output).toBe(`${arch}\n${arch} ${arch}\n`);
      // Its environment has to be asked for, and its filesystem is that of the step before it.
      const env = await openOn(observed, platform, 'ENV WHO');
      expect((await shell(env, 'ls /arch 2>&1; echo $WHO')).output).toContain(`\n${arch}\n`);
    }
    expect(stepOn(observed, SECOND, 'echo for').vertices).not.toEqual(stepOn(observed, FIRST, 'echo for').vertices);

    const hidden = await openOn(observed, SECOND, 'echo aside');
    expect((await shell(hidden, 'cat /aside')).output).toBe('aside of 386\n');
    await expect.poll(() => stepOn(observed, SECOND, 'echo aside').state).toBe('done');
    expect(stepOn(observed, FIRST, 'echo aside').state).toBe('not-needed');
  });

  it('has the files of each and what each has changed', async () => {
    const observed = await runs.observe(createProject(TWO_KINDS), { platform: BOTH, outputs: [{ kind: 'cacheonly' }] });
    expect(observed.last).toMatchObject({ type: 'build.succeeded' });
    for (const [platform, arch] of [
      [FIRST, 'amd64'],
      [SECOND, '386'],
    ] as const) {
      const { key: step } = stepOn(observed, platform, 'echo for');
      const { changes } = await observed.run.changes(step, signal());
      expect(changes).toContainEqual({ path: '/arch', kind: 'added' });
      const files = await observed.run.openFiles({ step, moment: 'auto' }, signal());
      const read = [];
      for await (const chunk of files.read('/arch', { offset: 0, length: null }, signal())) read.push(chunk);
      expect(Buffer.concat(read).toString()).toBe(`${arch}\n`);
      expect(observed.run.hasExclusiveCache(stepOn(observed, platform, 'echo after').key)).toBe(true);
      expect(observed.run.hasExclusiveCache(step)).toBe(false);
    }
  });

  it('fails with the step of the platform that failed, and stops the other', async () => {
    const failing = `${BASE}ARG TARGETARCH
RUN [ $TARGETARCH = 386 ] || sleep 300
RUN echo partial > /partial; [ $TARGETARCH != 386 ] || exit 7`;
    const observed = await runs.observe(createProject(failing), { platform: BOTH, outputs: [{ kind: 'cacheonly' }] });
    expect(observed.last).toMatchObject({ type: 'build.failed', failure: { exitCode: 7, line: 7 } });
    const culprit = stepOn(observed, SECOND, 'exit 7');
    expect(generationOf(observed).failure?.step).toBe(culprit.key);
    expect(culprit.state).toBe('failed');
    expect(stepOn(observed, FIRST, 'sleep 300').state).toBe('cancelled');
    expect(stepOn(observed, FIRST, 'exit 7').state).toBe('pending');
    const container = await openOn(observed, SECOND, 'exit 7');
    const seen = (await shell(container, 'cat /partial')).output;
    if (container.moment === 'failed') expect(seen).toBe('partial\n');
    else expect(container.note).toMatch(/does not keep/);
    const before = await openOn(observed, SECOND, 'exit 7', 'before');
    expect((await shell(before, 'ls /partial')).output).toMatch(/No such file/);
  });

  it('tells what serves all of them at the steps of each', async () => {
    const observed = await runs.observe(createProject(BASE), { platform: BOTH, outputs: [{ kind: 'cacheonly' }] });
    expect(observed.last).toMatchObject({ type: 'build.succeeded' });
    const [first, second] = [FIRST, SECOND].map((platform) => stepOn(observed, platform, 'COPY'));
    // An old engine copies for each.
    if (runs.engine.summary.capabilities.failedState.isAvailable) expect(first?.vertices).toEqual(second?.vertices);
    expect(first?.key).not.toBe(second?.key);
    expect(second?.state).toMatch(/done|cached/);
    expect(second?.state).toBe(first?.state);
    const { key: step } = stepOn(observed, SECOND, 'COPY');
    expect(await observed.run.changes(step, signal())).toMatchObject({ changes: [{ path: '/bin' }, { path: '/bin/busybox' }] });
  });

  it('tells why a platform that the engine does not run cannot be entered, and lends a shell to look around', async () => {
    const foreign = `FROM scratch
ARG TARGETARCH
COPY sh-$TARGETARCH /bin/sh
ENV WHO=$TARGETARCH
RUN echo @RUN_ID@`;
    const project = createProject(foreign, { 'sh-s390x': headOfS390xProgram() });
    copyFileSync(project.path('busybox'), project.path('sh-amd64'));
    chmodSync(project.path('sh-s390x'), 0o755);
    const observed = await runs.observe(project, { platform: `${FIRST},linux/s390x`, outputs: [{ kind: 'cacheonly' }] });
    expect(observed.last).toMatchObject({
      type: 'build.failed',
      failure: { hint: expect.stringMatching(/cannot run programs for linux\/s390x .*tonistiigi\/binfmt --install s390x/) },
    });
    expect(generationOf(observed).failure?.step).toBe(stepOn(observed, 'linux/s390x', 'RUN').key);
    for (const text of ['ENV WHO', 'RUN']) {
      const container = await openOn(observed, 'linux/s390x', text);
      expect(container.note).toMatch(/\/bin\/sh does not run: the engine cannot run programs for linux\/s390x/);
      expect(container.defaults.lentShell).toMatchObject({ rootfs: '/' });
      expect((await shell(container, 'wc -c < /bin/sh; echo $WHO')).output).toBe(`${headOfS390xProgram().length}\ns390x\n`);
      await container.release();
    }
    const own = await openOn(observed, FIRST, 'ENV WHO');
    expect(own).toMatchObject({ note: null, defaults: { lentShell: null } });
  });

  it.each([false, true])('tells of a program for another machine where no shell can be lent (tty: %s)', async (tty) => {
    const project = createProject('FROM scratch\nCOPY program /bin/sh\n', { program: headOfS390xProgram() });
    chmodSync(project.path('program'), 0o755);
    const observed = await runs.observe(project, { platform: 'linux/s390x', outputs: [{ kind: 'cacheonly' }] });
    const without = process.env.BXTUI_TOOLBOX;
    process.env.BXTUI_TOOLBOX = project.path('none');
    try {
      const container = await observed.run.openContainer({ step: '2', moment: 'auto', exclusiveCaches: 'mount' }, signal());
      const spec = { args: [], env: [], user: null, cwd: null, tty: true, cols: 80, rows: 24 };
      await expect(container.start(spec)).rejects.toMatchObject({
        message: expect.stringContaining('the engine cannot run programs for linux/s390x'),
        hint: expect.stringContaining('--install s390x'),
      });
      const program = await container.start({ ...spec, args: ['/bin/sh'], tty });
      program.onData(() => undefined);
      expect(await program.exited).toEqual({ code: 126, reason: expect.stringContaining('exec format error') });
    } finally {
      if (without === undefined) delete process.env.BXTUI_TOOLBOX;
      else process.env.BXTUI_TOOLBOX = without;
    }
  });
});

/** As much of one as a kernel needs to see that it is not for this machine (System V ABI, ELF header). */
function headOfS390xProgram(): Buffer {
  const head = Buffer.alloc(120);
  head.write('\x7fELF\x02\x02\x01', 'latin1');
  head.writeUInt16BE(2, 16);
  head.writeUInt16BE(22, 18);
  head.writeUInt32BE(1, 20);
  head.writeBigUInt64BE(64n, 32);
  head.writeUInt16BE(64, 52);
  head.writeUInt16BE(56, 54);
  head.writeUInt16BE(1, 56);
  head.writeUInt32BE(1, 64);
  return head;
}
