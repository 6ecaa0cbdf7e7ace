/**
 * The program that tells a key of AWS (`credential_process` of a profile, or AWS's own tool): asked, and not asked again until what it has told
 * expires, since some ask a person. What it tells stands in no error.
 */
import { closeSync, openSync } from 'node:fs';
import { BxError } from '../../platform/errors.js';
import type { AwsKey, AwsProgram } from './aws-key.js';

type Env = Readonly<Record<string, string | undefined>>;

/** As AWS's own tools wait. */
const TIMEOUT_MS = 60_000;
/** One that does not end when it is asked to. */
const KILL_AFTER_MS = 1_000;
const MAX_ANSWER_BYTES = 1 << 20;
/** Of a shell that does not find a command (POSIX, Shell Command Language, 2.8.2). */
const NOT_FOUND = 127;

/** By their command. */
const told = new Map<string, { readonly key: AwsKey; readonly expiresAtMs: number }>();

/** Throws `BxError('input' | 'cancelled')`. */
export async function askAwsProgram(program: AwsProgram, env: Env, signal: AbortSignal, timeoutMs = TIMEOUT_MS): Promise<AwsKey> {
  const known = told.get(program.command);
  if (known !== undefined && known.expiresAtMs > Date.now()) return known.key;
  const answer = parseAnswer(await run(program, env, signal, timeoutMs));
  if (typeof answer === 'string') throw failed(program, answer);
  told.set(program.command, answer);
  return answer.key;
}

/** What it says on standard output. */
async function run(program: AwsProgram, env: Env, signal: AbortSignal, timeoutMs: number): Promise<string> {
  const cancelled = (): BxError => new BxError('cancelled', `asking ${program.name} was cancelled`);
  if (signal.aborted) throw cancelled();
  const { execa } = await import('execa');
  const isDetached = !hasTerminal();
  const child = execa('/bin/sh', ['-c', program.command], {
    ...{ env: { ...env }, extendEnv: false, reject: false, maxBuffer: MAX_ANSWER_BYTES },
    stdio: ['inherit', 'pipe', 'pipe'],
    detached: isDetached,
  } as const);
  // What it has started may hold its output open for longer than it lives, so that its end alone is not waited for.
  const late = AbortSignal.timeout(timeoutMs);
  const ending = AbortSignal.any([signal, late]);
  const given = new Promise<null>((resolve) => {
    if (ending.aborted) resolve(null);
    ending.addEventListener('abort', () => resolve(null), { once: true });
  });
  const result = await Promise.race([child, given]);
  if (result === null) {
    end(child, isDetached);
    child.stdout.destroy();
    child.stderr.destroy();
    throw signal.aborted ? cancelled() : failed(program, `it has not answered within ${timeoutMs / 1000} s`);
  }
  if (!result.failed) return result.stdout;
  // A Ctrl-C at the terminal that it shares with this process.
  if (result.signal === 'SIGINT' || result.exitCode === 130) throw cancelled();
  if (program.isOwnTool && result.exitCode === NOT_FOUND) throw lacksTool(program);
  throw failed(program, endOf(result));
}

interface ProgramResult {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly shortMessage?: string | undefined;
  readonly stderr: string;
  readonly isMaxBuffer: boolean;
}

function endOf({ exitCode, signal, shortMessage, stderr, isMaxBuffer }: ProgramResult): string {
  if (isMaxBuffer) return 'it says more than a key';
  const said = stderr.trim().split('\n').at(-1);
  const status =
    exitCode !== undefined
      ? `it ended with status ${exitCode}`
      : signal !== undefined
        ? `it was ended by ${signal}`
        : shortMessage;
  return `${status}${said ? `: ${said}` : ''}`;
}

/** One that may ask the person at the terminal has to stay in the session that this terminal belongs to. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

interface RunningProgram {
  readonly pid?: number | undefined;
  readonly exitCode: number | null;
  readonly signalCode: string | null;
}

/** With all that it has started, where it has a process group of its own. */
function end(child: RunningProgram, isDetached: boolean): void {
  const { pid } = child;
  if (pid === undefined) return;
  const send = (signal: NodeJS.Signals): void => {
    try {
      process.kill(isDetached ? -pid : pid, signal);
    } catch {
      // It has ended by itself.
    }
  };
  send('SIGTERM');
  setTimeout(() => {
    if (child.exitCode === null && child.signalCode === null) send('SIGKILL');
  }, KILL_AFTER_MS).unref();
}

function failed({ name, command, isOwnTool }: AwsProgram, why: string): BxError {
  // What stands behind the name of a program, or before it, may be a secret.
  const program = isOwnTool ? `${command}.` : /^\s*([\w./~-]+)(?:\s|$)/.exec(command)?.[1]?.concat(' …');
  return new BxError('input', `type=s3: ${name} tells no key: ${why}`, {
    hint: `${program === undefined ? 'Run it' : `It is this command: ${program} Run it`} by hand to see, or name another profile with AWS_PROFILE.`,
  });
}

function lacksTool({ name, command }: AwsProgram): BxError {
  return new BxError('unsupported', `type=s3: there is nothing to ask ${name}: AWS's own tool is not on this machine`, {
    hint: `It is asked with ${command}. Install it (aws, version 2), or give access_key_id and secret_access_key.`,
  });
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
  const session_token = typeof SessionToken === 'string' ? SessionToken : undefined;
  return { key: { access_key_id: AccessKeyId, secret_access_key: SecretAccessKey, session_token }, expiresAtMs };
}
