/** Caches as they are written, with what docker fills in from the environment. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCaches } from '../../../../src/cli/values/cache.js';
import { awsSourceFor, withAwsKey } from '../../../../src/cli/values/cache-environment.js';

const from = (value: string, env = {}, cwd = '/w') => parseCaches([value], '--cache-from', env, cwd);
const to = (value: string, env = {}, cwd = '/w') => parseCaches([value], '--cache-to', env, cwd);
const registry = (attrs: Record<string, string>) => ({ type: 'registry', attrs });

describe('caches', () => {
  it('are read', () => {
    expect(from('a/b:c,d')).toEqual([registry({ ref: 'a/b:c' }), registry({ ref: 'd' })]);
    expect(from('type=registry,ref=a')).toEqual([registry({ ref: 'a' })]);
    expect(from('type=local,src=c,tag=t')).toEqual([{ type: 'local', attrs: { src: '/w/c', tag: 't' } }]);
    expect(from('')).toEqual([]);
    expect(to('TYPE=registry,ref=a,mode=max')).toEqual([registry({ ref: 'a', mode: 'max' })]);
    expect(to('type=inline')).toEqual([{ type: 'inline', attrs: {} }]);
    expect(to('type=local,dest=/c,compression=zstd')).toEqual([{ type: 'local', attrs: { dest: '/c', compression: 'zstd' } }]);
    expect(to('type=azblob,account_url=u,name=a')).toEqual([{ type: 'azblob', attrs: { account_url: 'u', name: 'a' } }]);
  });

  it.each([
    [from, 'ref=a', '--cache-from ref=a: type is required'],
    [from, 'type=inline', 'unknown type "inline"'],
    [to, 'type=registy,ref=a', 'unknown type "registy", did you mean registry?'],
    [to, 'type=registry', 'type=registry needs ref=REF'],
    [to, 'type=local,src=a', 'type=local needs dest=DIR'],
    [from, 'type=local', 'type=local needs src=DIR'],
    [to, 'type=inline,mode=max', 'unknown attribute "mode", type=inline takes none'],
    [to, 'type=registry,ref=a,mod=max', 'unknown attribute "mod", did you mean mode?'],
    [to, 'type=registry,ref=a,mode=all', 'mode is "all", and must be min or max'],
    [to, 'type=registry,ref=a,ignore-error=x', 'ignore-error is "x", and must be true or false'],
    [to, 'type=local,dest=a,compression-level=x', 'compression-level is "x", and must be a whole number'],
    [to, 'type=gha,token=[withheld]', 'token was left out of what a session keeps of its command line: give it again'],
    [to, 'type=s3,secret_access_key=hush,mode=all', '--cache-to type=s3,secret_access_key=[withheld],mode=all'],
  ] as ReadonlyArray<[typeof from, string, string]>)('are refused: %# %s', (read, value, message) => {
    expect(() => read(value)).toThrow(message);
  });

  it('of GitHub have what a job has, and are none elsewhere', () => {
    const v1 = { ACTIONS_CACHE_URL: 'https://c', ACTIONS_RUNTIME_TOKEN: 't' };
    const v2 = { ACTIONS_RESULTS_URL: 'https://r', ACTIONS_CACHE_SERVICE_V2: 'True', ACTIONS_RUNTIME_TOKEN: 't' };
    expect(to('type=gha,mode=max')).toEqual([]);
    expect(to('type=gha', { ACTIONS_RUNTIME_TOKEN: 't' })).toEqual([]);
    expect(to('type=gha,mode=max', v1)).toEqual([{ type: 'gha', attrs: { mode: 'max', url: 'https://c', token: 't' } }]);
    expect(from('type=gha', v2)).toEqual([{ type: 'gha', attrs: { url: 'https://r', url_v2: 'https://r', token: 't' } }]);
    expect(from('type=gha,token=own,url=https://own', v2)).toEqual([
      { type: 'gha', attrs: { token: 'own', url: 'https://own', url_v2: 'https://r' } },
    ]);
  });

  describe('at AWS', () => {
    let home = '';
    beforeAll(() => {
      home = mkdtempSync(join(tmpdir(), 'bxtui-aws-'));
      mkdirSync(join(home, '.aws'));
      writeFileSync(join(home, '.aws/credentials'), '[default]\naws_access_key_id = d\naws_secret_access_key=ds\n[other]\n');
      writeFileSync(
        join(home, '.aws/config'),
        '[profile other]\nregion = x\naws_access_key_id=o\naws_secret_access_key=os\naws_session_token = ot\n',
      );
    });
    afterAll(() => rmSync(home, { recursive: true, force: true }));

    it.each([
      ['', {}, { access_key_id: 'd', secret_access_key: 'ds' }],
      ['', { AWS_PROFILE: 'other' }, { access_key_id: 'o', secret_access_key: 'os', session_token: 'ot' }],
      ['', { AWS_PROFILE: 'none' }, {}],
      [
        '',
        { AWS_ACCESS_KEY_ID: 'e', AWS_SECRET_ACCESS_KEY: 'es', AWS_SESSION_TOKEN: 'et' },
        { access_key_id: 'e', secret_access_key: 'es', session_token: 'et' },
      ],
      [',access_key_id=f,secret_access_key=fs', { AWS_SESSION_TOKEN: 'et' }, { access_key_id: 'f', secret_access_key: 'fs' }],
      [',access_key_id=f', {}, { access_key_id: 'f', secret_access_key: 'ds' }],
    ])('have a key: %j %j', (more, env, expected) => {
      const caches = { cacheTo: to(`type=s3,bucket=b${more}`) };
      const source = awsSourceFor(caches, { HOME: home, ...env });
      const found = source?.kind === 'key' ? withAwsKey(caches, source.key) : caches;
      expect(found).toEqual({ cacheTo: [{ type: 's3', attrs: { bucket: 'b', ...expected } }] });
    });

    it('in the place of a file are refused', () => {
      expect(() => from('type=local,src=credentials', {}, join(home, '.aws'))).toThrow('is a file, where a directory is needed');
    });
  });
});
