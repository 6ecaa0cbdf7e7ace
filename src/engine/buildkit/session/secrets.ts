/** Secrets of a build, read anew each time the engine asks for one, so that a debug container sees what the file holds now. */
import { readFile, stat } from 'node:fs/promises';
import { BxError } from '../../../platform/errors.js';
import { reasonOf } from '../../../platform/reason.js';
import type { SecretSource } from '../../engine.js';

/** The limit of BuildKit's own client and of the engine's tmpfs for it. */
export const SECRET_LIMIT_BYTES = 500 * 1024;

export interface SecretStore {
  /** Null when no secret of that id was given. Throws `BxError('input')` when it cannot be read or is too large. */
  get(id: string): Promise<Uint8Array | null>;
}

export function createSecretStore(
  sources: readonly SecretSource[],
  env: Readonly<Record<string, string | undefined>>,
  onWarning: (message: string) => void = () => undefined,
): SecretStore {
  const byId = new Map(sources.map((source) => [source.id, source]));
  /** Asked for by every command that has it. */
  const told = new Set<string>();
  return {
    async get(id) {
      const source = byId.get(id);
      if (!source) return null;
      if (source.from.kind === 'file') return readSecretFile(id, source.from.path);
      const { name } = source.from;
      if (env[name] === undefined && !told.has(id))
        onWarning(`secret ${id} is empty: the environment variable ${name} is not set`);
      told.add(id);
      return checked(id, Buffer.from(env[name] ?? ''), name);
    },
  };
}

async function readSecretFile(id: string, path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > SECRET_LIMIT_BYTES) throw tooLarge(id, size, path);
    return checked(id, await readFile(path), path);
  } catch (error) {
    if (error instanceof BxError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'there is no such file' : reasonOf(error);
    throw new BxError('input', `secret ${id}: cannot read ${path}: ${why}`, {
      hint: 'Correct --secret, or the file it names.',
      cause: error,
    });
  }
}

function checked(id: string, data: Uint8Array, from: string): Uint8Array {
  if (data.length > SECRET_LIMIT_BYTES) throw tooLarge(id, data.length, from);
  return data;
}

function tooLarge(id: string, sizeBytes: number, from: string): BxError {
  return new BxError(
    'input',
    `secret ${id}: ${from} holds ${sizeBytes} bytes, more than the ${SECRET_LIMIT_BYTES} that BuildKit takes`,
    {
      hint: 'Give a smaller secret, or mount what is large as part of the context.',
    },
  );
}
