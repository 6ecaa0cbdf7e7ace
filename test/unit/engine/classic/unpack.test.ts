/** Archives of strangers as directories: whatever is in them, nothing is written outside. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tar, { type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repositoryOf } from '../../../../src/engine/classic/source/git.js';
import { resolveInScope } from '../../../../src/engine/classic/source/in-scope.js';
import { unpackTar } from '../../../../src/engine/classic/source/unpack.js';

let outside: string;
let root: string;
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'bxtui-unpack-'));
  root = join(outside, 'root');
  mkdirSync(root);
});
afterEach(() => rmSync(outside, { recursive: true, force: true }));

type Entry = Pick<Header, 'name'> & Partial<Header> & { readonly text?: string };

async function unpack(...entries: readonly Entry[]): Promise<void> {
  const pack = tar.pack();
  for (const { text, ...header } of entries) pack.entry(header, text ?? '');
  pack.finalize();
  await unpackTar(pack as never, root, new AbortController().signal);
}

describe('an archive', () => {
  it('has its files, links, modes and times', async () => {
    const mtime = new Date(981_173_106_000);
    await unpack(
      { name: 'd/', type: 'directory', mode: 0o750, mtime },
      { name: 'd/f', text: 'f', mode: 0o4755, mtime },
      { name: 'd/hard', type: 'link', linkname: 'd/f' },
      { name: 'soft', type: 'symlink', linkname: '/etc/passwd', mtime },
      { name: './no/directory/before', text: 'x' },
    );
    expect(readFileSync(join(root, 'd/f'), 'utf8')).toBe('f');
    expect(statSync(join(root, 'd/f')).mode & 0o7777).toBe(0o4755);
    expect(statSync(join(root, 'd/f')).nlink).toBe(2);
    expect(statSync(join(root, 'd')).mtime).toEqual(mtime);
    expect(statSync(join(root, 'd')).mode & 0o7777).toBe(0o750);
    expect(readlinkSync(join(root, 'soft'))).toBe('/etc/passwd');
    expect(lstatSync(join(root, 'soft')).mtime).toEqual(mtime);
    expect(existsSync(join(root, 'no/directory/before'))).toBe(true);
  });

  it('has its pipes and devices, or says why it cannot', async () => {
    await unpack({ name: 'pipe', type: 'fifo', mode: 0o640 });
    const made = lstatSync(join(root, 'pipe'));
    expect([made.isFIFO(), made.mode & 0o7777]).toEqual([true, 0o640]);
    const device = { name: 'null', type: 'character-device', devmajor: 1, devminor: 3 } as const;
    const isMade = await unpack(device).then(
      () => lstatSync(join(root, 'null')).isCharacterDevice(),
      (error: Error) => error.message,
    );
    if (isMade !== true) expect(isMade).toMatch(/^the archive has a character device, null, which cannot be made here: .*mknod/);
  });

  it.each(['../out', 'd/../../out', '/../out'])('is refused for the name %s', async (name) => {
    const refused = name.startsWith('/') ? unpack({ name: '/../out', text: 'x' }) : unpack({ name, text: 'x' });
    await expect(refused).rejects.toThrow('leads out of it');
    expect(existsSync(join(outside, 'out'))).toBe(false);
  });

  it.each(['..', '/', '../../..', 'loop/..'])('follows a link to %s below itself only', async (linkname) => {
    await unpack(
      { name: 'd/l', type: 'symlink', linkname },
      { name: 'd/l/out', text: 'x' },
      { name: 'd/l/d2/', type: 'directory' },
    );
    expect(existsSync(join(outside, 'out'))).toBe(false);
    expect(['out', 'd/out'].some((path) => existsSync(join(root, path)))).toBe(true);
  });

  it('takes the last of a name, and writes through no link of that name', async () => {
    await unpack({ name: 'f', type: 'symlink', linkname: '../out' }, { name: 'f', text: 'own' });
    expect(readFileSync(join(root, 'f'), 'utf8')).toBe('own');
    expect(existsSync(join(outside, 'out'))).toBe(false);
  });

  it('is refused for a second name of a file elsewhere', async () => {
    await expect(unpack({ name: 'p', type: 'link', linkname: '../../etc/passwd' })).rejects.toThrow('leads out of it');
    await expect(unpack({ name: 'p', type: 'link', linkname: 'nothing' })).rejects.toThrow('not in it');
  });
});

describe('a path in a directory', () => {
  it('goes round in no circle', () => {
    symlinkSync('b', join(root, 'a'));
    symlinkSync('a', join(root, 'b'));
    expect(() => resolveInScope(root, 'a/x')).toThrow('too many symbolic links');
    expect(resolveInScope(root, 'a', true)).toBe(join(root, 'a'));
  });
});

describe('a URL', () => {
  it.each([
    ['https://x.example/a.git#v1:d/e', { remote: 'https://x.example/a.git', ref: 'v1', directory: 'd/e' }],
    ['git@x.example:a.git', { remote: 'git@x.example:a.git', ref: 'master', directory: '' }],
    ['github.com/a/b#:d', { remote: 'https://github.com/a/b', ref: 'master', directory: 'd' }],
    ['https://x.example/a.tar.gz', null],
  ])('%s', (url, repository) => expect(repositoryOf(url)).toEqual(repository));
});
