/** `--output` and `--load` as the engine's output specifications. It must not touch the file system. */
import { resolve } from 'node:path';
import type { OutputSpec } from '../../engine/engine.js';
import { BxError } from '../../platform/errors.js';
import { parseCsvPairs } from './csv-record.js';

const LATER = new Set(['image', 'oci', 'registry', 'cacheonly', 'moby']);
const HINT =
  'Supported: type=local,dest=DIR · type=tar,dest=FILE · type=docker[,dest=FILE] · DIR · - (a tar on standard output).';

/** Throws `BxError('usage')`. Relative destinations are relative to `cwd`. */
export function parseOutputs(values: readonly string[], load: boolean, cwd: string): OutputSpec[] {
  const outputs = values.map((value) => parseOutput(value, cwd));
  if (load && !outputs.some((output) => output.kind === 'store')) outputs.push({ kind: 'store' });
  if (outputs.filter(writesToStdout).length > 1) {
    throw new BxError('usage', 'only one --output can write to standard output', { hint: HINT });
  }
  return outputs;
}

/** True when the bytes of the result go to standard output. */
export function writesToStdout(output: OutputSpec): boolean {
  return (output.kind === 'tar' || output.kind === 'docker') && output.dest === '-';
}

function parseOutput(value: string, cwd: string): OutputSpec {
  if (value === '-') return { kind: 'tar', dest: '-' };
  if (value === '') throw new BxError('usage', '--output is empty', { hint: HINT });
  if (!/[=,]/.test(value)) return { kind: 'local', dest: resolve(cwd, value) };
  const fields = readFields(value);
  const dest = fields.get('dest') ?? null;
  switch (fields.get('type')) {
    case 'local':
      if (dest === null || dest === '')
        throw new BxError('usage', `--output ${value}: type=local needs dest=DIR`, { hint: HINT });
      if (dest === '-') throw new BxError('usage', `--output ${value}: a directory cannot go to standard output`, { hint: HINT });
      return { kind: 'local', dest: resolve(cwd, dest) };
    case 'tar':
      return { kind: 'tar', dest: fileOrStdout(dest ?? '-', cwd) };
    case 'docker':
      return dest === null ? { kind: 'store' } : { kind: 'docker', dest: fileOrStdout(dest, cwd) };
    default:
      throw unknownType(value, fields.get('type'));
  }
}

function readFields(value: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [key, text] of parseCsvPairs(value, '--output')) {
    if (key !== 'type' && key !== 'dest') {
      throw new BxError('usage', `--output ${value}: the attribute ${key} is not supported yet`, { hint: HINT });
    }
    fields.set(key, text);
  }
  return fields;
}

function fileOrStdout(dest: string, cwd: string): string {
  return dest === '-' || dest === '' ? '-' : resolve(cwd, dest);
}

function unknownType(value: string, type: string | undefined): BxError {
  if (type === undefined) return new BxError('usage', `--output ${value}: type is required`, { hint: HINT });
  if (LATER.has(type)) return new BxError('usage', `--output type=${type} is not supported yet`, { hint: HINT });
  return new BxError('usage', `--output ${value}: unknown type "${type}"`, { hint: HINT });
}
