import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { locateBuildInput } from '../../../../src/cli/build/build-input.js';
import { readBuildOptions } from '../../../../src/cli/build/build-options.js';
import { startAgain } from '../../../../src/cli/sessions/start-again.js';
import { toBxError } from '../../../../src/platform/errors.js';
import { workingDirectory } from '../../../../src/platform/working-directory.js';

describe('a command line in a directory that is gone', () => {
  beforeEach(() => {
    vi.spyOn(process, 'cwd').mockImplementation(() => {
      throw Object.assign(new Error('ENOENT: no such file or directory, uv_cwd'), { code: 'ENOENT', syscall: 'uv_cwd' });
    });
  });
  afterEach(() => void vi.restoreAllMocks());

  const locate = (...args: string[]) => {
    const options = readBuildOptions(args, {}, workingDirectory())!;
    return locateBuildInput(options, workingDirectory());
  };

  it('is read where nothing in it counts from there', () => {
    expect(readBuildOptions(['--help'], {}, workingDirectory())).toBeNull();
    expect(locate('-f', '/dev/null', '--output', '/out', tmpdir()).contextDir).toBe(tmpdir());
    expect(locate('https://example.org/a.git').url).toBe('https://example.org/a.git');
    expect(locate('-').stdin).toBe('context');
  });

  it.each([['.'], ['..'], ['-f', 'Dockerfile', '/'], ['-o', 'out', '/']])(
    'is refused in words where something does: %j',
    (...args) => {
      const error = refusal(() => locate(...args));
      expect(error).toMatchObject({ code: 'input', message: 'the directory this shell is in does not exist any more' });
      expect(error.hint).toContain('cd "$PWD"');
    },
  );

  it('starts a session again from anywhere, and says where one has to be for another', () => {
    const record = {
      id: 'a',
      pid: 1,
      bornAt: null,
      version: '1',
      startedAtMs: 1,
      context: '/x',
      dockerfile: '/x/Dockerfile',
      args: ['/x'],
    };
    expect(startAgain({ ...record, cwd: '' }, null, '/y')).toBe('bxtui build --detach /x');
    expect(startAgain({ ...record, cwd: '/x' }, null, workingDirectory())).toBe('cd /x && bxtui build --detach /x');
  });
});

function refusal(work: () => unknown) {
  try {
    work();
  } catch (error) {
    return toBxError(error);
  }
  throw new Error('it was not refused');
}
