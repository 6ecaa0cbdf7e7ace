import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIBRARY_SCRIPT } from '../../../../../src/engine/buildkit/container/scripts.js';
import { keepsHistory, shellOfInstruction, shellThatRan } from '../../../../../src/engine/buildkit/container/shell-choice.js';
import { lookAround, readSurroundings } from '../../../../../src/engine/buildkit/container/surroundings.js';

describe('looking around', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'bxtui-around-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const look = (posixShell: string[], cwd: string, prefix = '') => {
    const command = `${LIBRARY_SCRIPT}\n${lookAround({ posixShell, prepare: '', prefix }, cwd)}`;
    return readSurroundings(spawnSync('/bin/sh', ['-c', command], { encoding: 'utf8' }).stdout, cwd);
  };

  it('makes a missing working directory, but not in a filesystem that is elsewhere', () => {
    expect(look(['/bin/sh'], join(dir, 'made here')).cwd).toBe(join(dir, 'made here'));
    expect(existsSync(join(dir, 'made here'))).toBe(true);
    expect(look(['/bin/sh'], join(dir, 'not made'), '/rootfs').cwd).toBe('/');
    expect(existsSync(join(dir, 'not made'))).toBe(false);
  });

  it('finds the programs that are there', () => {
    const found = look(['/bin/sh'], '/');
    for (const path of [found.env, found.bash, found.chroot]) expect(path === '' || existsSync(path)).toBe(true);
    expect(found.env).not.toBe('');
  });

  it('takes no answer for no', () => {
    expect(readSurroundings('', '/app')).toEqual({ cwd: '/', bash: '', env: '', chroot: '', isAshWithHistory: false });
  });
});

it('the shell of a command needs no looking for where the command runs in one', () => {
  expect(shellThatRan(['/bin/sh', '-c', 'make'], ['/bin/sh', '-c'])).toBe('/bin/sh');
  expect(shellThatRan(['/usr/bin/bash', '-eo', 'pipefail', '-c', 'x'], ['/usr/bin/bash', '-eo', 'pipefail', '-c'])).toBe(
    '/usr/bin/bash',
  );
  expect(shellThatRan(['/bin/make'], ['/bin/sh', '-c'])).toBeNull();
  expect(shellThatRan(['/usr/bin/python3', '-c', 'x'], ['/usr/bin/python3', '-c'])).toBeNull();
  expect(shellThatRan(['sh', '-c', 'x'], ['sh', '-c'])).toBeNull();
  expect(shellThatRan([], ['/bin/sh', '-c'])).toBeNull();
});

it('a history is kept by bash, and by ash where it can', () => {
  expect(keepsHistory(['/usr/bin/bash'], ['/bin/sh'], false)).toBe(true);
  expect(keepsHistory(['/bin/sh'], ['/bin/sh'], true)).toBe(true);
  expect(keepsHistory(['/bin/sh'], ['/bin/sh'], false)).toBe(false);
  expect(keepsHistory(['/bin/zsh'], ['/bin/sh'], true)).toBe(false);
  expect(keepsHistory([], ['/bin/sh'], true)).toBe(false);
});

it('SHELL names a shell for people unless it is just sh', () => {
  expect(shellOfInstruction(['/bin/bash', '-o', 'pipefail', '-c'])).toBe('/bin/bash');
  expect(shellOfInstruction(['/bin/sh', '-c'])).toBeNull();
  expect(shellOfInstruction(['python3', '-c'])).toBeNull();
});
