import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locateBuildInput } from '../../../../src/cli/build/build-input.js';
import { readBuildOptions } from '../../../../src/cli/build/build-options.js';
import { prepareRequest } from '../../../../src/cli/build/prepare-request.js';
import { BxError } from '../../../../src/platform/errors.js';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-input-'));
  mkdirSync(join(dir, 'ctx/sub'), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const locate = (context: string, file: string | null = null) => locateBuildInput({ context, file }, dir);
const failure = (run: () => unknown): BxError => {
  try {
    run();
  } catch (error) {
    if (error instanceof BxError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('locateBuildInput', () => {
  it('finds the Dockerfile in the context, in either spelling', () => {
    writeFileSync(join(dir, 'ctx/dockerfile'), '');
    expect(locate('ctx')).toEqual({
      contextDir: join(dir, 'ctx'),
      dockerfileDir: join(dir, 'ctx'),
      dockerfileName: 'dockerfile',
    });
    expect(locate('ctx', 'ctx/Dockerfile').dockerfileName).toBe('dockerfile');
    expect(() => locate('ctx', 'ctx/Other')).toThrow('does not exist');
    writeFileSync(join(dir, 'ctx/Dockerfile'), '');
    expect(locate('ctx').dockerfileName).toBe('Dockerfile');
    expect(locate('ctx', 'ctx/Dockerfile').dockerfileName).toBe('Dockerfile');
  });

  it('does not take an empty name for the working directory', () => {
    writeFileSync(join(dir, 'Dockerfile'), '');
    expect(failure(() => locate('')).hint).toContain('a variable in its place may not be set');
  });

  it('says of a Dockerfile that is a dangling link where it leads', () => {
    symlinkSync('../gone/Dockerfile', join(dir, 'ctx/Dockerfile'));
    expect(failure(() => locate('ctx')).message).toMatch(/symbolic link to \.\.\/gone\/Dockerfile/);
  });

  it('takes a Dockerfile outside of the context, relative to the working directory', () => {
    writeFileSync(join(dir, 'app.Dockerfile'), '');
    expect(locate('ctx', 'app.Dockerfile')).toEqual({
      contextDir: join(dir, 'ctx'),
      dockerfileDir: dir,
      dockerfileName: 'app.Dockerfile',
    });
  });

  it.each([
    ['nope', null, 'does not exist', 'directory'],
    ['ctx/file', null, 'is a file', '-f ctx/file ctx'],
    ['ctx', null, 'there is no Dockerfile in', '-f PATH'],
    ['ctx', 'ctx/sub', 'is a directory', 'ctx/sub/Dockerfile'],
    ['ctx', 'file', 'does not exist', '-f'],
    ['ctx', 'ctx/dangling', 'is a symbolic link to nowhere, which does not exist', '-f'],
  ])('refuses context %s with -f %s', (context, file, message, hint) => {
    writeFileSync(join(dir, 'ctx/file'), '');
    symlinkSync('nowhere', join(dir, 'ctx/dangling'));
    const error = failure(() => locate(context, file));
    expect(error.code).toBe('input');
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });

  it('says where a Dockerfile is that was looked for in the wrong directory', () => {
    writeFileSync(join(dir, 'ctx/web.Dockerfile'), '');
    expect(failure(() => locate('ctx', 'web.Dockerfile')).hint).toContain(`-f ${join(dir, 'ctx/web.Dockerfile')}?`);
    writeFileSync(join(dir, 'ctx/Containerfile'), '');
    expect(failure(() => locate('ctx')).hint).toContain('Containerfile');
  });

  it.each([
    ['https://example.com/a.tar', null, { dockerfileName: 'Dockerfile' }],
    ['git@example.com:a/b.git#main:dir', 'x/Dockerfile', { dockerfileName: 'x/Dockerfile' }],
    ['ssh://git@example.com/a/b.git', null, {}],
    ['github.com/a/b', null, {}],
    ['HTTPS://example.com/a.git?branch=main', '-', { stdin: 'dockerfile', dockerfileName: 'Dockerfile' }],
  ])('takes the context %s with -f %s as a URL', (url, file, more) => {
    expect(locate(url, file)).toMatchObject({ contextDir: null, url, dockerfileDir: null, ...more });
  });

  it('takes a directory for one, whatever else its name could be', () => {
    mkdirSync(join(dir, 'github.com/a'), { recursive: true });
    writeFileSync(join(dir, 'github.com/a/Dockerfile'), '');
    expect(locate('github.com/a')).toMatchObject({ contextDir: join(dir, 'github.com/a') });
  });

  it('takes a Dockerfile of this machine by its whole path with a URL', () => {
    writeFileSync(join(dir, 'web.Dockerfile'), '');
    expect(locate('https://example.com/a.tar', join(dir, 'web.Dockerfile'))).toMatchObject({
      ...{ contextDir: null, dockerfileDir: dir, dockerfileName: 'web.Dockerfile' },
    });
    expect(failure(() => locate('https://example.com/a.tar', join(dir, 'gone'))).message).toContain('does not exist');
  });

  it('takes standard input for the context or for the Dockerfile', () => {
    expect(locate('-', 'in/Dockerfile')).toMatchObject({ stdin: 'context', contextDir: null, dockerfileName: 'in/Dockerfile' });
    expect(locate('ctx', '-')).toMatchObject({ stdin: 'dockerfile', contextDir: join(dir, 'ctx'), dockerfileDir: null });
    expect(failure(() => locate('-', '-')).code).toBe('usage');
  });

  it('takes a Dockerfile that has a URL, with any context', () => {
    const file = 'https://example.com/dir/Other';
    const named = { dockerfileDir: null, dockerfileName: 'Dockerfile', dockerfileUrl: file };
    expect(locate('ctx', file)).toEqual({ contextDir: join(dir, 'ctx'), ...named });
    expect(locate('-', file)).toEqual({ contextDir: null, stdin: 'context', ...named });
    expect(locate('https://example.com/a.git', file)).toEqual({ contextDir: null, url: 'https://example.com/a.git', ...named });
    expect(failure(() => locate('none', file)).message).toContain('the context "none"');
  });
});

describe('prepareRequest', () => {
  const request = (text: string, ...flags: string[]) => {
    writeFileSync(join(dir, 'ctx/Dockerfile'), text);
    const options = readBuildOptions(['ctx', ...flags], {}, dir)!;
    return prepareRequest(locate('ctx'), options);
  };

  it('reads the Dockerfile as it is now', () => {
    expect(request('FROM scratch\nCOPY a /\n').dockerfile.plan.instructions.map((step) => step.text)).toEqual([
      'FROM scratch',
      'COPY a /',
    ]);
    expect(request('FROM scratch AS two\n', '--target', 'TWO', '-t', 'x')).toMatchObject({ target: 'TWO', tags: ['x'] });
  });

  it('names the nearest stages when the target is not there', () => {
    const error = failure(() => request('FROM scratch AS build\nFROM build AS runtime\n', '--target=runtme'));
    expect(error.message).toContain('no stage "runtme"');
    expect(error.hint).toBe('Did you mean runtime? Its stages: build, runtime.');
    expect(failure(() => request('FROM scratch\n', '--target=x')).hint).toContain('names no stage');
  });

  it('says so when the Dockerfile has gone', () => {
    writeFileSync(join(dir, 'ctx/Dockerfile'), 'FROM scratch');
    const input = locate('ctx');
    rmSync(join(dir, 'ctx/Dockerfile'));
    const error = failure(() => prepareRequest(input, readBuildOptions(['ctx'], {}, dir)!));
    expect(error.message).toContain('it does not exist');
  });
});
