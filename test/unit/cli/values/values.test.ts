import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBuildArg } from '../../../../src/cli/values/build-arg.js';
import { parsePlatform } from '../../../../src/cli/values/platform.js';
import { parseSecret, SECRET_MAX_BYTES } from '../../../../src/cli/values/secret.js';
import { parseSsh, parseSshList } from '../../../../src/cli/values/ssh.js';
import { checkTag } from '../../../../src/cli/values/tag.js';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-values-'));
  writeFileSync(join(dir, 'npmrc'), 'token');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('parseSecret', () => {
  it('finds the source as docker does', () => {
    const env = { TOKEN: 'x' };
    expect(parseSecret('id=npmrc,src=npmrc', {}, dir)).toEqual({ id: 'npmrc', from: { kind: 'file', path: join(dir, 'npmrc') } });
    expect(parseSecret('id=npmrc', {}, dir)).toEqual({ id: 'npmrc', from: { kind: 'file', path: join(dir, 'npmrc') } });
    expect(parseSecret('id=TOKEN', env, dir)).toEqual({ id: 'TOKEN', from: { kind: 'env', name: 'TOKEN' } });
    expect(parseSecret('id=t,env=TOKEN', env, dir)).toEqual({ id: 't', from: { kind: 'env', name: 'TOKEN' } });
    expect(parseSecret('id=t,type=env,src=TOKEN', env, dir)).toEqual({ id: 't', from: { kind: 'env', name: 'TOKEN' } });
  });

  it('refuses what cannot be sent, before the build', () => {
    truncateSync(join(dir, 'npmrc'), SECRET_MAX_BYTES + 1);
    expect(() => parseSecret('id=npmrc', {}, dir)).toThrow('the limit is');
    expect(() => parseSecret(`id=a,src=/nope/x`, {}, dir)).toThrow('cannot read /nope/x: it does not exist');
    expect(() => parseSecret(`id=a,src=${dir}`, {}, dir)).toThrow('is not a file');
    expect(() => parseSecret('src=npmrc', {}, dir)).toThrow('id is required');
    expect(() => parseSecret('npmrc', {}, dir)).toThrow('must be key=value');
    expect(() => parseSecret('id=a,mode=1', {}, dir)).toThrow('unknown key "mode"');
  });
});

describe('parseSsh', () => {
  it('names the socket of the agent', async () => {
    const socket = join(dir, 'agent.sock');
    const server = createServer().listen(socket);
    await new Promise((resolve) => server.once('listening', resolve));
    expect(parseSsh('default', { SSH_AUTH_SOCK: socket }, '/')).toEqual({ id: 'default', socket });
    expect(parseSsh('git=agent.sock', {}, dir)).toEqual({ id: 'git', socket });
    server.close();
  });

  it('refuses what is no agent', () => {
    expect(() => parseSsh('default', {}, dir)).toThrow('SSH_AUTH_SOCK is not set');
    expect(() => parseSsh('a=nope', {}, dir)).toThrow('does not exist');
    expect(() => parseSsh('a=.', {}, dir)).toThrow('is a directory');
    expect(() => parseSshList(['a=npmrc', '', 'a=npmrc'], {}, dir)).toThrow('the id a is given twice');
  });

  it('names key files, which are several or one, and never with an agent', async () => {
    expect(parseSsh('a=npmrc', {}, dir)).toEqual({ id: 'a', keys: [join(dir, 'npmrc')] });
    expect(parseSsh('=npmrc,npmrc', {}, dir)).toEqual({ id: 'default', keys: [join(dir, 'npmrc'), join(dir, 'npmrc')] });
    const server = createServer().listen(join(dir, 'both.sock'));
    await new Promise((resolve) => server.once('listening', resolve));
    expect(() => parseSsh('a=npmrc,both.sock', {}, dir)).toThrow('an agent stands alone');
    server.close();
  });
});

describe('parsePlatform', () => {
  it.each([
    [[], null],
    [['linux/arm64'], 'linux/arm64'],
    [['arm64'], 'linux/arm64'],
    [['LINUX/x86_64'], 'linux/amd64'],
    [['linux/arm64/v8'], 'linux/arm64'],
    [['linux/arm/v7'], 'linux/arm/v7'],
    [['linux/amd64', 'amd64'], 'linux/amd64'],
    [['windows(10.0.17763)/amd64'], 'windows(10.0.17763)/amd64'],
  ])('reads %j', (values, expected) => {
    expect(parsePlatform(values)).toBe(expected);
  });

  it('takes this machine for local', () => {
    expect(parsePlatform(['local'])).toBe(parsePlatform([process.platform]));
  });

  it('refuses several, and what is none', () => {
    expect(parsePlatform(['linux/amd64,linux/arm64', 'linux/x86_64'])).toBe('linux/amd64,linux/arm64');
    expect(() => parsePlatform(['a/b/c/d'])).toThrow('must be os/architecture');
    expect(() => parsePlatform([''])).toThrow('must be os/architecture');
    expect(() => parsePlatform(['bogus'])).toThrow('--platform bogus: unknown architecture "bogus"');
    expect(() => parsePlatform(['linux/amd46'])).toThrow('unknown architecture "amd46"');
    expect(() => parsePlatform(['linus/amd64'])).toThrow('unknown operating system "linus"');
  });

  it("completes a system alone with the client's architecture", () => {
    expect(parsePlatform(['linux'])).toMatch(/^linux\/[a-z0-9]+$/);
    expect(parsePlatform(['linux'])).not.toBe('linux/linux');
    expect(parsePlatform(['armhf'])).toBe('linux/arm/v7');
  });
});

describe('checkTag', () => {
  it.each([
    'app',
    'app:1.0',
    'team/app',
    'localhost/app',
    'localhost:5000/app:x',
    'r.example.com/a_b/c--d:V1',
    'a.b__c',
    '[::1]:5000/a',
  ])('accepts %s', (tag) => {
    expect(checkTag(tag)).toBe(tag);
  });

  it.each(['APP', 'team/App', 'app:', 'app:a b', '', '/app', 'a//b', '-a', 'a@sha256:00', 'a.-b', `a:${'x'.repeat(129)}`])(
    'refuses %j',
    (tag) => {
      expect(() => checkTag(tag)).toThrow(`invalid --tag "${tag}"`);
    },
  );
});

describe('parseBuildArg', () => {
  it('takes the value given, else that of the environment, else none', () => {
    expect(parseBuildArg('A=b=c', {})).toEqual(['A', 'b=c']);
    expect(parseBuildArg('A=', { A: 'x' })).toEqual(['A', '']);
    expect(parseBuildArg('A', { A: 'x' })).toEqual(['A', 'x']);
    expect(parseBuildArg('A', {})).toEqual(['A', null]);
    expect(() => parseBuildArg('=a', {})).toThrow('the name is empty');
  });
});
