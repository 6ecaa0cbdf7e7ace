/** A record as people name it on a command line: a file, a directory, or the id of a session. */
import { statSync } from 'node:fs';
import { type LoadedRecord, readRecord } from '../../session/recording/read-record.js';
import { findRecord, recordsRoot } from '../../session/recording/record-store.js';

/** Throws `BxError`. */
export async function loadRecord(wanted: string, root: string | null): Promise<LoadedRecord> {
  return readRecord(await pathOf(wanted, root));
}

async function pathOf(wanted: string, root: string | null): Promise<string> {
  if (wanted.includes('/')) return wanted;
  try {
    return (await findRecord(recordsRoot(root, process.env), wanted)).directory;
  } catch (error) {
    if (statSync(wanted, { throwIfNoEntry: false })?.isFile()) return wanted;
    throw error;
  }
}
