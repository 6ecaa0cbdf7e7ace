import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeDirectory } from '../../../src/platform/make-directory.js';

const root = mkdtempSync(join(tmpdir(), 'bxtui-test-'));
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('a private directory', () => {
  it('is made with those above it, for one person, and may be there already', () => {
    const path = join(root, 'a/b/c');
    makeDirectory(path);
    makeDirectory(path);
    expect([join(root, 'a'), path].map((one) => statSync(one).mode & 0o777)).toEqual([0o700, 0o700]);
  });

  it('that cannot be made is an error at once', () => {
    makeDirectory(root);
    writeFileSync(join(root, 'file'), '');
    expect(() => makeDirectory(join(root, 'file/below'))).toThrow();
  });

  it.runIf(process.platform === 'linux')('below /proc as well', () => {
    expect(() => makeDirectory('/proc/bxtui/below')).toThrow(/ENOENT/);
  });
});
