/**
 * What comes by standard input: a context or a Dockerfile. It is kept in a file, since a session builds more than once, and the process of
 * a session is another one than that which has the input. It must not be read by anybody else.
 */
import { createWriteStream, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isatty } from 'node:tty';
import { type ArchiveKind, archiveKindOf } from '../../engine/shared/files/archive-kind.js';
import { BxError } from '../../platform/errors.js';
import { readKeysFromTerminal } from '../../platform/keyboard.js';
import { makePrivateDirectory } from '../../platform/private-directory.js';
import { writeReasonOf } from '../../platform/reason.js';
import { listenForInterrupts } from '../interrupts.js';
import type { BuildInput } from './build-input.js';
import type { BuildOptions } from './build-options.js';
import { DOCKERFILE_MAX_BYTES } from './prepare-request.js';

export type StandardInput =
  | { readonly kind: 'archive'; readonly path: string }
  | { readonly kind: 'dockerfile'; readonly text: string };

export interface KeptInput {
  readonly path: string;
  /** Safe also where the file has been moved away. */
  dispose(): void;
}

/** Whether input is taken, and keys can be read all the same. */
export function keysBeside({ stdin }: BuildInput): { readonly stdinIsTerminal: boolean; readonly stdinIsTaken: boolean } {
  if (stdin === undefined) return { stdinIsTerminal: isatty(0), stdinIsTaken: false };
  return { stdinIsTerminal: readKeysFromTerminal(), stdinIsTaken: true };
}

/**
 * Reads it to its end, into a file that nobody else can read; null where the build does not take it. Throws `BxError('input')`, and
 * `BxError('cancelled')` for a signal.
 */
export async function keepStandardInput({ stdin }: BuildInput): Promise<KeptInput | null> {
  if (stdin === undefined) return null;
  const directory = makePrivateDirectory('stdin');
  const path = join(directory, 'stdin');
  const dispose = (): void => rmSync(directory, { recursive: true, force: true });
  const interrupts = listenForInterrupts();
  if (process.stdin.isTTY) process.stderr.write('Type the Dockerfile, then Ctrl-D:\n');
  try {
    const ended = interrupts.ending.then(({ signal }) => {
      throw new BxError('cancelled', `${signal} came while standard input was read`);
    });
    await Promise.race([pipeline(process.stdin, createWriteStream(path, { mode: 0o600 })), ended]);
    return { path, dispose };
  } catch (error) {
    dispose();
    if (error instanceof BxError) throw error;
    throw new BxError('input', `standard input cannot be kept in ${path}: ${writeReasonOf(error)}`, { cause: error });
  } finally {
    interrupts.dispose();
  }
}

/** What was kept there. `wanted`: what it is to be; a context may be either. Throws `BxError('input' | 'usage')`. */
export function readStandardInput(
  path: string,
  wanted: 'context' | 'dockerfile',
  { file, builder }: Pick<BuildOptions, 'file' | 'builder'>,
): StandardInput {
  const kind = archiveKindOf(path);
  if (wanted === 'dockerfile' || kind === null) {
    if (wanted === 'context' && file !== null) {
      throw new BxError('usage', 'standard input is a Dockerfile, and -f names another', {
        hint: 'Leave -f out, or send an archive with the Dockerfile in it.',
      });
    }
    return { kind: 'dockerfile', text: dockerfileText(path, kind) };
  }
  // The classic builder is given files that are unpacked here.
  if (kind === 'zstd' && builder !== 'classic') {
    throw new BxError('usage', 'standard input is packed with zstd, which BuildKit does not unpack', {
      hint: 'Unpack it on the way: zstd -dc FILE | bxtui build -',
    });
  }
  return { kind: 'archive', path };
}

function dockerfileText(path: string, kind: ArchiveKind | null): string {
  const { size } = statSync(path);
  if (size === 0) {
    throw new BxError('input', 'standard input is empty', {
      hint: 'Send a Dockerfile, or an archive of the files to build from.',
    });
  }
  if (kind !== null) {
    throw new BxError('input', `the Dockerfile from standard input is a ${kind} archive`, {
      hint: 'An archive is a context: bxtui build - < FILE',
    });
  }
  if (size > DOCKERFILE_MAX_BYTES) {
    throw new BxError('input', `standard input has ${size} bytes, which is too large for a Dockerfile, and is no archive`, {
      hint: 'Archives may be tar, or tar with gzip, bzip2 or xz.',
    });
  }
  return readFileSync(path, 'utf8');
}
