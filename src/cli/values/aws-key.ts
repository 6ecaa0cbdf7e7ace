/**
 * Who one is at AWS, in the order in which its tools look (aws/aws-sdk-go-v2, config/resolve_credentials.go): the environment, then a profile of the
 * two files, with a key or a program that tells one. What takes a question to AWS is refused where it is what is meant; where nothing is meant the
 * engine looks for itself.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BxError } from '../../platform/errors.js';

type Env = Readonly<Record<string, string | undefined>>;
type Section = Readonly<Record<string, string>>;

/** In the names of a cache's attributes. */
export interface AwsKey extends Readonly<Record<string, string | undefined>> {
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly session_token: string | undefined;
}

const PROGRAM_MS = 60_000;

/** Null: nothing says who. Throws `BxError('input' | 'unsupported')`. */
export function findAwsKey(env: Env): AwsKey | null {
  const [id, secret] = [env.AWS_ACCESS_KEY_ID || env.AWS_ACCESS_KEY, env.AWS_SECRET_ACCESS_KEY || env.AWS_SECRET_KEY];
  if (id && secret) return keyOf(id, secret, env.AWS_SESSION_TOKEN);
  const name = env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE || 'default';
  if (env.AWS_WEB_IDENTITY_TOKEN_FILE) throw unsupported('AWS_WEB_IDENTITY_TOKEN_FILE, a token that stands for a role', name);
  const profile = readProfile(name, env);
  const role = profile.role_arn ? `the role ${profile.role_arn} (role_arn)` : null;
  if (role !== null) throw unsupported(`${role} in the profile ${name}`, name);
  if (profile.aws_access_key_id && profile.aws_secret_access_key) {
    return keyOf(profile.aws_access_key_id, profile.aws_secret_access_key, profile.aws_session_token);
  }
  const sso = ['sso_session', 'sso_start_url'].find((key) => profile[key]);
  if (sso !== undefined) throw unsupported(`a single sign-on (${sso}) in the profile ${name}`, name);
  if (profile.credential_process) return askProgram(profile.credential_process, name, env);
  const container = ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'].find((key) => env[key]);
  if (container !== undefined) throw unsupported(`what a container is told (${container})`, name);
  return null;
}

function keyOf(id: string, secret: string, token: string | undefined): AwsKey {
  return { access_key_id: id, secret_access_key: secret, session_token: token };
}

function unsupported(what: string, profile: string): BxError {
  const named = profile === 'default' ? '' : ` --profile ${profile}`;
  return new BxError('unsupported', `type=s3: the key is that of ${what}, which bxtui does not ask AWS for`, {
    hint: `Have AWS's own tool ask, and build again: eval "$(aws configure export-credentials${named} --format env)". Or give access_key_id and secret_access_key.`,
  });
}

/** What a file of credentials says goes before the other. */
function readProfile(name: string, env: Env): Section {
  const home = join(env.HOME || homedir(), '.aws');
  return {
    ...readSection(
      env.AWS_CONFIG_FILE || join(home, 'config'),
      name === 'default' ? [name, 'profile default'] : [`profile ${name}`],
    ),
    ...readSection(env.AWS_SHARED_CREDENTIALS_FILE || join(home, 'credentials'), [name]),
  };
}

/** Empty: there is no such file or section. */
function readSection(path: string, names: readonly string[]): Section {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return {};
  }
  let isWanted = false;
  const values: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*(.*?)\s*\]/.exec(line)?.[1];
    if (section !== undefined) isWanted = names.includes(section.replace(/\s+/g, ' '));
    const [, key, value] = /^([A-Za-z_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (isWanted && key !== undefined) values[key.toLowerCase()] = value ?? '';
  }
  return values;
}

/** What programs have told, by their command, until it expires: some ask a person. */
const told = new Map<string, { readonly key: AwsKey; readonly expiresAtMs: number }>();

/** Its answer is an object on standard output (AWS, sourcing credentials with an external process). */
function askProgram(command: string, profile: string, env: Env): AwsKey {
  const known = told.get(command);
  if (known !== undefined && known.expiresAtMs > Date.now()) return known.key;
  const failed = (why: string): BxError =>
    new BxError('input', `type=s3: credential_process of the profile ${profile} tells no key: ${why}`, {
      hint: `It is this command: ${command.split(/\s/, 1)[0]} … Run it by hand to see, or name another profile with AWS_PROFILE.`,
    });
  const run = spawnSync('/bin/sh', ['-c', command], {
    env: { ...env },
    stdio: ['inherit', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: PROGRAM_MS,
  });
  if (run.error) throw failed('code' in run.error && run.error.code === 'ETIMEDOUT' ? 'it takes too long' : run.error.message);
  if (run.status !== 0) {
    const said = run.stderr.trim().split('\n').at(-1);
    throw failed(
      `${run.status === null ? `it was ended by ${run.signal}` : `it ended with status ${run.status}`}${said ? `: ${said}` : ''}`,
    );
  }
  const answer = parseAnswer(run.stdout);
  if (typeof answer === 'string') throw failed(answer);
  told.set(command, answer);
  return answer.key;
}

/** A sentence: what is wrong with it; what it says is not told, for it may be half of a key. */
function parseAnswer(text: string): { readonly key: AwsKey; readonly expiresAtMs: number } | string {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return 'what it says is no JSON';
  }
  const { Version, AccessKeyId, SecretAccessKey, SessionToken, Expiration } = (answer ?? {}) as Readonly<Record<string, unknown>>;
  if (Version !== 1) return 'its answer has no Version 1';
  if (typeof AccessKeyId !== 'string' || AccessKeyId === '') return 'its answer has no AccessKeyId';
  if (typeof SecretAccessKey !== 'string' || SecretAccessKey === '') return 'its answer has no SecretAccessKey';
  const expiresAtMs = typeof Expiration === 'string' ? Date.parse(Expiration) : Number.POSITIVE_INFINITY;
  if (Number.isNaN(expiresAtMs)) return 'its Expiration is no time';
  return { key: keyOf(AccessKeyId, SecretAccessKey, typeof SessionToken === 'string' ? SessionToken : undefined), expiresAtMs };
}
