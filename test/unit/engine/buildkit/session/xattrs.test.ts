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
  it('are read as they were written, in the order of the paths, odd names included', async (context) => {
    const root = mkdtempSync(join(tmpdir(), 'bxtui-xattrs-'));
    const reader = createXattrReader()!;
    try {
      const names = ['plain', 'with', 'new\nline;x', 'none'];
      const paths = names.map((name) => join(root, name));
      for (const path of paths) writeFileSync(path, '');
      setXattrs([
        { path: paths[1]!, name: 'user.a', value: Buffer.from([0, 255, 10]) },
        { path: paths[1]!, name: 'user.empty', value: new Uint8Array(0) },
        { path: paths[2]!, name: 'user.b', value: Buffer.from('b') },
      ]);
      reader.prepare();
      const own = (await reader.read([paths[0]!, paths[1]!, null, paths[2]!, join(root, 'missing'), paths[3]!])).map((found) =>
        Object.fromEntries(
          [...(found ?? [])].filter(([name]) => name.startsWith('user.')).map(([name, value]) => [name, [...value]]),
        ),
      );
      if (Object.keys(own[1]!).length === 0) return context.skip('the file system keeps no extended attributes');
      expect(own).toEqual([{}, { 'user.a': [0, 255, 10], 'user.empty': [] }, {}, { 'user.b': [98] }, {}, {}]);
      expect(await reader.read([])).toEqual([]);
    } finally {
      reader.dispose();
      rmSync(root, { recursive: true, force: true });
    }
  });

  it('are none after the helper has gone', async () => {
    const reader = createXattrReader()!;
    await reader.read(['/']);
    reader.dispose();
    expect(await reader.read(['/'])).toEqual([null]);
  });
});
