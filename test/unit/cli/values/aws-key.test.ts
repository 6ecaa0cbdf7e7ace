/** Who one is at AWS, as its files and programs say. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AwsKey, findAwsKey } from '../../../../src/cli/values/aws-key.js';
import { askAwsProgram } from '../../../../src/cli/values/aws-program.js';
import type { BxError } from '../../../../src/platform/errors.js';
import { eventually } from '../../../helpers/eventually.js';
import { capture } from '../../../setup/command.mjs';

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
[profile much]
credential_process = yes secret-words
[profile child]
credential_process = sh -c 'echo $$ >> ${asked}; sleep 60; echo late' | cat
[profile deaf]
credential_process = trap '' TERM; echo $$ >> ${asked}; sleep 60; sleep 60
[profile assigned]
credential_process = TOKEN=secret-words false
[profile role]
role_arn = arn:aws:iam::1:role/x
source_profile = both
[profile sso]
sso_session = s
sso_account_id = 1
`;

const envOf = (profile: string, env: Record<string, string> = {}) => ({
  ...process.env,
  ...{ HOME: home, AWS_PROFILE: profile },
  ...env,
});
const find = (profile: string, env: Record<string, string> = {}) => findAwsKey(envOf(profile, env));
async function ask(profile: string, { signal = new AbortController().signal, timeoutMs = 10_000 } = {}): Promise<AwsKey> {
  const source = find(profile);
  if (source?.kind !== 'program') throw new Error(`no program: ${JSON.stringify(source)}`);
  return askAwsProgram(source.program, envOf(profile), signal, timeoutMs);
}
const fail = (key: AwsKey) => Promise.reject(new Error(`it has told ${JSON.stringify(key)}`));
/** What a program has started is ended with it where that is in no session that a terminal belongs to. */
const hasTerminal = capture('sh', ['-c', ': < /dev/tty']).status === 0;
/** A process that nobody has waited for yet has gone as well. */
function isGone(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}
const times = () => readFileSync(asked, 'utf8').length / 2;

beforeAll(() => {
  mkdirSync(join(home, '.aws'));
  writeFileSync(join(home, '.aws/config'), CONFIG);
  writeFileSync(join(home, '.aws/credentials'), '[both]\naws_access_key_id=k\naws_secret_access_key=ks\n');
});
afterAll(() => rmSync(home, { recursive: true }));

