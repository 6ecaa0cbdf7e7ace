import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filePlace } from '../../../src/platform/file-place.js';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-place-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the place of a file that is written as a whole', () => {
  it('is beside it, under a name of its own, with the permissions of what is there', () => {
    const path = join(dir, 'out.tar');
    const place = filePlace(path);
    expect(place).toMatchObject({ final: path, isTemporary: true, mode: null });
    expect(dirname(place.writeTo)).toBe(dir);
    expect(filePlace(path).writeTo).not.toBe(place.writeTo);
    writeFileSync(path, '');
    chmodSync(path, 0o600);
    expect(filePlace(path)).toMatchObject({ final: path, mode: 0o600 });
  });

  it('is where symbolic links lead to, also where nothing is yet', () => {
    mkdirSync(join(dir, 'sub'));
    symlinkSync('sub/link', join(dir, 'out.tar'));
    symlinkSync('../real.tar', join(dir, 'sub/link'));
    expect(filePlace(join(dir, 'out.tar'))).toMatchObject({ final: join(dir, 'real.tar'), isTemporary: true });
    symlinkSync('round', join(dir, 'round'));
    expect(() => filePlace(join(dir, 'round'))).toThrow(expect.objectContaining({ code: 'ELOOP' }));
  });

  it('is itself where it is no file, and none where it is a directory', () => {
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    symlinkSync('pipe', join(dir, 'to-pipe'));
    expect(filePlace(join(dir, 'to-pipe'))).toMatchObject({ writeTo: join(dir, 'pipe'), isTemporary: false });
    expect(filePlace('/dev/null')).toMatchObject({ writeTo: '/dev/null', isTemporary: false });
    expect(filePlace('/dev/stdout').isTemporary).toBe(false);
    expect(() => filePlace(dir)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
  });
});
