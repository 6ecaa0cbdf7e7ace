import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryTree } from '../../../../../src/engine/buildkit/session/filesync/memory-tree.js';
import { createDiskTree, goMode } from '../../../../../src/engine/shared/files/disk-tree.js';
import { type FileTree, GoMode } from '../../../../../src/engine/shared/files/file-tree.js';
import { followLinks } from '../../../../../src/engine/shared/files/follow-links.js';
import { readFailure, type WalkEntry, type WalkFilter, walkTree } from '../../../../../src/engine/shared/files/tree-walk.js';

const NO_FILTER: WalkFilter = { include: [], exclude: [], follow: null };

function entriesOf(tree: FileTree, filter: Partial<WalkFilter> = {}, budget = 3): WalkEntry[] {
  const entries: WalkEntry[] = [];
  const walk = walkTree(tree, { ...NO_FILTER, ...filter });
  while (walk.advance(budget, (entry) => entries.push(entry)));
  return entries;
}

const pathsOf = (tree: FileTree, filter: Partial<WalkFilter> = {}): string[] =>
  entriesOf(tree, filter).map((entry) => entry.path);
const memory = (...paths: string[]): FileTree => createMemoryTree(new Map(paths.map((path) => [path, Buffer.from(path)])));

describe('permissions on Windows', () => {
  it.each([
    ['of a file', 0o100666, 0o755],
    ['of a file that is read-only', 0o100444, 0o555],
    ['of a directory', 0o040666, GoMode.dir + 0o755],
    ['of a link', 0o120666, GoMode.symlink + 0o755],
  ])('%s say that it may be a program, and that only its owner writes it', (_, mode, expected) => {
    expect(goMode(mode, 'win32')).toBe(expected);
  });

  it('are taken as they are elsewhere', () => {
    expect(goMode(0o100666, 'linux')).toBe(0o666);
  });
});

describe('walking a tree', () => {
  it('is depth first, in byte order of the names, directories before their entries', () => {
    const tree = memory('b', 'a/z', 'a-b', 'a.b', 'a/é', 'a/z2/q', '\uffee', '😀');
    expect(pathsOf(tree)).toEqual(['a', 'a/z', 'a/z2', 'a/z2/q', 'a/é', 'a-b', 'a.b', 'b', '\uffee', '😀']);
  });

  it('leaves excluded directories out as a whole', () => {
    expect(pathsOf(memory('keep', 'node_modules/x/y'), { exclude: ['node_modules'] })).toEqual(['keep']);
  });

  it('enters an excluded directory for an exception below it, and sends its parents first', () => {
    const tree = memory('d/e/keep', 'd/e/drop', 'd/x', 'other/y');
    expect(pathsOf(tree, { exclude: ['*', '!d/e/keep'] })).toEqual(['d', 'd/e', 'd/e/keep']);
    expect(pathsOf(tree, { exclude: ['*', '!**/keep'] })).toEqual(['d', 'd/e', 'd/e/keep']);
  });

  it('sends only what is included, with its parents', () => {
    const tree = memory('a/b/c', 'a/b/d', 'a/x', 'z');
    expect(pathsOf(tree, { include: ['a/b/c'] })).toEqual(['a', 'a/b', 'a/b/c']);
    expect(pathsOf(tree, { include: ['a/*/d', 'z'] })).toEqual(['a', 'a/b', 'a/b/d', 'z']);
    expect(pathsOf(tree, { include: ['nothing'] })).toEqual([]);
    expect(pathsOf(tree, { include: ['a'], exclude: ['a/b'] })).toEqual(['a', 'a/x']);
  });

  it('does not look below directories that cannot hold a match', () => {
    const tree = memory('a/b', 'far/away/c');
    const looked: string[] = [];
    const list = (dir: string): string[] => {
      looked.push(dir);
      return tree.list(dir);
    };
    pathsOf({ ...tree, list }, { include: ['a/b'] });
    expect(looked).toEqual(['', 'a']);
  });

  it('takes no more names in a slice than it was given', () => {
    const walk = walkTree(memory(...Array.from({ length: 40 }, (_, i) => `f${i}`)), NO_FILTER);
    let seen = 0;
    expect(walk.advance(10, () => seen++)).toBe(true);
    expect(seen).toBeLessThanOrEqual(10);
  });
});

