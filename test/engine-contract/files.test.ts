/** The files of a step and what a step has changed: the same on every engine, whatever lies there. */
import { describe, expect, it } from 'vitest';
import type { Moment } from '../../src/core/model/index.js';
import type { StepFiles } from '../../src/engine/engine.js';
import { BASE, createProject } from '../helpers/project.js';
import { contractEndpoints, generationOf, keepRuns, type Observed, shell, stepWith } from './harness.js';

const WAIT = () => AbortSignal.timeout(60_000);
const ODD = 'with blanks\tand\na line’s end *[x]?';
const BIG_BYTES = 5_000_000;

/** Everything that a filesystem can have, in one step. */
const FILES = `${BASE}RUN mkdir -p "/d/empty" "/d/${'sub dir'}" /d/deep/er && echo hello > /d/file && printf 'a\\000b\\377\\n' > /d/binary \\
 && echo odd > "/d/$(printf 'with blanks\\tand\\na line’s end *[x]?')" && ln -s file /d/link && ln -s /d/sub\\ dir /d/dirlink \\
 && ln -s nowhere /d/broken && ln -s /d/loop /d/loop && ln /d/file /d/hard && mkfifo /d/pipe && : > /d/nothing \\
 && echo in > "/d/sub dir/in" && ln -s /etc/../d/deep /abs && chmod 4750 /d/file && chown 12:34 /d/empty \\
 && yes 0123456789abcde | head -c ${BIG_BYTES} > /d/big
`;

