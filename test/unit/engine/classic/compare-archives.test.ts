import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { FileEntry } from '../../../../src/core/model/index.js';
import type { ArchiveEntry } from '../../../../src/engine/classic/archive.js';
import { compareArchives } from '../../../../src/engine/classic/compare-archives.js';

type Told = Partial<FileEntry> & { readonly path: string; readonly content?: string; readonly isHardLink?: boolean };

let endings = 0;
async function* archive(...all: readonly Told[]): AsyncGenerator<ArchiveEntry, void> {
  try {
    for (const { path, content = '', isHardLink = false, ...more } of all) {
      const kind = path.endsWith('/') ? 'dir' : 'file';
      const plain = path.replace(/(?<=.)\/$/, '');
      const entry: FileEntry = {
        ...{ name: plain, kind, permissions: 0o644, uid: 0, gid: 0, mtimeMs: 1_000, linkTarget: null },
        sizeBytes: isHardLink ? 0 : content.length,
        ...more,
      };
      yield { path: plain, entry, isHardLink, body: Readable.from([Buffer.from(content)]) };
    }
  } finally {
    endings++;
  }
}
const compare = async (before: readonly Told[] | null, after: readonly Told[], sinceMs = 0) =>
  (await compareArchives(before === null ? null : archive(...before), archive(...after), sinceMs)).map(
    ({ kind, path }) => `${kind} ${path}`,
  );

describe('compareArchives', () => {
  it('tells nothing of what is the same', async () => {
    const all = [{ path: '/' }, { path: '/a/' }, { path: '/a/b', content: 'x' }];
    expect(await compare(all, all)).toEqual([]);
    // A directory is younger with every change in it.
    expect(await compare([{ path: '/a/' }], [{ path: '/a/', mtimeMs: 2_000 }])).toEqual([]);
    expect(await compare([], [])).toEqual([]);
  });

  it('goes by directories, not by the text of a path', async () => {
    const before = [{ path: '/a/' }, { path: '/a/z' }, { path: '/a-b' }, { path: '/a.c' }];
    expect(await compare(before, before)).toEqual([]);
    expect(await compare(before, [{ path: '/a-b' }, { path: '/a.c' }])).toEqual(['deleted /a']);
    expect(await compare([{ path: '/a-b' }], before)).toEqual(['added /a', 'added /a.c', 'added /a/z']);
  });

  it('orders names by their bytes, as the engine does', async () => {
    const names = ['/\uffee', '/\u{1f600}'];
    expect(
      await compare(
        names.map((path) => ({ path })),
        names.map((path) => ({ path })),
      ),
    ).toEqual([]);
  });

  it.each<[string, Told, Told]>([
    ['size', { path: '/f', content: 'x' }, { path: '/f', content: 'xy' }],
    ['time', { path: '/f' }, { path: '/f', mtimeMs: 2_000 }],
    ['mode', { path: '/f' }, { path: '/f', permissions: 0o600 }],
    ['owner', { path: '/f' }, { path: '/f', uid: 7 }],
    ['group of a directory', { path: '/f/' }, { path: '/f/', gid: 7 }],
    ['target', { path: '/f', kind: 'symlink', linkTarget: 'a' }, { path: '/f', kind: 'symlink', linkTarget: 'b' }],
    ['kind', { path: '/f' }, { path: '/f', kind: 'fifo' }],
  ])('tells another %s', async (_, before, after) => {
    expect(await compare([before], [after])).toEqual(['changed /f']);
  });

  it('looks at the content where the time may say nothing', async () => {
    const [before, after] = [[{ path: '/f', content: 'ab', mtimeMs: 5_000 }], [{ path: '/f', content: 'ba', mtimeMs: 5_000 }]];
    expect(await compare(before, after, 4_000)).toEqual(['changed /f']);
    expect(await compare(before, before, 4_000)).toEqual([]);
    expect(await compare(before, after, 6_000)).toEqual([]);
  });

  it('takes another name of a file for what it is', async () => {
    const before = [
      { path: '/a', content: 'x' },
      { path: '/b', isHardLink: true },
    ];
    expect(await compare(before, [{ path: '/b', content: 'x' }])).toEqual(['deleted /a']);
  });

  it('tells of a directory that a file has taken the place of only that', async () => {
    expect(await compare([{ path: '/d/' }, { path: '/d/x' }, { path: '/e' }], [{ path: '/d' }, { path: '/e' }])).toEqual([
      'changed /d',
    ]);
    expect(await compare([{ path: '/d' }], [{ path: '/d/' }, { path: '/d/x' }])).toEqual(['changed /d', 'added /d/x']);
  });

  it("leaves out what is the engine's own, and nothing else", async () => {
    const own = [{ path: '/.dockerenv', mtimeMs: 1 }, { path: '/dev/' }, { path: '/dev/console' }, { path: '/proc/' }];
    const mine = [{ path: '/dev/' }, { path: '/dev/x' }, { path: '/etc/' }, { path: '/etc/hosts', content: 'mine' }];
    expect(await compare(null, own)).toEqual([]);
    expect(await compare(own, [{ path: '/.dockerenv', mtimeMs: 2_000 }, ...own.slice(1)])).toEqual([]);
    expect(await compare(null, mine)).toEqual(['added /dev', 'added /dev/x', 'added /etc', 'added /etc/hosts']);
  });

  it('ends both sides, also when the order makes no sense', async () => {
    endings = 0;
    await expect(compare([{ path: '/b' }, { path: '/a' }], [{ path: '/c' }])).rejects.toMatchObject({ code: 'engine' });
    expect(endings).toBe(2);
  });
});
