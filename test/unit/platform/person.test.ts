/** A user of whom only the number is known, as a container has one that was started with it. */
import { tmpdir } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { homeDirectory, ownUid } from '../../../src/platform/person.js';
import { sessionRoot } from '../../../src/session/records/root-dir.js';

vi.mock('node:os', async (original) => {
  // As libuv words it where getpwuid(3) finds nobody.
  const unknown = (): never => {
    throw new Error('A system error occurred: uv_os_get_passwd returned ENOENT (no such file or directory)');
  };
  return { ...(await original<typeof import('node:os')>()), userInfo: unknown, homedir: unknown };
});

describe('a user without an account', () => {
  it('has the home that the environment names, else the root directory', () => {
    expect(homeDirectory({ HOME: '/home/me' })).toBe('/home/me');
    expect(homeDirectory({})).toBe('/');
  });

  it('owns files by the number, and has sessions', () => {
    expect(ownUid()).toBe(process.geteuid?.());
    expect(sessionRoot(null, {})).toBe(`${tmpdir()}/bxtui-${process.geteuid?.()}`);
  });
});
