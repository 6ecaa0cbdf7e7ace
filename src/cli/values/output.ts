/**
 * `--output`, `--load` and `--push` as the engine's output specifications (docker/buildx, util/buildflags/export.go and build/opt.go). Files are only
 * looked at.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { OutputSpec } from '../../engine/engine.js';
import { BxError } from '../../platform/errors.js';
import { nearestName } from '../../platform/nearest-name.js';
import { parseCsvPairs, parseCsvRecord } from './csv-record.js';
import { checkAttributes } from './output-attributes.js';

const HINT =
  'The types are local, tar, oci, docker, image, registry and cacheonly; DIR alone is type=local,dest=DIR, and - a tar on standard output.';

/** As they are written; `registry` is an image that is pushed. */
const TYPES = ['local', 'tar', 'oci', 'docker', 'image', 'registry', 'cacheonly'] as const;
type OutputType = (typeof TYPES)[number];

export interface OutputWish {
  readonly load: boolean;
  readonly push: boolean;
  /** Names that the image gets anyway. */
  readonly tags: readonly string[];
}

/** Throws `BxError('usage' | 'input')`. Relative destinations are relative to `cwd`; an empty value counts for nothing, as with docker. */
export function parseOutputs(values: readonly string[], wish: OutputWish, cwd: string): OutputSpec[] {
  const outputs = values.filter((value) => value !== '').map((value) => parseOutput(value, cwd));
  if (wish.push) pushImages(outputs);
  if (wish.load && !outputs.some(({ kind }) => kind === 'store')) outputs.push({ kind: 'store' });
  if (outputs.filter(writesToStdout).length > 1) {
    throw new BxError('usage', 'only one --output can write to standard output', { hint: HINT });
  }
  if (outputs.filter((output) => 'isDirectory' in output).length > 1) {
    throw new BxError('usage', 'only one --output can be an image in a directory (tar=false)', {
      hint: 'Run a build for each: everything is cached.',
    });
  }
  const twice = fileTwice(outputs);
  if (twice !== undefined) {
    throw new BxError('usage', `two --output write to the same file: ${twice}`, { hint: 'Name another file with dest=FILE.' });
  }
  if (wish.tags.length === 0 && outputs.some((output) => isPushed(output) && !output.attrs?.name)) {
    throw new BxError('usage', 'an image that is pushed needs a name', {
      hint: 'Name it with the registry that it goes to: -t registry.example.com/team/app:1.0',
    });
  }
  return outputs;
}

/** Of two that write to it one would be lost. Directories are merged. */
function fileTwice(outputs: readonly OutputSpec[]): string | undefined {
  const files = outputs.flatMap((output) => ('dest' in output && output.kind !== 'local' ? [output.dest] : []));
  return files.find((file, index) => file !== '-' && files.indexOf(file) !== index);
}

/** True when the bytes of the result go to standard output. */
export function writesToStdout(output: OutputSpec): boolean {
  return 'dest' in output && output.dest === '-';
}

/** Whether the image goes to a registry. */
export function isPushed({ kind, attrs }: OutputSpec): boolean {
  return kind === 'image' && attrs?.push === 'true';
}

/** `--push` counts for every image, and is an output of its own where there is none. */
function pushImages(outputs: OutputSpec[]): void {
  const push = { push: 'true' };
  if (!outputs.some(({ kind }) => kind === 'image')) outputs.push({ kind: 'image', attrs: push });
  outputs.forEach((output, index) => {
    if (output.kind === 'image') outputs[index] = { ...output, attrs: { ...output.attrs, ...push } };
  });
}

function parseOutput(value: string, cwd: string): OutputSpec {
  if (value === '-') return { kind: 'tar', dest: '-' };
  const [only, ...more] = parseCsvRecord(value);
  // A quoted value is fields, and what begins so was meant as such.
  if (only === value && more.length === 0 && !/^(?:type|dest)=/.test(value)) return localOutput(value, value, cwd, {});
  const { type: told, dest, ...others } = Object.fromEntries(parseCsvPairs(value, '--output'));
  const type = knownType(value, told);
  const attrs = checkAttributes(value, type, others);
  switch (type) {
    case 'local':
      return localOutput(value, dest, cwd, attrs);
    case 'tar':
      return withAttrs({ kind: 'tar', dest: fileOrStdout(value, dest || '-', cwd) }, attrs);
    case 'oci':
    case 'docker':
      return imageOutput(value, type, dest, cwd, attrs);
    case 'image':
      return withAttrs({ kind: 'image' }, attrs);
    case 'registry':
      return withAttrs({ kind: 'image' }, { ...attrs, push: 'true' });
    case 'cacheonly':
      return { kind: 'cacheonly' };
  }
}

/** An archive, a directory of blobs (`tar=false`), or with docker's type and no dest what the engine keeps. */
function imageOutput(
  value: string,
  kind: 'oci' | 'docker',
  dest: string | undefined,
  cwd: string,
  { tar, ...attrs }: Readonly<Record<string, string>>,
): OutputSpec {
  if (tar === 'false') return withAttrs({ kind, dest: directory(value, kind, dest, cwd), isDirectory: true }, attrs);
  if (kind === 'docker' && !dest) return withAttrs({ kind: 'store' }, attrs);
  return withAttrs({ kind, dest: fileOrStdout(value, dest || '-', cwd) }, attrs);
}

function withAttrs(output: OutputSpec, attrs: Readonly<Record<string, string>>): OutputSpec {
  return Object.keys(attrs).length === 0 ? output : { ...output, attrs };
}

function localOutput(value: string, dest: string | undefined, cwd: string, attrs: Readonly<Record<string, string>>): OutputSpec {
  return withAttrs({ kind: 'local', dest: directory(value, 'local', dest, cwd) }, attrs);
}

function directory(value: string, type: string, dest: string | undefined, cwd: string): string {
  if (!dest) throw new BxError('usage', `--output ${value}: type=${type} needs dest=DIR`, { hint: HINT });
  if (dest === '-') throw new BxError('usage', `--output ${value}: a directory cannot go to standard output`, { hint: HINT });
  const path = resolve(cwd, dest);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new BxError('input', `--output ${value}: ${path} is a file, where a directory is needed`, {
      hint: 'Name a directory, or another type: type=tar,dest=FILE.',
    });
  }
  return path;
}

function fileOrStdout(value: string, dest: string, cwd: string): string {
  if (dest === '-') return '-';
  const path = resolve(cwd, dest);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new BxError('input', `--output ${value}: ${path} is a directory, where a file is needed`, {
      hint: `Name a file in it: dest=${dest.replace(/\/$/, '')}/FILE`,
    });
  }
  return path;
}

function knownType(value: string, type: string | undefined): OutputType {
  if (!type) throw new BxError('usage', `--output ${value}: type is required`, { hint: HINT });
  const known = TYPES.find((one) => one === type);
  if (known) return known;
  const near = nearestName(type, TYPES);
  throw new BxError('usage', `--output ${value}: unknown type "${type}"`, {
    hint: near === null ? HINT : `Did you mean ${near}? ${HINT}`,
  });
}
