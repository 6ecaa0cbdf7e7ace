import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkDestinations } from '../../../../src/cli/build/check-destinations.js';
import type { OutputSpec } from '../../../../src/engine/engine.js';

const NO_FILES = { iidFile: null, metadataFile: null, hasWarnings: false, record: null };

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-destinations-'));
  mkdirSync(join(dir, 'directory'));
  writeFileSync(join(dir, 'file'), '');
  symlinkSync('nowhere/x', join(dir, 'astray'));
  symlinkSync('real', join(dir, 'link'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const check = (...outputs: OutputSpec[]): void => checkDestinations({ outputs, resultFiles: NO_FILES });

describe('what a build is to write', () => {
  it.each([
    ['nowhere/out.tar', 'there is no such directory'],
    ['astray', 'there is no such directory'],
    ['file/out.tar', 'a part of the path is no directory'],
    ['directory', 'it is a directory'],
  ])('is refused before it begins where it cannot be: %s', (path, why) => {
    const dest = join(dir, path);
    const message = (flag: string) =>
      expect.objectContaining({ code: 'input', message: `${flag}: cannot write ${dest}: ${why}` });
    expect(() => check({ kind: 'oci', dest })).toThrow(message('--output type=oci'));
    const files = { ...NO_FILES, iidFile: dest };
    expect(() => checkDestinations({ outputs: [], resultFiles: files })).toThrow(message('--iidfile'));
  });

  it('is left to the build where it can be, and nothing is made', () => {
    const before = readdirSync(dir);
    const dest = (path: string): string => join(dir, path);
    check({ kind: 'tar', dest: dest('new.tar') }, { kind: 'docker', dest: dest('file') }, { kind: 'oci', dest: dest('link') });
    check(
      { kind: 'tar', dest: '-' },
      { kind: 'local', dest: dest('a/b/c') },
      { kind: 'store' },
      { kind: 'tar', dest: '/dev/null' },
    );
    check({ kind: 'oci', dest: dest('layout/deep'), isDirectory: true });
    expect(readdirSync(dir)).toEqual(before);
  });
});
