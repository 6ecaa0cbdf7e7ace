/** A file that appears under its name only when it is whole; devices and pipes are written directly. */
import { createWriteStream } from 'node:fs';
import { chmod, rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { filePlace } from '../../../../platform/file-place.js';
import { writeFailure } from './target.js';

/** `fill` writes what belongs into it, and does not end it. Throws `BxError`; nothing partial is left then. */
export async function intoFile(dest: string, fill: (sink: Writable) => Promise<void>): Promise<void> {
  const { writeTo, final, isTemporary, mode } = placeOf(dest);
  const sink = createWriteStream(writeTo, isTemporary ? { flags: 'wx' } : {});
  try {
    await fill(sink);
    await endSink(sink, dest);
    if (!isTemporary) return;
    if (mode !== null) await chmod(writeTo, mode);
    await rename(writeTo, final);
  } catch (error) {
    sink.on('error', () => {});
    sink.destroy();
    if (isTemporary) await rm(writeTo, { force: true });
    throw writeFailure(dest, error);
  }
}

/** Resolves when all is written, of which the last may still fail. */
export async function endSink(sink: Writable, name: string): Promise<void> {
  try {
    sink.end();
    await finished(sink, { readable: false });
  } catch (error) {
    throw writeFailure(name, error);
  }
}

function placeOf(dest: string): ReturnType<typeof filePlace> {
  try {
    return filePlace(dest);
  } catch (error) {
    throw writeFailure(dest, error);
  }
}