describe('a tree on disk', () => {
  let root: string;
  const write = (path: string, text = path): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bxtui-walk-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('carries modes, sizes, times, symlinks and hard links', () => {
    write('a', '12345');
    chmodSync(join(root, 'a'), 0o4750);
    utimesSync(join(root, 'a'), 1_600_000_000, 1_600_000_000.5);
    linkSync(join(root, 'a'), join(root, 'b'));
    symlinkSync('/nowhere', join(root, 'c'));
    mkdirSync(join(root, 'd'));
    chmodSync(join(root, 'd'), 0o1777);
    const [a, b, c, d] = entriesOf(createDiskTree(root));
    expect(a).toMatchObject({
      path: 'a',
      linkName: '',
      stat: { mode: GoMode.setuid + 0o750, sizeBytes: 5, mtimeNs: 1_600_000_000_500_000_000n },
    });
    expect(b).toMatchObject({ path: 'b', linkName: 'a' });
    expect(c).toMatchObject({ path: 'c', linkName: '/nowhere', stat: { kind: 'symlink', mode: GoMode.symlink + 0o777 } });
    expect(d).toMatchObject({ path: 'd', stat: { kind: 'dir', mode: GoMode.dir + GoMode.sticky + 0o777, sizeBytes: 0 } });
  });

  it('makes the first name that is sent the one that hard links refer to', () => {
    write('a');
    linkSync(join(root, 'a'), join(root, 'b'));
    linkSync(join(root, 'a'), join(root, 'c'));
    expect(entriesOf(createDiskTree(root), { exclude: ['a'] }).map((entry) => entry.linkName)).toEqual(['', 'b']);
  });

  it('follows symlinks of the paths that are asked for, inside of the tree only', () => {
    write('real/file');
    write('other');
    symlinkSync('real/file', join(root, 'link'));
    symlinkSync('/real', join(root, 'absolute'));
    symlinkSync('../../../outside', join(root, 'escape'));
    symlinkSync('loop2', join(root, 'loop1'));
    symlinkSync('loop1', join(root, 'loop2'));
    const tree = createDiskTree(root);
    expect(pathsOf(tree, { follow: ['link'] })).toEqual(['link', 'real', 'real/file']);
    expect(pathsOf(tree, { follow: ['absolute/file'] })).toEqual(['absolute', 'real', 'real/file']);
    expect(pathsOf(tree, { follow: ['li*'] })).toEqual(['link', 'real', 'real/file']);
    expect(pathsOf(tree, { follow: ['loop1'] })).toEqual(['loop1', 'loop2']);
    expect(followLinks(tree, ['escape'])).toEqual(['escape', 'outside']);
    expect(followLinks(tree, ['/'])).toBeNull();
    expect(pathsOf(tree, { follow: ['missing'] })).toEqual([]);
  });

  it('serves bytes in place of a file, and of one that is not there', () => {
    write('Dockerfile', 'FROM old');
    write('same', 'same');
    const tree = createDiskTree(
      root,
      new Map([
        ['Dockerfile', Buffer.from('FROM new')],
        ['extra', Buffer.from('x')],
        ['same', Buffer.from('same')],
      ]),
    );
    const [dockerfile, extra, same] = entriesOf(tree);
    expect(extra).toMatchObject({ path: 'extra', stat: { mode: 0o644, sizeBytes: 1 } });
    const content = Buffer.alloc(20);
    expect(content.toString('utf8', 0, tree.open('Dockerfile').readSync(content, 0, 20))).toBe('FROM new');
    // Same size, other bytes: without another time the engine would take it for unchanged.
    const onDisk = entriesOf(createDiskTree(root));
    expect(dockerfile!.stat.mtimeNs).not.toBe(onDisk[0]!.stat.mtimeNs);
    expect(same!.stat.mtimeNs).toBe(onDisk[1]!.stat.mtimeNs);
  });

  it('says which directory is missing or is none', () => {
    write('file');
    expect(() => createDiskTree(join(root, 'nope'))).toThrow(/nope: there is no such directory/);
    expect(() => createDiskTree(join(root, 'file'))).toThrow(/file is not a directory/);
  });

  it('names the entry that cannot be looked at, and passes over one that vanished', () => {
    write('a');
    write('b');
    const tree = createDiskTree(root);
    const denied = Object.assign(new Error('EACCES'), { code: 'EACCES' });
    const failing: FileTree = {
      ...tree,
      stat(path) {
        if (path === 'b') throw denied;
        return tree.stat(path);
      },
    };
    expect(() => pathsOf(failing)).toThrow(/cannot look at .*\/b: permission denied/);
    expect(pathsOf({ ...tree, stat: (path) => (path === 'a' ? null : tree.stat(path)) })).toEqual(['b']);
    expect(readFailure('x', 'open', Object.assign(new Error(), { code: 'ENOENT' })).message).toBe(
      'cannot open x: it has vanished meanwhile',
    );
  });

  it('passes over an excluded directory that may not be read, and names an included one', () => {
    write('secret/x');
    write('ok');
    const tree = createDiskTree(root);
    const locked: FileTree = {
      ...tree,
      list(dir) {
        if (dir === 'secret') throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
        return tree.list(dir);
      },
    };
    expect(pathsOf(locked, { exclude: ['secret', '!**/y'] })).toEqual(['ok']);
    expect(() => pathsOf(locked)).toThrow(/cannot read the directory .*\/secret: permission denied/);
  });
});
