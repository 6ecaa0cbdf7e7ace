/** The context as the engine gets it: docker's ignore rules, the two files that are always sent, and a Dockerfile that is none of its own. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ContextSource, packContext } from '../../../../src/engine/classic/context.js';

interface Sent {
  readonly dockerfile: string;
  /** Path to content; of a directory `dir`, of a link its target. */
  readonly entries: Readonly<Record<string, string>>;
  readonly headers: ReadonlyArray<{
    readonly name: string;
    readonly mode?: number;
    readonly uid?: number;
    readonly gid?: number;
  }>;
}

describe('the context of a classic build', () => {
  let dir: string;
  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), content);
    }
  };
  const pack = async (source: Partial<ContextSource> = {}): Promise<Sent> => {
    const text = 'FROM scratch\n';
    const all = {
      contextDir: dir,
      dockerfile: { path: 'Dockerfile', text },
      cut: null,
      isEmpty: false,
      onSent: () => {},
      ...source,
    };
    const { dockerfile, tar } = await packContext(all);
    const entries: Record<string, string> = {};
    const headers: Sent['headers'][number][] = [];
    const reader = extract();
    const read = (async () => {
      for await (const entry of reader) {
        const chunks: Buffer[] = [];
        for await (const chunk of entry) chunks.push(chunk as Buffer);
        const { name, type, linkname } = entry.header;
        headers.push(entry.header);
        entries[name] = type === 'directory' ? 'dir' : type === 'symlink' ? `-> ${linkname}` : Buffer.concat(chunks).toString();
      }
    })();
    tar.on('error', (error) => reader.destroy(error));
    tar.pipe(reader as unknown as NodeJS.WritableStream);
    await read;
    return { dockerfile, entries, headers };
  };
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'bxtui-context-'));
    write({ Dockerfile: 'on disk' });
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('has the Dockerfile as it was read, links, modes, and no owner', async () => {
    write({ 'bin/tool': 'x' });
    chmodSync(join(dir, 'bin/tool'), 0o755);
    symlinkSync('bin/tool', join(dir, 'link'));
    const { dockerfile, entries, headers } = await pack();
    expect(dockerfile).toBe('Dockerfile');
    expect(entries).toEqual({ Dockerfile: 'FROM scratch\n', 'bin/': 'dir', 'bin/tool': 'x', link: '-> bin/tool' });
    expect(headers.find(({ name }) => name === 'bin/tool')).toMatchObject({ mode: 0o755, uid: 0, gid: 0 });
  });

  it('waits for no pipe that stands for the ignore file', async () => {
    execFileSync('mkfifo', [join(dir, '.dockerignore')]);
    await expect(pack()).rejects.toThrow(/\.dockerignore is a named pipe$/);
  });

  it('always has the Dockerfile and the ignore file, leaves out what the patterns say, and keeps exceptions', async () => {
    write({ '.dockerignore': '\ufeff# comment\n*\n!/kept\n!src/*.c\n', kept: '1', gone: '2', 'src/a.c': '3', 'src/a.o': '4' });
    const { entries } = await pack();
    expect(Object.keys(entries).sort()).toEqual(['.dockerignore', 'Dockerfile', 'kept', 'src/', 'src/a.c']);
  });

  it('leaves a socket out', async () => {
    const server = createServer().listen(join(dir, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    expect(Object.keys((await pack()).entries)).toEqual(['Dockerfile']);
    server.close();
  });

  it.each([
    ['no ignore file', null, '.dockerfile.bxtui', '.dockerignore\n.dockerfile.bxtui\n'],
    ['one that leaves itself out', '.docker*\n', '.dockerfile.bxtui', '.docker*\n\n.dockerfile.bxtui\n'],
    ['one whose pattern a name can be made of', '# x\n**/*.log\n', '.dockerfile.bxtui.log', '# x\n**/*.log\n'],
    ['a directory that it leaves out', 'node_modules\n', 'node_modules', 'node_modules\n'],
    ['no pattern at all', '# nothing\n', '.dockerfile.bxtui', '# nothing\n\n.dockerfile.bxtui\n'],
    ['a pattern below what is not there', 'no/such\n', '.dockerfile.bxtui', 'no/such\n\n.dockerfile.bxtui\n'],
  ])('puts a cut Dockerfile where the engine takes it out: %s', async (_, ignored, path, sentIgnore) => {
    write({ 'node_modules/a': '1', ...(ignored !== null && { '.dockerignore': ignored }) });
    const { dockerfile, entries } = await pack({ cut: 'FROM cut\n' });
    expect(dockerfile).toBe(path);
    expect(entries[path]).toBe('FROM cut\n');
    expect(entries['.dockerignore']).toBe(sentIgnore);
    expect(entries.Dockerfile).toBe('FROM scratch\n');
  });

  it('takes a Dockerfile from elsewhere, and leaves one of the same name alone', async () => {
    const { dockerfile, entries } = await pack({ dockerfile: { path: null, text: 'FROM other\n' } });
    expect(entries[dockerfile]).toBe('FROM other\n');
    expect(entries.Dockerfile).toBe('on disk');
  });

  it('tells how much was sent, and what cannot be read', async () => {
    write({ a: '12345' });
    const told: unknown[] = [];
    await pack({ onSent: (...progress) => told.push(progress) });
    expect(told.at(-1)).toEqual([18, 2, true]);
    await expect(
      packContext({
        contextDir: join(dir, 'none'),
        dockerfile: { path: null, text: '' },
        cut: null,
        isEmpty: false,
        onSent() {},
      }),
    ).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('none'),
    });
  });
});
