/**
 * Who one is at AWS, in the order in which its tools look (aws/aws-sdk-go-v2, config/resolve_credentials.go): the environment, then a profile of the
 * two files, with a key or a program that tells one (`aws-program.ts`). What takes a question to AWS its own tool is asked for; where nothing is
 * meant the engine looks for itself.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { shellWord } from './shell-word.js';

type Env = Readonly<Record<string, string | undefined>>;
type Section = Readonly<Record<string, string>>;

/** In the names of a cache's attributes. */
export interface AwsKey extends Readonly<Record<string, string | undefined>> {
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly session_token: string | undefined;
}

/** `credential_process` of a profile, or AWS's own tool. */
export interface AwsProgram {
  /** What is asked, as people call it: `credential_process of the profile x`. */
  readonly name: string;
  /** A line for the shell, which may have a secret in it where `isOwnTool` is false. */
  readonly command: string;
  readonly isOwnTool: boolean;
}

/** What tells the key. */
export type AwsSource =
  | { readonly kind: 'key'; readonly key: AwsKey }
  | { readonly kind: 'program'; readonly program: AwsProgram };

/** Null: nothing says who. */
export function findAwsKey(env: Env): AwsSource | null {
  const [id, secret] = [env.AWS_ACCESS_KEY_ID || env.AWS_ACCESS_KEY, env.AWS_SECRET_ACCESS_KEY || env.AWS_SECRET_KEY];
  if (id && secret) return given(id, secret, env.AWS_SESSION_TOKEN);
  const name = env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE || 'default';
  if (env.AWS_WEB_IDENTITY_TOKEN_FILE) return ownTool('the role of AWS_WEB_IDENTITY_TOKEN_FILE', name);
  const profile = readProfile(name, env);
  if (profile.role_arn) return ownTool(`the role of the profile ${name}`, name);
  if (profile.aws_access_key_id && profile.aws_secret_access_key) {
    return given(profile.aws_access_key_id, profile.aws_secret_access_key, profile.aws_session_token);
  }
  if (profile.sso_session || profile.sso_start_url) return ownTool(`the single sign-on of the profile ${name}`, name);
  const command = profile.credential_process;
  if (command) {
    return { kind: 'program', program: { name: `credential_process of the profile ${name}`, command, isOwnTool: false } };
  }
  const container = ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'].find((key) => env[key]);
  return container === undefined ? null : ownTool(`the container's role (${container})`, name);
}

function given(id: string, secret: string, token: string | undefined): AwsSource {
  return { kind: 'key', key: { access_key_id: id, secret_access_key: secret, session_token: token } };
}

/** It looks in the same order, asks AWS, and tells what it is given as a `credential_process` does. */
function ownTool(what: string, profile: string): AwsSource {
  const named = profile === 'default' ? '' : ` --profile ${shellWord(profile)}`;
  const command = `aws configure export-credentials${named} --format process`;
  return { kind: 'program', program: { name: `aws for ${what}`, command, isOwnTool: true } };
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
