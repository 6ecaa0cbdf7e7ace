/** Containers at the steps of a build: which state they show, what they share (nothing), and how they end. */
import { afterAll, describe, expect, it } from 'vitest';
import type { BuildRequest, Container } from '../../src/engine/engine.js';
import { expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject } from '../helpers/project.js';
import { contractEndpoints, keepRuns, logOf, type Observed, openAt, shell, stepWith } from './harness.js';

const FAILING = `${BASE}FROM base AS work
WORKDIR /app
ENV COLOUR=blue
RUN echo first > one
RUN echo partial > two; exit 9
RUN echo three > three
FROM base AS other
RUN echo elsewhere > /elsewhere
FROM base
COPY --from=work /app/three /three
COPY --from=other /elsewhere /elsewhere`;

describe.each(contractEndpoints())('containers on $label', (endpoint) => {
  const isClassic = endpoint.builder === 'classic';
  afterAll(() => expectNoContainers());
  const runs = keepRuns(endpoint);
  const observe = (dockerfile: string, overrides: Partial<BuildRequest> = {}, files = {}): Promise<Observed> =>
    runs.observe(createProject(dockerfile, files), overrides);

  it('show the state after a step that succeeded, with its environment and directory', async () => {
    const observed = await observe(FAILING);
    const container = await openAt(observed, 'echo first');
    expect(container.moment).toBe('after');
    const { output, exit } = await shell(container, 'cat one; pwd; echo $COLOUR; ls');
    expect(output).toBe('first\n/app\nblue\none\n');
    expect(exit).toEqual({ code: 0, reason: null });
  });

  it('show the state before a step on request', async () => {
    const observed = await observe(FAILING);
    const container = await openAt(observed, 'echo first', 'before');
    expect((await shell(container, 'ls')).output).toBe('');
  });

  it('show what a failed command has written, or say that the engine has not kept it', async () => {
    const observed = await observe(FAILING);
    const container = await openAt(observed, 'exit 9');
    const { output } = await shell(container, 'cat one two 2>/dev/null');
    if (runs.engine.summary.capabilities.failedState.isAvailable) {
      expect(container).toMatchObject({ moment: 'failed', note: null });
      expect(output).toBe('first\npartial\n');
    } else {
      expect(container.moment).toBe('before');
      expect(container.note).toMatch(/^.{20,}$/);
      expect(output).toBe('first\n');
    }
    const again = await shell(container, container.defaults.stepCommandLine ?? '');
    expect(again.exit.code).toBe(9);
    expect((await shell(container, 'cat two')).output).toBe('partial\n');
  });

  it('evaluate a pending step first, and only what it needs', async () => {
    const observed = await observe(FAILING);
    const before = stepWith(observed, 'echo elsewhere').state;
    expect(['pending', 'done', 'cancelled']).toContain(before);
    const container = await openAt(observed, 'echo elsewhere');
    expect((await shell(container, 'cat /elsewhere')).output).toBe('elsewhere\n');
    expect(['done', 'cached']).toContain(stepWith(observed, 'echo elsewhere').state);
    expect(stepWith(observed, 'echo three').state).toBe('pending');
  });

  it('cannot be had of a step behind a failing one: the failure is the error', async () => {
    const observed = await observe(FAILING);
    await expect(openAt(observed, 'echo three')).rejects.toMatchObject({ code: 'engine', message: expect.stringContaining('9') });
    await expect(
      observed.run.openContainer({ step: 'none', moment: 'auto', exclusiveCaches: 'mount' }, AbortSignal.timeout(9_000)),
    ).rejects.toMatchObject({ code: 'not-found' });
  });

  it('show what was built, not a second run of it, without the cache', async () => {
    const observed = await observe(`${BASE}RUN cat /proc/sys/kernel/random/uuid > /id; cat /id\nRUN true`, { noCache: true });
    for (const text of ['uuid', 'RUN true']) {
      const container = await openAt(observed, text);
      expect((await shell(container, 'cat /id')).output).toBe(logOf(observed, 'uuid'));
    }
  });

  it('are isolated from each other and from the build', async () => {
    const observed = await observe(FAILING);
    const one = await openAt(observed, 'echo first');
    const two = await openAt(observed, 'echo first');
    await shell(one, 'echo changed > one; touch mine');
    expect((await shell(two, 'cat one; ls')).output).toBe('first\none\n');
    expect((await shell(one, 'cat one; ls')).output).toBe('changed\nmine\none\n');
    await one.release();
    expect((await shell(two, 'cat one')).output).toBe('first\n');
  });

  it('live on when a process in them fails or is killed', async () => {
    const observed = await observe(FAILING);
    const container = await openAt(observed, 'echo first');
    const start = async (command: string): ReturnType<Container['start']> => {
      const spec = { env: [], user: null, cwd: null, tty: false, cols: 80, rows: 24 };
      const process = await container.start({ ...spec, args: ['/bin/sh', '-c', command] });
      // Output that nobody listens to is held back, and with it the end.
      process.onData(() => {});
      return process;
    };
    expect((await shell(container, 'exit 7')).exit.code).toBe(7);
    const sleeper = await start('sleep 60');
    const killed = await start('sleep 61');
    await killed.signal('KILL');
    expect((await killed.exited).code).toBe(137);
    expect((await shell(container, 'echo alive')).output).toBe('alive\n');
    await sleeper.signal('TERM');
    expect((await sleeper.exited).code).toBe(143);
    expect((await shell(container, 'echo alive')).output).toBe('alive\n');
  });

  it('end their processes when they are released, and say so', async () => {
    const observed = await observe(FAILING);
    const container = await openAt(observed, 'echo first');
    const process = await container.start({
      args: ['sleep', '60'],
      env: [],
      user: null,
      cwd: null,
      tty: true,
      cols: 80,
      rows: 24,
    });
    await container.release();
    await container.release();
    expect(await process.exited).toMatchObject({ code: null, reason: expect.any(String) });
    expect(await container.gone).toBeNull();
  });

  it('are given back also when a program has not read what was typed, whether it runs or has ended', async () => {
    const observed = await observe(FAILING);
    const container = await openAt(observed, 'echo first');
    const spec = { env: [], user: null, cwd: null, tty: true, cols: 80, rows: 24 };
    const paste = Buffer.from(`${'y'.repeat(79)}\n`.repeat(4_000));
    const running = await container.start({ ...spec, args: ['sleep', '60'] });
    const ending = await container.start({ ...spec, args: ['sleep', '1'] });
    for (const process of [running, ending]) {
      process.onData(() => undefined);
      process.write(paste);
    }
    // Podman does not tell of that end while input waits.
    if (!endpoint.isPodman) expect(await ending.exited).toMatchObject({ code: 0 });
    // The engine may never answer here.
    await container.release();
    expect(await running.exited).toMatchObject({ code: null });
    expect(await container.gone).toBeNull();
  });

  it('have a terminal of the size asked for, before and after a resize', async () => {
    const observed = await observe(FAILING);
    const container = await openAt(observed, 'echo first');
    const process = await container.start({
      // The new size travels beside the keys, not in front of them.
      args: ['/bin/sh', '-c', 'stty size; read line; until stty size | grep 22; do sleep 0.1; done; echo "got $line"'],
      ...{ env: [], user: null, cwd: null, tty: true, cols: 101, rows: 31 },
    });
    let output = '';
    process.onData((data) => {
      output += Buffer.from(data).toString('utf8');
      if (output.includes('31 101') && !output.includes('typed')) {
        process.resize(77, 22);
        process.write(Buffer.from('typed\n'));
      }
    });
    expect((await process.exited).code).toBe(0);
    expect(output).toContain('31 101');
    expect(output).toContain('22 77');
    expect(output).toContain('got typed');
  });

  it('say plainly which program or user does not exist', async () => {
    const observed = await observe(FAILING);
    const container = await openAt(observed, 'echo first');
    const spec = { env: [], cwd: null, tty: false, cols: 80, rows: 24 };
    const missing = await container.start({ ...spec, args: ['/no/such/program'], user: null }).then(
      async (process) => (await process.exited).reason,
      (error: Error) => error.message,
    );
    expect(missing).toContain('/no/such/program');
    await expect(
      container.start({ ...spec, args: ['true'], user: 'nobody-there' }).then((process) => process.exited),
    ).rejects.toMatchObject({ code: 'engine', message: expect.stringContaining('nobody-there') });
    expect((await shell(container, 'echo alive')).output).toBe('alive\n');
  });

  it.skipIf(isClassic)('carry the mounts of a RUN: caches with their content, secrets', async () => {
    const observed = await observe(
      `${BASE}RUN --mount=type=cache,target=/cache,id=@RUN_ID@ --mount=type=secret,id=token echo kept > /cache/file`,
      { secrets: [{ id: 'token', from: { kind: 'env', name: 'PATH' } }] },
    );
    const container = await openAt(observed, '/cache/file');
    expect((await shell(container, 'cat /cache/file')).output).toBe('kept\n');
    expect((await shell(container, 'test -s /run/secrets/token && echo there')).output).toBe('there\n');
    expect(container.mounts.filter((mount) => mount.isMounted).map((mount) => `${mount.kind} ${mount.target}`)).toEqual(
      expect.arrayContaining(['cache /cache', 'secret /run/secrets/token']),
    );
  });

  it.skipIf(isClassic)('with an exclusive cache hold others up until they are released, or leave it out on request', async () => {
    const observed = await observe(
      `${BASE}RUN --mount=type=cache,target=/cache,id=@RUN_ID@,sharing=locked echo kept > /cache/file`,
    );
    const { key } = stepWith(observed, '/cache/file');
    expect(observed.run.hasExclusiveCache(key)).toBe(true);
    const holder = await openAt(observed, '/cache/file');
    expect(holder.holdsExclusiveCache).toBe(true);
    const without = await openAt(observed, '/cache/file', 'auto', 'omit');
    expect(without.holdsExclusiveCache).toBe(false);
    expect((await shell(without, 'ls /cache')).output).toBe('');
    expect(without.mounts.find((mount) => mount.kind === 'cache')).toMatchObject({ isMounted: false });

    const waiting = new AbortController();
    const opening = observed.run.openContainer({ step: key, moment: 'auto', exclusiveCaches: 'mount' }, waiting.signal);
    setTimeout(() => waiting.abort(), 1_000);
    await expect(opening).rejects.toMatchObject({ code: 'cancelled' });
    await holder.release();
    const next = await openAt(observed, '/cache/file');
    expect((await shell(next, 'cat /cache/file')).output).toBe('kept\n');
  });

  it('without a shell in the filesystem get one from elsewhere, or say that there is none', async () => {
    const observed = await observe(
      `${BASE}FROM scratch\nCOPY file.txt /data/file.txt\nWORKDIR /data`,
      {},
      { 'file.txt': 'content\n' },
    );
    const container = await openAt(observed, 'COPY file.txt');
    if (container.defaults.shell.length === 0) return expect(container.note).toMatch(/shell/);
    const root = container.defaults.lentShell?.rootfs ?? '/';
    expect(container.defaults.lentShell).not.toBeNull();
    expect((await shell(container, `cat ${root === '/' ? '' : root}/data/file.txt`)).output).toBe('content\n');
  });

  it('are still to be had after the build was cancelled', async () => {
    const project = createProject(`${BASE}RUN echo made > /made\nRUN echo go; sleep 40`);
    const observed = await runs.observe(project, {}, (event, run) => {
      if (event.type === 'log.appended' && event.text.includes('go')) void run.cancel();
    });
    expect(observed.last.type).toBe('build.cancelled');
    const container = await openAt(observed, 'echo made');
    expect((await shell(container, 'cat /made')).output).toBe('made\n');
  });
});
