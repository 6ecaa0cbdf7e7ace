/**
 * `--invoke`: which process a debug shell is. Two forms, as buildx 0.13 has them: one word, or one CSV record of key=value with
 * lazy quotes, whose lists are JSON arrays or one plain string.
 */
import { BxError } from '../../platform/errors.js';
import { parseGoBoolean } from '../../platform/go-boolean.js';
import type { Invoke } from '../../session/index.js';
import { parseCsvRecord } from './csv-record.js';

const SHELL: Invoke = { args: null, env: [], user: null, cwd: null, tty: true };
const KEYS = 'args, entrypoint, env, user, cwd or tty';

/** Throws `BxError('usage')`. */
export function parseInvoke(text: string): Invoke {
  if (text === '' || text === 'default') return SHELL;
  if (text === 'on-error') return { ...SHELL, args: ['/bin/sh'] };
  const fields = parseCsvRecord(text, { lazyQuotes: true });
  if (fields.length === 1 && !fields[0]!.includes('=')) return { ...SHELL, args: [fields[0]!] };
  return parseLongForm(fields);
}

function parseLongForm(fields: readonly string[]): Invoke {
  const args: string[] = [];
  const entrypoint: string[] = [];
  const env: string[] = [];
  let { user, cwd, tty } = SHELL;
  for (const field of fields) {
    const equals = field.indexOf('=');
    if (equals < 0) throw invokeError(`invalid field "${field}": must be key=value`);
    const key = field.slice(0, equals).toLowerCase();
    const value = field.slice(equals + 1);
    if (key === 'args') args.push(...jsonArrayOrText(value));
    else if (key === 'entrypoint') entrypoint.push(...jsonArrayOrText(value));
    else if (key === 'env') env.push(...jsonArrayOrText(value));
    else if (key === 'user') user = value;
    else if (key === 'cwd') cwd = value;
    else if (key === 'tty') tty = readTty(value);
    else throw invokeError(`unknown key "${key}": must be ${KEYS}`);
  }
  const argv = [...entrypoint, ...args];
  return { args: argv.length > 0 ? argv : null, env, user, cwd, tty };
}

/** A JSON array of strings is a list; anything else is one plain string. */
function jsonArrayOrText(value: string): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(value);
    if (Array.isArray(parsed) && parsed.every((item) => typeof item === 'string')) return parsed;
  } catch {
    // not JSON: one plain string
  }
  return [value];
}

function readTty(value: string): boolean {
  const tty = parseGoBoolean(value);
  if (tty === null) throw invokeError(`invalid value "${value}" of tty: must be true or false`);
  return tty;
}

function invokeError(message: string): BxError {
  return new BxError('usage', `--invoke: ${message}`, {
    hint: `For example: --invoke /bin/bash, or --invoke 'entrypoint=sh,"args=[""-c"",""env""]",user=root'.`,
  });
}