describe.each(contractEndpoints())('files on $label', (endpoint) => {
  const kept = keepRuns(endpoint);
  const observe = (dockerfile: string, files: Readonly<Record<string, string>> = {}): Promise<Observed> =>
    kept.observe(createProject(dockerfile, files));
  const filesAt = (observed: Observed, text: string, moment: Moment | 'auto' = 'auto'): Promise<StepFiles> =>
    observed.run.openFiles({ step: stepWith(observed, text).key, moment }, WAIT());
  const bytes = async (files: StepFiles, path: string, offset = 0, length: number | null = null): Promise<Buffer> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of files.read(path, { offset, length }, WAIT())) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  const changes = async (observed: Observed, text: string): Promise<string[]> => {
    const found = await observed.run.changes(stepWith(observed, text).key, WAIT());
    return found.changes.map(({ kind, path }) => `${kind} ${path}`);
  };

  it('says what it can do', () => {
    const { files, changes, failedFiles } = kept.engine.summary.capabilities;
    expect([files.isAvailable, changes.isAvailable]).toEqual([!endpoint.isPodman, !endpoint.isPodman]);
    expect(failedFiles.isAvailable).toBe(endpoint.builder === 'classic' && !endpoint.isPodman);
    expect(failedFiles.reason === '').toBe(failedFiles.isAvailable);
  });

  it('refuses what it cannot do, with the reason', async ({ skip }) => {
    skip(kept.engine.summary.capabilities.files.isAvailable, 'it can');
    const observed = await observe(`${BASE}RUN true`);
    const refusal = { code: 'unsupported', message: kept.engine.summary.capabilities.files.reason };
    await expect(filesAt(observed, 'RUN true')).rejects.toMatchObject(refusal);
    await expect(changes(observed, 'RUN true')).rejects.toMatchObject(refusal);
  });

  it.skipIf(endpoint.isPodman)('lists, tells of and reads whatever lies in a step', async () => {
    const observed = await observe(FILES);
    const files = await filesAt(observed, 'mkdir -p');
    expect(files.moment).toBe('after');
    const listed = await files.list('/d', WAIT());
    expect(listed.map(({ name, kind, linkTarget }) => [name, kind, linkTarget])).toEqual(
      [
        ['big', 'file', null],
        ['binary', 'file', null],
        ['broken', 'symlink', 'nowhere'],
        ['deep', 'dir', null],
        ['dirlink', 'symlink', '/d/sub dir'],
        ['empty', 'dir', null],
        ['file', 'file', null],
        ['hard', 'file', null],
        ['link', 'symlink', 'file'],
        ['loop', 'symlink', '/d/loop'],
        ['nothing', 'file', null],
        ['pipe', 'fifo', null],
        ['sub dir', 'dir', null],
        [ODD, 'file', null],
      ].sort(([a], [b]) => (a! < b! ? -1 : 1)),
    );
    const entry = (name: string) => listed.find((one) => one.name === name);
    expect(entry('file')).toMatchObject({ permissions: 0o4750, uid: 0, gid: 0, sizeBytes: 6 });
    expect(entry('hard')).toMatchObject({ permissions: 0o4750, sizeBytes: 6 });
    expect(entry('empty')).toMatchObject({ uid: 12, gid: 34 });
    expect(Math.abs(Date.now() - entry('file')!.mtimeMs)).toBeLessThan(24 * 3600_000);
    for (const name of ['file', 'link', 'broken', 'loop', 'empty', 'pipe', ODD])
      expect(await files.stat(`/d/${name}`, WAIT())).toEqual(entry(name));
    expect(await files.stat('/', WAIT())).toMatchObject({ name: '/', kind: 'dir' });
    expect((await files.list('/', WAIT())).map(({ name }) => name)).toEqual(expect.arrayContaining(['abs', 'bin', 'd']));
    expect(await files.list('/d/empty', WAIT())).toEqual([]);
    expect((await files.list('d/dirlink/', WAIT())).map(({ name }) => name)).toEqual(['in']);
    expect((await files.list('/abs', WAIT())).map(({ name }) => name)).toEqual(['er']);

    expect((await bytes(files, '/d/link')).toString()).toBe('hello\n');
    expect((await bytes(files, '/d/../d//hard')).toString()).toBe('hello\n');
    expect((await bytes(files, '/d/dirlink/in')).toString()).toBe('in\n');
    expect((await bytes(files, `/d/${ODD}`)).toString()).toBe('odd\n');
    expect([...(await bytes(files, '/d/binary'))]).toEqual([97, 0, 98, 255, 10]);
    expect(await bytes(files, '/d/nothing')).toEqual(Buffer.alloc(0));
  });

  it('tells steps apart that two stages have in common, and those before and behind them', async () => {
    const stage = (name: string, own: string): string =>
      `FROM base AS ${name}\nWORKDIR /w\nCOPY common ./\nRUN echo alike > alike\nRUN echo ${own} > own\n`;
    const dockerfile = `${BASE.replace(/^FROM scratch.*$/m, 'FROM scratch AS base')}${stage('a', 'of-a')}${stage('b', 'of-b')}FROM base\nCOPY --from=a /w /a\nCOPY --from=b /w /b\n`;
    const observed = await observe(dockerfile, { common: 'x' });
    expect(observed.last.type).toBe('build.succeeded');
    const instructions = Object.values(generationOf(observed).steps).filter(({ kind }) => kind === 'instruction');
    expect(instructions.filter(({ state }) => !['done', 'cached'].includes(state)).map(({ text }) => text)).toEqual([]);
    for (const name of ['a', 'b']) {
      const at = instructions.findIndex(({ text }) => text === `FROM base AS ${name}`);
      const seen = async (offset: number, moment: 'before' | 'after'): Promise<string> => {
        const spec = { step: instructions[at + offset]!.key, moment, exclusiveCaches: 'mount' } as const;
        const container = await observed.run.openContainer(spec, WAIT());
        const { output } = await shell(container, 'echo $(cd /w && ls)');
        await container.release();
        return output.trim();
      };
      expect([await seen(2, 'before'), await seen(2, 'after'), await seen(3, 'after'), await seen(4, 'after')]).toEqual([
        '',
        'common',
        'alike common',
        'alike common own',
      ]);
    }
  });

  it.skipIf(endpoint.isPodman)(
    'lists pipes and devices as what they are, reads none of them, nor a socket, and tells them as changes',
    async () => {
      // A build of old puts what a command leaves into a layer, where a socket cannot be.
      const hasSockets = endpoint.builder !== 'classic';
      const observed =
        await observe(`${BASE}RUN mkdir /s && mkfifo /s/pipe && mknod /s/tty c 5 0 && mknod /s/zero c 1 5 && mknod /s/loop b 7 0 \\
 && ln -s pipe /s/link && rm -f /dev/log && ln -s /s/socket /dev/log && syslogd && until [ -S /s/socket ]; do sleep 0.05; done; echo x > /s/z
RUN rm /s/tty && mkfifo /s/tty && chmod 600 /s/pipe && rm /s/loop\n`);
      const files = await filesAt(observed, 'mkdir /s');
      const socket = hasSockets ? [['socket', 'file']] : [];
      expect((await files.list('/s', WAIT())).map(({ name, kind }) => [name, kind])).toEqual([
        ...[
          ['link', 'symlink'],
          ['loop', 'device'],
          ['pipe', 'fifo'],
        ],
        ...socket,
        ...[
          ['tty', 'device'],
          ['z', 'file'],
          ['zero', 'device'],
        ],
      ]);
      const special = ['pipe', 'link', 'tty', 'zero', 'loop'];
      for (const name of special) {
        const path = `/s/${name}`;
        expect(await files.stat(path, WAIT())).toMatchObject({ name, sizeBytes: 0 });
        await expect(bytes(files, path), path).rejects.toMatchObject({ code: 'input', message: expect.stringContaining(path) });
        await expect(files.list(path, WAIT()), path).rejects.toMatchObject({ code: 'input' });
      }
      expect((await bytes(files, '/s/z')).toString()).toBe('x\n');
      const added = await changes(observed, 'mkdir /s');
      for (const name of special) expect(added).toContain(`added /s/${name}`);
      expect(await changes(observed, 'rm /s/tty')).toEqual(['deleted /s/loop', 'changed /s/pipe', 'changed /s/tty']);
    },
  );

  it.skipIf(endpoint.isPodman)('reads a large file whole, and parts of it', async () => {
    const files = await filesAt(await observe(FILES), 'mkdir -p');
    const whole = Buffer.from('0123456789abcde\n'.repeat(BIG_BYTES / 16));
    expect((await bytes(files, '/d/big')).equals(whole)).toBe(true);
    expect((await bytes(files, '/d/big', 2_345_678, 1_500_001)).equals(whole.subarray(2_345_678, 3_845_679))).toBe(true);
    expect((await bytes(files, '/d/big', BIG_BYTES - 3, 100)).equals(whole.subarray(-3))).toBe(true);
    expect(await bytes(files, '/d/big', BIG_BYTES, 10)).toEqual(Buffer.alloc(0));
    expect(await bytes(files, '/d/big', 10, 0)).toEqual(Buffer.alloc(0));
    for await (const chunk of files.read('/d/big', { offset: 0, length: null }, WAIT())) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect((await bytes(files, '/d/file')).toString()).toBe('hello\n');
  });

  it.skipIf(endpoint.isPodman)('says what is wrong with a path', async () => {
    const files = await filesAt(await observe(FILES), 'mkdir -p');
    const drop = async (path: string) => bytes(files, path);
    for (const path of ['/nope', '/d/nope', '/nope/nope', '/d/file/x', '/d/broken']) {
      const named = { code: 'not-found', message: expect.stringContaining(path) };
      await expect(files.list(path, WAIT()), path).rejects.toMatchObject(named);
      await expect(drop(path), path).rejects.toMatchObject(named);
    }
    await expect(files.stat('/d/nope', WAIT())).rejects.toMatchObject({ code: 'not-found' });
    await expect(files.stat('/nope/nope', WAIT())).rejects.toMatchObject({ code: 'not-found' });
    await expect(files.list('/d/file', WAIT())).rejects.toMatchObject({ code: 'input' });
    await expect(drop('/d')).rejects.toMatchObject({ code: 'input', hint: expect.stringContaining('list') });
    await expect(drop('/d/pipe')).rejects.toMatchObject({ code: 'input' });
    await expect(drop('/d/loop')).rejects.toMatchObject({ message: expect.stringContaining('/d/loop') });
    await expect(files.stat('/a\0b', WAIT())).rejects.toMatchObject({ code: 'input' });
    await expect(files.list('/', AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    await files.release();
    await files.release();
    await expect(files.list('/', WAIT())).rejects.toMatchObject({ code: 'state' });
  });

  it.skipIf(endpoint.isPodman)('has the state before and after a step, and builds a pending one', async () => {
    const observed = await observe(`${BASE}RUN echo one > /f\nRUN echo two > /f\nFROM base AS broken\nRUN exit 3
FROM base AS other\nRUN echo other > /o\nFROM base\nCOPY --from=broken /x /x\nCOPY --from=other /o /o\n`);
    expect(observed.last.type).toBe('build.failed');
    const at = async (text: string, moment: Moment | 'auto', path: string) =>
      (await bytes(await filesAt(observed, text, moment), path)).toString();
    expect(await at('echo two', 'before', '/f')).toBe('one\n');
    expect(await at('echo two', 'auto', '/f')).toBe('two\n');
    expect(await at('echo other', 'auto', '/o')).toBe('other\n');
    await expect(filesAt(observed, 'COPY --from=broken')).rejects.toMatchObject({ code: 'engine' });
    await expect(observed.run.openFiles({ step: '99', moment: 'auto' }, WAIT())).rejects.toMatchObject({ code: 'not-found' });
  });

  it.skipIf(endpoint.isPodman)('has what a failed command has left behind, or says why not', async () => {
    const observed = await observe(`${BASE}RUN echo old > /old; echo x > /x\nRUN echo partial > /partial; rm /old; exit 3\n`);
    const { failedFiles } = kept.engine.summary.capabilities;
    const step = stepWith(observed, 'echo partial').key;
    const files = await filesAt(observed, 'echo partial');
    if (failedFiles.isAvailable) {
      expect(files).toMatchObject({ moment: 'failed', note: null });
      expect((await bytes(files, '/partial')).toString()).toBe('partial\n');
      await expect(files.stat('/old', WAIT())).rejects.toMatchObject({ code: 'not-found' });
      expect((await files.list('/', WAIT())).map(({ name }) => name)).toContain('partial');
      expect(await changes(observed, 'echo partial')).toEqual(['deleted /old', 'added /partial']);
      expect((await observed.run.changes(step, WAIT())).moment).toBe('failed');
    } else {
      expect(files).toMatchObject({ moment: 'before', note: expect.stringMatching(/\S/) });
      expect((await bytes(files, '/old')).toString()).toBe('old\n');
      await expect(observed.run.changes(step, WAIT())).rejects.toMatchObject({ code: 'unsupported' });
    }
    const before = await filesAt(observed, 'echo partial', 'before');
    await expect(before.stat('/partial', WAIT())).rejects.toMatchObject({ code: 'not-found' });
  });

  it.skipIf(endpoint.isPodman)('tells what a step has added, changed and deleted', async () => {
    const observed = await observe(
      `${BASE}RUN mkdir -p /t/keep/below /t/gone/below /t/kept && echo 1 > /t/keep/below/same && echo 1 > /t/gone/below/x \\
 && echo 1 > /t/changed && echo 1 > /t/mode && echo 1 > /t/kind && ln -s a /t/link && mkdir /t/dir && echo 1 > "/t/with blank"
RUN rm -r /t/gone "/t/with blank" && echo 2 > /t/changed && chmod 600 /t/mode && rm /t/kind && mkdir /t/kind && echo 1 > /t/kind/x \\
 && ln -sfn b /t/link && mkdir -p /t/new/er && echo 1 > "/t/new/er/$(printf 'a\\nb')" && echo 1 > /t/keep/below/other \\
 && rmdir /t/dir && echo 1 > /t/dir && chown 5 /t/kept
ENV A=1
WORKDIR /work/dir
COPY some /work/some
`,
      { some: '1' },
    );
    expect(observed.last.type).toBe('build.succeeded');
    expect(await changes(observed, 'rm -r')).toEqual([
      'changed /t/changed',
      'changed /t/dir',
      'deleted /t/gone',
      'added /t/keep/below/other',
      'changed /t/kept',
      'changed /t/kind',
      'added /t/kind/x',
      'changed /t/link',
      'changed /t/mode',
      'added /t/new',
      'added /t/new/er',
      'added /t/new/er/a\nb',
      'deleted /t/with blank',
    ]);
    expect(await changes(observed, 'ENV A')).toEqual([]);
    expect(await changes(observed, 'WORKDIR')).toEqual(['added /work', 'added /work/dir']);
    expect(await changes(observed, 'COPY some')).toEqual(['added /work/some']);
    await expect(changes(observed, 'FROM scratch')).rejects.toMatchObject({ code: 'unsupported' });
    expect(await changes(observed, 'COPY busybox')).toEqual(['added /bin', 'added /bin/busybox']);
  });
});