describe('a key of AWS', () => {
  it('is that of the credentials, before that of the configuration', () => {
    const key = { access_key_id: 'k', secret_access_key: 'ks', session_token: undefined };
    expect(find('both')).toEqual({ kind: 'key', key });
  });

  it('is told by a program, which is asked once until it expires', async () => {
    writeFileSync(asked, '');
    const key = { access_key_id: 'p', secret_access_key: 'ps', session_token: 'pt' };
    expect([await ask('program'), await ask('program')]).toEqual([key, key]);
    expect(times()).toBe(1);
    for (let count = 0; count < 2; count++) expect(await ask('expired')).toMatchObject({ access_key_id: 'p' });
    expect(times()).toBe(3);
  });

  it.each([
    ['fails', /credential_process of the profile fails tells no key: it ended with status 7: no such user$/],
    ['text', /what it says is no JSON$/],
    ['old', /no Version 1$/],
    ['half', /no SecretAccessKey$/],
    ['much', /it says more than a key$/],
  ])('is not told by a program that goes wrong: %s', async (profile, message) => {
    const error: BxError = await ask(profile).then(fail, (reason) => reason);
    expect(error.message).toMatch(message);
    expect(error.code).toBe('input');
    expect(`${error.message} ${error.hint}`).toContain(`the profile ${profile}`);
    expect(error.hint).toMatch(
      /^It is this command: (?:echo|yes) … Run it by hand to see, or name another profile with AWS_PROFILE\.$/,
    );
    expect(`${error.message} ${error.hint}`).not.toContain('secret-words');
  });

  it('of a program that fails has no secret of its command in the error', async () => {
    const error: BxError = await ask('assigned').then(fail, (reason) => reason);
    expect(error.message).toMatch(/it ended with status 1$/);
    expect(`${error.message} ${error.hint}`).not.toContain('secret-words');
  });

  it('is not waited for without end, and not by a program that has left its output to another', async () => {
    writeFileSync(asked, '');
    await expect(ask('child', { timeoutMs: 300 })).rejects.toThrow('it has not answered within 0.3 s');
    if (!hasTerminal) await eventually(() => expect(isGone(Number(readFileSync(asked, 'utf8')))).toBe(true));
  });

  it.each(hasTerminal ? ['deaf'] : ['child', 'deaf'])('that is not wanted any more ends its program: %s', async (profile) => {
    writeFileSync(asked, '');
    const abort = new AbortController();
    const asking = ask(profile, { signal: abort.signal });
    await eventually(() => expect(readFileSync(asked, 'utf8')).not.toBe(''));
    abort.abort();
    await expect(asking).rejects.toMatchObject({ code: 'cancelled' });
    await eventually(() => expect(isGone(Number(readFileSync(asked, 'utf8')))).toBe(true));
    await expect(ask(profile, { signal: abort.signal })).rejects.toMatchObject({ code: 'cancelled' });
  });

  it.each([
    ['role', {}, 'the role of the profile role'],
    ['sso', {}, 'the single sign-on of the profile sso'],
    ['default', { AWS_WEB_IDENTITY_TOKEN_FILE: '/t' }, 'the role of AWS_WEB_IDENTITY_TOKEN_FILE'],
    ['default', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://x' }, "the container's role (AWS_CONTAINER_CREDENTIALS_FULL_URI)"],
  ])("that takes a question to AWS is asked of AWS's own tool: %s %j", async (profile, more, what) => {
    const bin = join(home, `bin-${profile}-${Object.keys(more).join()}`);
    mkdirSync(bin);
    const env = { ...envOf(profile, more), PATH: bin };
    const source = findAwsKey(env);
    if (source?.kind !== 'program') throw new Error('no program');
    const command = `aws configure export-credentials${profile === 'default' ? '' : ` --profile ${profile}`} --format process`;
    expect(source.program).toEqual({ name: `aws for ${what}`, command, isOwnTool: true });
    const signal = new AbortController().signal;
    const error: BxError = await askAwsProgram(source.program, env, signal).then(fail, (reason) => reason);
    expect(error.code).toBe('unsupported');
    expect(error.message).toBe(`type=s3: there is nothing to ask aws for ${what}: AWS's own tool is not on this machine`);
    expect(error.hint).toContain(command);
    const tool = `#!/bin/sh\nif [ "aws $*" = "${command}" ]; then echo '${answer({ SessionToken: 'own', Expiration: '1999-01-01T00:00:00Z' })}'; else exit 9; fi\n`;
    writeFileSync(join(bin, 'aws'), tool, { mode: 0o755 });
    const key = await askAwsProgram(source.program, env, signal);
    expect(key).toEqual({ access_key_id: 'p', secret_access_key: 'ps', session_token: 'own' });
  });

  it("that AWS's own tool is not given has the tool's last words, and what was asked", async () => {
    const bin = join(home, 'bin-refused');
    mkdirSync(bin);
    const words = 'Error loading SSO Token: Token for s does not exist';
    writeFileSync(join(bin, 'aws'), `#!/bin/sh\necho '${words}' >&2\nexit 255\n`, { mode: 0o755 });
    const env = { ...envOf('other', { AWS_WEB_IDENTITY_TOKEN_FILE: '/t' }), PATH: bin };
    const source = findAwsKey(env);
    if (source?.kind !== 'program') throw new Error('no program');
    const error: BxError = await askAwsProgram(source.program, env, new AbortController().signal).then(fail, (reason) => reason);
    expect(error.message).toMatch(`tells no key: it ended with status 255: ${words}`);
    expect(error.hint).toContain('It is this command: aws configure export-credentials --profile other --format process. Run it');
  });

  it('of nobody is left to the engine', () => {
    expect(find('default')).toBeNull();
    expect(find('nobody')).toBeNull();
  });
});
