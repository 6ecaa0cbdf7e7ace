/**
 * Environment values of a session taken out of its record, for a file that goes to somebody else. It finds values where they are assigned
 * (ENV and ARG of the Dockerfile, `NAME=value` in commands, logs and terminals) and then everywhere they stand as they are; what was
 * encoded, cut by the layout of a screen, or never assigned in sight it does not find. Pure.
 */
import { createEntryScrubber } from './entry-scrubber.js';
import { decodeBytes, type Entry } from './format.js';
import { mapStrings, REDACTED } from './scrubber.js';

/** Shorter values are taken out where they are assigned only: they are in every text. */
const MIN_CHARS = 6;
/** Names whose values are of no use to anybody and in every text. */
const HARMLESS = new Set([
  'PATH',
  'HOME',
  'PWD',
  'OLDPWD',
  'TERM',
  'SHLVL',
  'LANG',
  'LC_ALL',
  'SHELL',
  'USER',
  'HOSTNAME',
  '_',
  'PS1',
  'PS2',
]);

/** `NAME=value` as a shell, `env` and a Dockerfile write it; quoted values may hold blanks. */
const ASSIGNMENT = /(?<![\w$./-])([A-Za-z_][A-Za-z0-9_]*)=("(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'|[^\s"';&|)\\\u001b]+)/g;
/** `ENV NAME value`, to the end of the line. */
const ENV_WITH_BLANK = /^(\s*ENV\s+)([A-Za-z_]\w*)([ \t]+)(?![^\s=]*=)(\S[^\r\n]*)$/gim;

/** Every entry without the values; entries whose output had to wait for its end may be cut at other places. */
export function redactEntries(entries: readonly Entry[]): Entry[] {
  const values = new Set<string>();
  const collect = (text: string): string => {
    redactAssignments(text, (name, value) => {
      if (value.length >= MIN_CHARS && !HARMLESS.has(name)) values.add(value);
    });
    return text;
  };
  for (const text of textsOf(entries)) collect(text);
  const scrubber = createEntryScrubber(values, (text) => redactAssignments(text));
  const last = entries.at(-1)?.atMs ?? 0;
  return [...entries.flatMap((entry) => scrubber.push(entry)), ...scrubber.release(last, 0)];
}

/** The text with the value of every assignment taken out. */
export function redactAssignments(text: string, onValue: (name: string, value: string) => void = () => undefined): string {
  return text
    .replace(ENV_WITH_BLANK, (_all, head: string, name: string, blank: string, value: string) => {
      if (HARMLESS.has(name)) return `${head}${name}${blank}${value}`;
      onValue(name, value.trim());
      return `${head}${name}${blank}${REDACTED}`;
    })
    .replace(ASSIGNMENT, (all, name: string, quoted: string) => {
      const value = /^(["']).*\1$/.test(quoted) ? quoted.slice(1, -1) : quoted;
      if (HARMLESS.has(name) || value === '' || value === REDACTED) return all;
      onValue(name, value);
      return `${name}=${REDACTED}`;
    });
}

/** All texts of a record, logs and terminals as a whole, so that nothing is missed where they were cut. */
function* textsOf(entries: readonly Entry[]): Generator<string> {
  const streams = new Map<string, string[]>();
  const add = (key: string, text: string): void => {
    const known = streams.get(key);
    if (known === undefined) streams.set(key, [text]);
    else known.push(text);
  };
  const texts: string[] = [];
  const note = (text: string): string => {
    texts.push(text);
    return text;
  };
  for (const entry of entries) {
    if (entry.type === 'output') add(`output ${entry.process}`, Buffer.from(decodeBytes(entry.data)).toString());
    else if (entry.type === 'event') {
      const { event } = entry;
      if (event.type === 'engine.reported' && event.event.type === 'log.appended')
        add(`log ${event.event.digest}`, event.event.text);
      else mapStrings(event, note);
    } else if (entry.type === 'snapshot') {
      mapStrings({ state: entry.state, logs: entry.logs }, note);
      for (const { replay } of entry.terminals) texts.push(Buffer.from(decodeBytes(replay)).toString());
    }
  }
  yield* texts;
  for (const parts of streams.values()) yield parts.join('');
}
