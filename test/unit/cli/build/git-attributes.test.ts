/** What git says of a context, by the git of this machine. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readGitAttributes } from '../../../../src/cli/build/git-attributes.js';
import { which } from '../../../setup/command.mjs';

const REVISION = 'org.opencontainers.image.revision';
const SOURCE = 'org.opencontainers.image.source';
const ENTRYPOINT = 'com.docker.image.source.entrypoint';

let dir = '';
const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e', ...args], { cwd: dir })
    .toString()
    .trim();
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'bxtui-git-')));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A repository with one commit, and a directory `app` in it; its commit. */
function commit(): string {
  git('init', '-q');
  mkdirSync(join(dir, 'app'));
  writeFileSync(join(dir, 'app/Dockerfile'), 'FROM scratch\n');
  git('add', '-A');
  git('commit', '-qm', 'one');
  return git('rev-parse', 'HEAD');
}

const read = (env: NodeJS.ProcessEnv = {}, place: Partial<Parameters<typeof readGitAttributes>[0]> = {}) => {
  const app = join(dir, 'app');
  const whole = { contextDir: app, dockerfile: join(app, 'Dockerfile'), sent: { context: app }, ...place };
  return readGitAttributes(whole, { PATH: process.env.PATH, ...env });
};

describe.skipIf(which('git') === null)('what git says of a context', () => {
  it('is the commit, and where the files are in it', async () => {
    const revision = commit();
    symlinkSync('app', join(dir, 'link'));
    const sent = { context: join(dir, 'link'), dockerfile: dir, other: tmpdir() };
    const attributes = { 'vcs:revision': revision, 'vcs:localdir:context': 'app', 'vcs:localdir:dockerfile': '.' };
    expect(await read({}, { sent })).toEqual({ attributes, warning: null });
    expect(await read({ BUILDX_GIT_INFO: 'maybe' }, { sent })).toEqual({ attributes, warning: null });
    expect(await read({ BUILDX_GIT_INFO: '0' }, { sent })).toBe(null);
  });

  it.each([
    ['https://user:secret@example.com/a.git', 'https://example.com/a.git'],
    ['ssh://git@example.com/a.git', 'ssh://example.com/a.git'],
    ['git@example.com:a/b.git', 'git@example.com:a/b.git'],
  ])('has the remote %s, without credentials', async (url, source) => {
    commit();
    git('remote', 'add', 'upstream', url);
    expect((await read())?.attributes['vcs:source']).toBe(source);
    git('remote', 'add', 'origin', 'https://origin.example');
    expect((await read())?.attributes['vcs:source']).toBe('https://origin.example');
    git('config', `branch.${git('branch', '--show-current')}.remote`, 'upstream');
    git('config', `branch.${git('branch', '--show-current')}.merge`, 'refs/heads/main');
    expect((await read())?.attributes['vcs:source']).toBe(source);
  });

  it.each(['1', 'full', 'true'])('is labels as well, with BUILDX_GIT_LABELS=%s', async (told) => {
    const revision = commit();
    git('remote', 'add', 'origin', 'https://example.com/a');
    const labels = {
      ...{
        [`label:${REVISION}`]: revision,
        [`label:${SOURCE}`]: 'https://example.com/a',
        [`label:${ENTRYPOINT}`]: 'app/Dockerfile',
      },
    };
    expect((await read({ BUILDX_GIT_LABELS: told }))?.attributes).toEqual({
      ...labels,
      ...{ 'vcs:revision': revision, 'vcs:source': 'https://example.com/a', 'vcs:localdir:context': 'app' },
    });
    expect((await read({ BUILDX_GIT_LABELS: told, BUILDX_GIT_INFO: 'false' }))?.attributes).toEqual(labels);
    const elsewhere = { dockerfile: '/elsewhere/Dockerfile' };
    expect((await read({ BUILDX_GIT_LABELS: told }, elsewhere))?.attributes).not.toHaveProperty(`label:${ENTRYPOINT}`);
  });

  it('tells a changed tree where that is asked for', async () => {
    const revision = commit();
    const dirty = async (): Promise<string | undefined> =>
      (await read({ BUILDX_GIT_CHECK_DIRTY: '1' }))?.attributes['vcs:revision'];
    expect(await dirty()).toBe(revision);
    writeFileSync(join(dir, 'new'), '');
    expect(await dirty()).toBe(`${revision}-dirty`);
    expect((await read())?.attributes['vcs:revision']).toBe(revision);
  });

  it('is little without a commit, and nothing without a repository', async () => {
    mkdirSync(join(dir, 'app'));
    expect(await read()).toBe(null);
    git('init', '-q');
    expect(await read()).toEqual({ attributes: { 'vcs:localdir:context': 'app' }, warning: null });
  });

  it('is a warning where git cannot read the repository, and nothing where it lies above', async () => {
    mkdirSync(join(dir, '.git'));
    mkdirSync(join(dir, 'app'));
    expect(await read()).toBe(null);
    const told = await read({}, { contextDir: dir });
    expect(told?.attributes).toEqual({});
    expect(told?.warning).toMatch(/does not know its commit: .*not a git repository/);
    expect((await read({ PATH: '/nowhere' }, { contextDir: dir }))?.warning).toContain('git is not installed here');
  });
});
