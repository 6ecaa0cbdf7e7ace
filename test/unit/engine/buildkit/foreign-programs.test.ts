/** What a container says when its program is for another machine, and what is told of that. */
import { describe, expect, it } from 'vitest';
import { isForeignProgram, platformOfOp, runsByItself, whyForeign } from '../../../../src/engine/buildkit/foreign-programs.js';

describe('a program for another machine', () => {
  it.each([
    'exec /bin/sh: exec format error\n',
    'exec /opt/my tool: exec format error',
    'standard_init_linux.go:228: exec user process caused: exec format error',
    'standard_init_linux.go:211: exec user process caused "exec format error"',
  ])('is known by %j', (words) => {
    expect(isForeignProgram(words)).toBe(true);
  });

  it.each(['exec /bin/sh: no such file or directory', 'exec format error', 'sh: exec: line 1: x: Exec format error', ''])(
    'is not taken for it: %j',
    (words) => {
      expect(isForeignProgram(words)).toBe(false);
    },
  );

  it('is told with its platform and the emulator that would run it', () => {
    expect(whyForeign('linux/arm/v7', 'linux/amd64')).toEqual({
      reason: 'the engine cannot run programs for linux/arm/v7 (exec format error)',
      hint: expect.stringMatching(/--install arm$/),
    });
    expect(whyForeign('linux/arm64', 'linux/amd64').hint).toMatch(/binfmt --install arm64$/);
  });

  it('is none of that on the platform of the engine: there it is no program at all', () => {
    for (const platform of ['linux/amd64', 'linux/amd64/v2', null]) {
      expect(whyForeign(platform, 'linux/amd64')).toMatchObject({ hint: expect.stringContaining('#!/bin/sh') });
    }
  });

  it('may need an emulator unless the machine runs it by itself', () => {
    for (const platform of ['linux/amd64', 'linux/amd64/v3', 'linux/386', null])
      expect(runsByItself(platform, 'linux/amd64')).toBe(true);
    expect(runsByItself('linux/arm64', 'linux/amd64')).toBe(false);
    expect(runsByItself('linux/amd64', 'linux/arm64')).toBe(false);
  });

  it('has its platform from the operation', () => {
    const platform = { OS: 'linux', Architecture: 'arm', Variant: 'v7', OSVersion: '', OSFeatures: [] };
    expect(platformOfOp({ platform } as never)).toBe('linux/arm/v7');
    expect(platformOfOp(null)).toBeNull();
  });
});
