/** Who one is at AWS, as its files and programs say. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAwsKey } from '../../../../src/cli/values/aws-key.js';

const home = mkdtempSync(join(tmpdir(), 'bxtui-aws-'));
const asked = join(home, 'asked');
const answer = (more: object = {}) => JSON.stringify({ Version: 1, AccessKeyId: 'p', SecretAccessKey: 'ps', ...more });

const CONFIG = `[default]
region = r
[profile both]
aws_access_key_id = c
aws_secret_access_key = cs
[profile program]
credential_process = echo x >> ${asked}; echo '${answer({ SessionToken: 'pt', Expiration: '2999-01-01T00:00:00Z' })}'
[profile expired]
credential_process = echo x >> ${asked}; echo '${answer({ Expiration: '1999-01-01T00:00:00Z' })}'
[profile fails]
credential_process = echo first >&2; echo "no such user" >&2; exit 7
[profile text]
credential_process = echo secret-words
[profile old]
credential_process = echo '{"Version": 2}'
[profile half]
credential_process = echo '{"Version": 1, "AccessKeyId": "a"}'
[profile role]
role_arn = arn:aws:iam::1:role/x
source_profile = both
[profile sso]
sso_session = s
sso_account_id = 1
`;

const find = (profile: string, env: Record<string, string> = {}) =>
  findAwsKey({ ...process.env, HOME: home, AWS_PROFILE: profile, ...env });
const times = () => readFileSync(asked, 'utf8').length / 2;

beforeAll(() => {
  mkdirSync(join(home, '.aws'));
  writeFileSync(join(home, '.aws/config'), CONFIG);
  writeFileSync(join(home, '.aws/credentials'), '[both]\naws_access_key_id=k\naws_secret_access_key=ks\n');
});
afterAll(() => rmSync(home, { recursive: true }));

describe('a key of AWS', () => {
  it('is that of the credentials, before that of the configuration', () => {
    expect(find('both')).toEqual({ access_key_id: 'k', secret_access_key: 'ks', session_token: undefined });
  });

  it('is told by a program, which is asked once until it expires', () => {
    writeFileSync(asked, '');
    const key = { access_key_id: 'p', secret_access_key: 'ps', session_token: 'pt' };
    expect([find('program'), find('program')]).toEqual([key, key]);
    expect(times()).toBe(1);
    for (let count = 0; count < 2; count++) expect(find('expired')).toMatchObject({ access_key_id: 'p' });
    expect(times()).toBe(3);
  });

  it.each([
    ['fails', /credential_process of the profile fails tells no key: it ended with status 7: no such user$/],
    ['text', /what it says is no JSON$/],
    ['old', /no Version 1$/],
    ['half', /no SecretAccessKey$/],
  ])('is not told by a program that goes wrong: %s', (profile, message) => {
    expect(() => find(profile)).toThrow(message);
  });

  it.each([
    ['role', {}, 'the role arn:aws:iam::1:role/x (role_arn) in the profile role'],
    ['sso', {}, 'a single sign-on (sso_session) in the profile sso'],
    ['default', { AWS_WEB_IDENTITY_TOKEN_FILE: '/t' }, 'AWS_WEB_IDENTITY_TOKEN_FILE'],
    ['default', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://x' }, 'AWS_CONTAINER_CREDENTIALS_FULL_URI'],
  ])('that takes a question to AWS says so, and what to do: %s %j', (profile, env, what) => {
    expect(() => find(profile, env)).toThrow(what);
    try {
      find(profile, env);
    } catch (error) {
      const named = profile === 'default' ? '' : ` --profile ${profile}`;
      expect((error as { hint: string }).hint).toContain(`aws configure export-credentials${named} --format env`);
    }
  });

  it('of nobody is left to the engine', () => {
    expect(find('default')).toBeNull();
    expect(find('nobody')).toBeNull();
  });
});
