/**
 * What may stand behind a flag, or as an argument, where it is not one of the flag's choices. What cannot be looked up is no error: a shell
 * completes nothing then.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionState } from '../../core/model/index.js';
import { packageRoot } from '../../platform/package-root.js';
import { printableLine } from '../../platform/printable.js';
import { ellipsize } from '../../platform/text-width.js';
import type { FlagSpec } from '../flags/flag-spec.js';

export type Place = 'file' | 'directory' | 'none';

export interface Candidate {
  readonly word: string;
  /** Empty: nothing to say. */
  readonly about: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** What the shell completes by itself besides. */
  readonly files: Place;
}

/** Shells show it in one line with the word. */
const ABOUT_CELLS = 60;

export const NOTHING: Completion = { candidates: [], files: 'none' };

/** What a command line has said so far. */
export interface Said {
  readonly values: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
}

type LookUp = (said: Said) => readonly Candidate[] | Promise<readonly Candidate[]>;
type Source = Place | LookUp | { readonly lookUp: LookUp; readonly files: Place };

/** By the name of the flag, which means the same in every command that has it. */
const OF_FLAGS: Readonly<Record<string, Source>> = {
  file: 'file',
  iidfile: 'file',
  'metadata-file': 'file',
  'server-config': 'file',
  root: 'directory',
  'data-dir': 'directory',
  output: 'file',
  theme: themes,
  target: stages,
  'no-cache-filter': stages,
  step: steps,
  generation: generations,
  builder: builders,
  context: contexts,
  isolation: () => words(['default']),
  network: () => words(['default', 'none', 'host']),
  allow: () => words(['network.host', 'security.insecure', 'device']),
  ssh: () => words(['default']),
  platform: () =>
    words(['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/386', 'linux/ppc64le', 'linux/riscv64', 'linux/s390x']),
};

/** Arguments of commands; of some by the word behind the command. */
const OF_COMMANDS: Readonly<Record<string, Source>> = {
  build: 'directory',
  attach: sessions,
  exec: sessions,
  kill: sessions,
  logs: sessions,
  replay: { lookUp: oneRecord, files: 'file' },
  'record export': { lookUp: oneRecord, files: 'file' },
  'record rm': records,
};

export async function valuesOf(flag: FlagSpec, said: Said): Promise<Completion> {
  if (flag.kind === 'bool') return { candidates: words(['true', 'false']), files: 'none' };
  if (flag.choices !== undefined) return { candidates: words(flag.choices), files: 'none' };
  return complete(OF_FLAGS[flag.name], said);
}

export async function argumentsOf(command: string, said: Said): Promise<Completion> {
  return complete(OF_COMMANDS[command], said);
}

async function complete(source: Source | undefined, said: Said): Promise<Completion> {
  if (source === undefined) return NOTHING;
  if (typeof source === 'string') return { candidates: [], files: source };
  const { lookUp, files } = typeof source === 'function' ? { lookUp: source, files: 'none' as const } : source;
  try {
    return { candidates: await lookUp(said), files };
  } catch {
    return { candidates: [], files };
  }
}

export function words(list: readonly string[]): Candidate[] {
  return list.map((word) => ({ word, about: '' }));
}

async function sessions({ values }: Said): Promise<readonly Candidate[]> {
  const [{ sessionRoot }, { contextLabel, listSessions }] = await Promise.all([
    import('../../session/records/root-dir.js'),
    import('../../session/records/session-records.js'),
  ]);
  return listSessions(sessionRoot(values.get('root') || null, process.env)).map(({ record, state }) => ({
    word: record.id,
    about: printableLine(`${contextLabel(record)}, ${state}`),
  }));
}

/** Of the session that the line names so far, else of the only one; nothing changes there, and other clients are not told. */
async function lookInto<T>({ values, positionals }: Said, look: (state: SessionState) => T): Promise<T> {
  const [{ sessionRoot }, { findSession }, { visit }] = await Promise.all([
    import('../../session/records/root-dir.js'),
    import('../../session/records/session-records.js'),
    import('../sessions/connect.js'),
  ]);
  const found = findSession(sessionRoot(values.get('root') || null, process.env), positionals[0] ?? null);
  return visit(found, { kind: 'command', isReadOnly: true }, ({ state }) => look(state));
}

async function steps(said: Said): Promise<readonly Candidate[]> {
  const { selectCurrent, selectInstructions } = await import('../../core/select/index.js');
  const wanted = said.values.get('generation');
  return lookInto(said, (state) => {
    const generation =
      wanted === undefined ? selectCurrent(state) : state.generations.find(({ number }) => String(number) === wanted);
    const instructions = generation == null ? [] : selectInstructions(generation);
    return instructions.flatMap(({ number, text, state: how }) =>
      number === null ? [] : [{ word: String(number), about: printableLine(`${how}, ${ellipsize(text, ABOUT_CELLS)}`) }],
    );
  });
}

function generations(said: Said): Promise<readonly Candidate[]> {
  return lookInto(said, (state) => state.generations.map(({ number, status }) => ({ word: String(number), about: status })));
}

/** The newest first. */
async function records({ values }: Said): Promise<readonly Candidate[]> {
  const { listRecords, recordsRoot } = await import('../../session/recording/record-store.js');
  const found = await listRecords(recordsRoot(values.get('root') ?? null, process.env));
  return found.toReversed().map(({ id, header, writtenAtMs }) => ({
    word: id,
    about: printableLine(
      `${header?.context ?? 'damaged'}, ${new Date(writtenAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    ),
  }));
}

/** Of a command that takes no more than one. */
async function oneRecord(said: Said): Promise<readonly Candidate[]> {
  return said.positionals.length === 0 ? records(said) : [];
}

function themes(): readonly Candidate[] {
  const names = readdirSync(join(packageRoot(), 'themes')).flatMap((file) => /^(.*)\.json$/.exec(file)?.[1] ?? []);
  return words(['auto', ...names]);
}

async function builders(): Promise<readonly Candidate[]> {
  const [{ storedBuilders }, { storedContexts }] = await Promise.all([
    import('../../builders/buildx-store.js'),
    import('../../builders/docker-config.js'),
  ]);
  const [stored, named] = await Promise.all([storedBuilders(process.env), storedContexts(process.env)]);
  return [...stored, ...named].map(({ name }) => ({ word: name, about: '' }));
}

async function contexts(): Promise<readonly Candidate[]> {
  const { storedContexts } = await import('../../builders/docker-config.js');
  return (await storedContexts(process.env)).map(({ name }) => ({ word: name, about: '' }));
}

/** Stages with a name, of the Dockerfile that the line names so far. */
async function stages({ values, positionals }: Said): Promise<readonly Candidate[]> {
  const context = positionals[0] ?? '.';
  const places = values.has('file') ? [values.get('file')!] : [join(context, 'Dockerfile'), join(context, 'dockerfile')];
  const path = places.find((place) => statSync(place, { throwIfNoEntry: false })?.isFile());
  if (path === undefined) return [];
  const { parseDockerfile } = await import('../../core/dockerfile/index.js');
  return parseDockerfile(readFileSync(path, 'utf8')).stages.flatMap(({ name, base }) =>
    name === null ? [] : [{ word: printableLine(name), about: printableLine(`from ${base}`) }],
  );
}
