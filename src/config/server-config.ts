/**
 * `--server-config`: what the process of a session is told by a file, with buildx's names. TOML of just such lines as it can have: a key, an
 * equals sign, and a string, a whole number or a truth value. Pure.
 */
import { BxError } from '../platform/errors.js';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic'] as const;

export interface ServerConfig {
  /** Directory of the sessions; `--root` goes before it. */
  readonly root: string | null;
  readonly logLevel: (typeof LOG_LEVELS)[number] | null;
  readonly logFile: string | null;
  /** How long a session is kept that nobody looks at and in which nothing runs; 0: for ever; null: as the settings have it. */
  readonly idleHours: number | null;
}

type Value = string | number | boolean;

/** `file`: its name, for errors. Throws `BxError('input')` that names file and line. */
export function parseServerConfig(text: string, file: string): ServerConfig {
  const values = new Map<string, { readonly value: Value; readonly line: number }>();
  const fail = (line: number, message: string, hint: string | null = null): never => {
    throw new BxError('input', `${file}:${line}: ${message}`, { hint });
  };
  for (const [index, written] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = index + 1;
    const rest = written.trim();
    if (rest === '' || rest.startsWith('#')) continue;
    if (rest.startsWith('[')) fail(line, `there are no tables here: ${rest}`, KNOWN);
    const pair = /^([A-Za-z0-9_-]+)\s*=\s*(.*)$/.exec(rest);
    if (pair === null) return fail(line, `not a line of the form key = value: ${rest}`, KNOWN);
    const [, key = '', after = ''] = pair;
    if (!KEYS.has(key)) fail(line, `unknown key ${key}`, KNOWN);
    if (values.has(key)) fail(line, `${key} is set twice, before on line ${values.get(key)!.line}`);
    const value = readValue(after);
    if (value === null) return fail(line, `the value of ${key} cannot be read: ${after}`, 'Texts stand in quotes: "info".');
    values.set(key, { value, line });
  }
  const texts = (key: string): { text: string; line: number } | null => {
    const found = values.get(key);
    if (found === undefined) return null;
    if (typeof found.value !== 'string') return fail(found.line, `${key} must be a text in quotes, not ${found.value}`);
    return { text: found.value, line: found.line };
  };
  const level = texts('log_level');
  if (level !== null && !isLogLevel(level.text)) {
    fail(level.line, `log_level "${level.text}" must be one of ${LOG_LEVELS.join(', ')}`);
  }
  const idle = texts('idle');
  const idleHours = idle === null ? null : durationHours(idle.text);
  if (idle !== null && idleHours === null) {
    fail(idle.line, `idle "${idle.text}" is no duration`, 'Such as "24h", "90m", "1h30m", or "never".');
  }
  return {
    root: texts('root')?.text ?? null,
    logLevel: level !== null && isLogLevel(level.text) ? level.text : null,
    logFile: texts('log_file')?.text ?? null,
    idleHours,
  };
}

const KEYS = new Set(['root', 'log_level', 'log_file', 'idle']);
const KNOWN = 'It can have root, log_level, log_file and idle, each as key = "value".';

function isLogLevel(text: string): text is (typeof LOG_LEVELS)[number] {
  return (LOG_LEVELS as readonly string[]).includes(text);
}

/** TOML 1.0: basic and literal strings, decimal integers, booleans; a comment may follow. Null: none of them. */
function readValue(text: string): Value | null {
  const END = '\\s*(?:#.*)?$';
  const literal = new RegExp(`^'([^'\\u0000-\\u0008\\u000a-\\u001f]*)'${END}`).exec(text);
  if (literal !== null) return literal[1]!;
  const basic = new RegExp(`^"((?:[^"\\\\\\u0000-\\u0008\\u000a-\\u001f]|\\\\.)*)"${END}`).exec(text);
  if (basic !== null) return readEscapes(basic[1]!);
  const bare = new RegExp(`^(true|false|[+-]?\\d[\\d_]*)${END}`).exec(text)?.[1];
  if (bare === undefined) return null;
  return bare === 'true' || bare === 'false' ? bare === 'true' : Number(bare.replaceAll('_', ''));
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', '"': '"', '\\': '\\' };

/** Null: an escape that TOML does not have. */
function readEscapes(text: string): string | null {
  let isWrong = false;
  const plain = text.replace(/\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)/g, (_, written: string) => {
    if (written.length > 1) {
      const code = Number.parseInt(written.slice(1), 16);
      if (code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)) return String.fromCodePoint(code);
    }
    const char = ESCAPES[written];
    if (char === undefined) isWrong = true;
    return char ?? '';
  });
  return isWrong ? null : plain;
}

const UNITS_HOURS: Readonly<Record<string, number>> = { s: 1 / 3600, m: 1 / 60, h: 1, d: 24 };

/** As Go writes durations, and days. `never` and 0: 0. Null: no duration. */
function durationHours(text: string): number | null {
  if (text === 'never' || text === '0') return 0;
  if (!/^(?:\d+(?:\.\d+)?[smhd])+$/.test(text)) return null;
  return [...text.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNITS_HOURS[unit!]!,
    0,
  );
}
