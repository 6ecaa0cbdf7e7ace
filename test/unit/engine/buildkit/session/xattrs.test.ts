import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createXattrReader } from '../../../../../src/engine/buildkit/session/filesync/xattrs.js';
import { setXattrs } from '../../../../../src/engine/buildkit/session/outputs/set-xattrs.js';

function hasPerl(): boolean {
  try {
    execFileSync('perl', ['-e', '1']);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(createXattrReader() === null || !hasPerl())('extended attributes', () => {
  it('are read as they were written, by the index of the path, odd names included', async (context) => {
    const root = mkdtempSync(join(tmpdir(), 'bxtui-xattrs-'));
    const reader = createXattrReader()!;
    try {
      const names = ['plain', 'with', 'new\nline;x', '\n', '0', 'none'];
      const paths = names.map((name) => join(root, name));
      for (const path of paths) writeFileSync(path, '');
      setXattrs([
        { path: paths[1]!, name: 'user.a', value: Buffer.from([0, 255, 10]) },
        { path: paths[1]!, name: 'user.empty', value: new Uint8Array(0) },
        { path: paths[2]!, name: 'user.b', value: Buffer.from('b') },
        { path: paths[3]!, name: 'user.c', value: Buffer.from('c') },
      ]);
      reader.prepare();
      const own = async (asked: readonly string[], dir = root): Promise<unknown> =>
        [...((await reader.read(dir, asked)) ?? [])]
          .map(
            ([index, found]) =>
              [
                index,
                [...found].filter(([name]) => name.startsWith('user.')).map(([name, value]) => [name, [...value]]),
              ] as const,
          )
          .filter(([, found]) => found.length > 0);
      const asked = ['plain', 'with', 'missing', ...names.slice(2)];
      const [first, second, elsewhere] = await Promise.all([own(asked), own(['with']), own(['with'], join(root, 'missing'))]);
      if ((second as unknown[]).length === 0) return context.skip('the file system keeps no extended attributes');
      const both = [
        ['user.a', [0, 255, 10]],
        ['user.empty', []],
      ];
      expect(first).toEqual([
        [1, both],
        [3, [['user.b', [98]]]],
        [4, [['user.c', [99]]]],
      ]);
      expect(second).toEqual([[0, both]]);
      expect(elsewhere).toEqual([]);
      expect(await reader.read(root, [])).toBeNull();
    } finally {
      reader.dispose();
      rmSync(root, { recursive: true, force: true });
    }
  });

  it('are none after the helper has gone', async () => {
    const reader = createXattrReader()!;
    await reader.read('/', ['tmp']);
    reader.dispose();
    expect(await reader.read('/', ['tmp'])).toBeNull();
  });
});
