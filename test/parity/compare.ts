/** One case, built by both programs; what each has made, as plain values that are equal when the programs are. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunResult, runBxtui } from '../helpers/run.js';
import type { Buildx } from './buildx.js';
import type { Compared, ParityCase } from './case.js';
import { writeContext } from './context.js';
import { type Agent, type Key, startAgent, writeKeys } from './ssh.js';
import { describeArchive, describeTree } from './tree.js';

export interface Comparison {
  readonly bxtui: unknown;
  readonly buildx: unknown;
}

type Program = keyof Comparison;

export async function compareCase(one: ParityCase, buildx: Buildx): Promise<Comparison> {
  const dir = mkdtempSync(join(tmpdir(), 'bxtui-parity-'));
  let agent: Agent | null = null;
  try {
    await writeContext(join(dir, 'context'), one);
    if (one.agent) agent = await agentOf(one.agent, dir);
    const seen = async (program: Program): Promise<unknown> => see(one, { dir, program, buildx });
    return { bxtui: await seen('bxtui'), buildx: await seen('buildx') };
  } finally {
    await agent?.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

function agentOf(keys: readonly Key[], dir: string): Promise<Agent> {
  writeKeys(dir, keys);
  return startAgent(
    join(dir, 'agent.sock'),
    keys.map((key) => join(dir, `key-${key}`)),
  );
}

interface Place {
  readonly dir: string;
  readonly program: Program;
  readonly buildx: Buildx;
}

async function see(one: ParityCase, place: Place): Promise<unknown> {
  const compared = one.compared ?? 'tree';
  const out = join(place.dir, `out-${place.program}`);
  const run = await build(one, outputArgs(compared, out), place);
  if (compared === 'failure')
    return { status: failed(run.status), says: one.says?.test(run.output) ? 'what it should' : run.output };
  if (compared === 'text') return { status: run.status, text: withoutIds(run.stdout) };
  if (run.status !== 0) return { status: run.status, output: run.output };
  switch (compared) {
    case 'tree':
      return describeTree(out);
    case 'tar':
      return describeArchive(out);
    case 'image':
      return imageOf(readFileSync(out, 'utf8'), place.buildx);
    case 'metadata':
      return metadataOf(out, place.program);
  }
}

/** What is refused before anything is built is 125 with docker in some cases, and with bxtui in all of them. */
function failed(status: number | null): number | null {
  return status === 125 ? 1 : status;
}

function outputArgs(compared: Compared, out: string): string[] {
  switch (compared) {
    case 'tree':
      return ['-o', `type=local,dest=${out}`];
    case 'tar':
      return ['-o', `type=tar,dest=${out}`];
    case 'image':
      return [`--iidfile=${out}`];
    case 'metadata':
      return [`--metadata-file=${out}`];
    default:
      return [];
  }
}

function build(one: ParityCase, output: readonly string[], { dir, program, buildx }: Place): Promise<RunResult> {
  const filled = (text: string): string => text.replaceAll('@DIR@', dir).replaceAll('@PROGRAM@', program);
  const given = (one.args ?? []).map(filled);
  const set = Object.entries(one.env ?? {}).map(([name, value]) => [name, value === undefined ? value : filled(value)]);
  // Nothing may be taken from the cache that the other program has filled.
  const fresh = one.dockerfile.includes('RUN_ID') ? ['--build-arg', `RUN_ID=${randomUUID()}`] : ['--no-cache'];
  const isCalled = one.compared === 'text';
  const args = [
    'build',
    '--progress=plain',
    ...(isCalled || given.includes('--no-cache-filter') ? [] : fresh),
    ...given,
    ...output,
  ];
  const options = { cwd: dir, env: { PARITY_KEY: undefined, A: undefined, ...Object.fromEntries(set) }, timeoutMs: 60_000 };
  const all = [...args, join(dir, 'context')];
  return program === 'bxtui' ? runBxtui(all, options) : buildx.docker(['buildx', ...all], options);
}

/** Digests of definitions and ids of sessions are never the same twice. */
function withoutIds(text: string): string {
  return text
    .replace(/"definition": \{[\s\S]*?\n( *)\},\n\1"language"/g, '"language"')
    .replace(/\n {6}"definition": \{[\s\S]*?\n {6}\},/g, '');
}

/** Configuration and history, without times, ids and what is unique to a run. */
async function imageOf(id: string, { docker }: Buildx): Promise<unknown> {
  const inspected = await docker(['image', 'inspect', id]);
  const history = await docker(['history', '--no-trunc', '--format', '{{.CreatedBy}} # {{.Comment}} # {{.Size}}', id]);
  await docker(['image', 'rm', '-f', id]);
  if (inspected.status !== 0) return inspected.output;
  const [{ Config, Architecture, Os, Author, RootFS }] = JSON.parse(inspected.stdout);
  const { Image, Hostname, ...config } = Config ?? {};
  return { config, Architecture, Os, Author, layers: RootFS?.Layers?.length ?? 0, history: history.stdout.split('\n') };
}

function sourceControlOf(provenance: unknown): unknown {
  const { metadata } = (provenance ?? {}) as { readonly metadata?: Readonly<Record<string, { readonly vcs?: unknown }>> };
  return metadata?.['https://mobyproject.org/buildkit@v1#metadata']?.vcs ?? null;
}

/** Keys, and the values that no digest or time is in. */
function metadataOf(path: string, program: Program): unknown {
  if (!existsSync(path)) return 'no file';
  const told = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const plain = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replaceAll(program, 'PROGRAM').replace(/sha256:[0-9a-f]{64}/g, 'DIGEST');
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, typeof below === 'number' ? 0 : plain(below)]));
  };
  // The one names an entry in buildx's own history, the other is taken from it.
  const { 'buildx.build.ref': _ref, 'buildx.build.provenance': provenance, ...common } = told;
  // They come in no order.
  const warnings = common['buildx.build.warnings'] as Array<{ readonly short: string }> | undefined;
  warnings?.sort((a, b) => (a.short < b.short ? -1 : 1));
  return { ...(plain(common) as object), sourceControl: sourceControlOf(provenance) };
}
