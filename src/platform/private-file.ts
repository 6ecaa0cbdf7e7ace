/** A file for its user alone, whatever was there before. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { filePlace } from './file-place.js';

/** Whole or not at all; devices and pipes are written directly. Throws what the file system throws, and what was there stays then. */
export async function writePrivateFile(path: string, data: Buffer | string): Promise<void> {
  const { writeTo, final, isTemporary } = filePlace(path);
  if (!isTemporary) return writeFile(writeTo, data);
  try {
    await writeFile(writeTo, data, { mode: 0o600, flag: 'wx' });
    await rename(writeTo, final);
  } catch (error) {
    await rm(writeTo, { force: true });
    throw error;
  }
}
