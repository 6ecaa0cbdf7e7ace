/** A packed archive as the tar that it is. What Node does not unpack, a program of this machine does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { hasStreams } from '../../../platform/child-streams.js';
import { BxError } from '../../../platform/errors.js';
import type { ArchiveKind } from '../../shared/files/archive-kind.js';

/** Newer versions of Node have it. */
const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: () => Transform };

/** The stream fails with `BxError('input')` for what cannot be unpacked. Whoever destroys it ends what unpacks. */
export function openTar(path: string, kind: ArchiveKind, signal: AbortSignal): Readable {
  return Readable.from(unpacked(path, kind, signal), { objectMode: false });
}

async function* unpacked(path: string, kind: ArchiveKind, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  const packed = createReadStream(path);
  try {
    if (kind === 'tar') yield* packed;
    else if (kind === 'gzip') yield* through(packed, zlib.createGunzip(), signal);
    else if (kind === 'zstd' && createZstdDecompress) yield* through(packed, createZstdDecompress(), signal);
    else yield* byProgram(packed, kind, signal);
  } catch (error) {
    throw failure(kind, error);
  } finally {
    packed.destroy();
  }
}

async function* through(packed: Readable, unpacker: Transform, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  const fed = pipeline(packed, unpacker, { signal });
  fed.catch(() => {});
  yield* unpacker;
  await fed;
}

async function* byProgram(packed: Readable, program: string, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  const child = spawn(program, ['-dc'], { stdio: ['pipe', 'pipe', 'pipe'], signal });
  // Rejects with what keeps it from starting.
  if (!hasStreams(child)) await once(child, 'spawn');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-500);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      if (status === 0) resolve();
      else reject(new Error(said.trim() || `${program} has ended with ${status}`));
    });
  });
  ended.catch(() => {});
  // A program that ends early leaves the rest unread; why is what it says.
  pipeline(packed, child.stdin).catch(() => {});
  try {
    yield* child.stdout;
    await ended;
  } finally {
    child.kill();
  }
}

function failure(kind: ArchiveKind, error: unknown): BxError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') {
    return new BxError('input', `the context is packed with ${kind}, and there is no program ${kind} here to unpack it`, {
      hint: `Install ${kind}, or send it unpacked: … | bxtui build -`,
      cause: error,
    });
  }
  return new BxError('input', `the context cannot be unpacked as ${kind}: ${message}`, {
    hint: 'Pack it anew; it may have been cut off.',
    cause: error,
  });
}
