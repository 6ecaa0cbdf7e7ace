import { describe, expect, it } from 'vitest';
import type { FileEntry } from '../../../../src/core/model/index.js';
import { compareTrees } from '../../../../src/engine/shared/files/compare-trees.js';

type Tree = { readonly [name: string]: Tree | string };

const entry = (name: string, node: Tree | string): FileEntry => ({
  ...{ name, permissions: 0o755, uid: 0, gid: 0, mtimeMs: 0, linkTarget: null },
  ...(typeof node === 'string' ? { kind: 'file', sizeBytes: node.length } : { kind: 'dir', sizeBytes: 0 }),
});

function lister(root: Tree, asked: string[] = []) {
  return async (path: string): Promise<FileEntry[]> => {
    asked.push(path);
    await new Promise((resolve) => setImmediate(resolve));
    let node: Tree | string = root;
    for (const part of path.split('/').filter((one) => one !== '')) node = (node as Tree)[part] ?? '';
    if (typeof node === 'string') throw new Error(`${path} is no directory`);
    return Object.entries(node).map(([name, child]) => entry(name, child));
  };
}

const compare = async (before: Tree, after: Tree): Promise<string[]> =>
  (await compareTrees(lister(before), lister(after))).map(({ kind, path }) => `${kind} ${path}`);

describe('compareTrees', () => {
  it('tells what is new, other and gone, and of what is gone only the top', async () => {
    const before = { keep: { same: 'x', other: 'x' }, gone: { deep: { er: 'x' } }, file: 'x', dir: { in: 'x' } };
    const after = { keep: { same: 'x', other: 'xy' }, new: { deep: { er: 'x' } }, file: { in: 'x' }, dir: 'x' };
    expect(await compare(before, after)).toEqual([
      'changed /dir',
      'changed /file',
      'added /file/in',
      'deleted /gone',
      'changed /keep/other',
      'added /new',
      'added /new/deep',
      'added /new/deep/er',
    ]);
    expect(await compare(after, after)).toEqual([]);
  });

  it('asks for each directory once, and for none that is not there', async () => {
    const wide = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`d${index}`, { sub: { file: 'x' } }]));
    const before: string[] = [];
    const after: string[] = [];
    await compareTrees(lister({ d1: {} }, before), lister(wide, after));
    expect(before.sort()).toEqual(['/', '/d1']);
    expect(after).toHaveLength(81);
  });

  it('fails once, when nothing is asked for any more', async () => {
    let open = 0;
    const failing = async (path: string): Promise<FileEntry[]> => {
      if (path === '/') return ['a', 'b', 'c'].map((name) => entry(name, {}));
      open++;
      await new Promise((resolve) => setTimeout(resolve, path === '/a' ? 5 : 20));
      open--;
      if (path === '/a') throw new Error('no');
      return [];
    };
    await expect(compareTrees(lister({ a: {}, b: {}, c: {} }), failing)).rejects.toThrow('no');
    expect(open).toBe(0);
  });
});
