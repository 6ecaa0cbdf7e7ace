/** What cannot be made of a result's files on this machine, and how that is told. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createStagedTree } from '../../../../../src/engine/buildkit/session/outputs/staged-tree.js';
import { GoMode } from '../../../../../src/engine/shared/files/file-tree.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bxtui-staged-'));
  writeFileSync(join(root, 'mknod'), '#!/bin/sh\necho "mknod: $4: Operation not permitted" >&2\nexit 1\n');
  chmodSync(join(root, 'mknod'), 0o755);
  vi.stubEnv('PATH', root);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

it.each([
  ['device', GoMode.device + GoMode.charDevice, /type=tar/],
  ['pipe', GoMode.fifo, /^null$/],
])('names the %s that this user may not make', (what, kind, hint) => {
  const stat = {
    ...{ path: 'null', mode: kind + 0o666, uid: 0, gid: 0, size: 0n, mtimeNs: 0n, linkName: '' },
    ...{ devMajor: 1, devMinor: 3, xattrs: [] },
  };
  const tree = createStagedTree(root);
  const add = () => tree.add(stat as unknown as Parameters<typeof tree.add>[0]);
  expect(add).toThrow(`the ${what} "null" of the result cannot be made: Operation not permitted`);
  try {
    add();
  } catch (error) {
    expect(String((error as { hint: string | null }).hint)).toMatch(hint);
  }
});
