/**
 * The entries of a walk as batches of STAT packets. An entry is encoded as soon as it is met, and extended attributes are added where there
 * are any: the helper that reads them works on one batch while the walk goes on to the next and earlier ones are sent.
 */

import type { TreeWalk, WalkEntry } from '../../../shared/files/tree-walk.js';
import { StatBatch } from './packets.js';
import type { FoundXattrs } from './xattrs.js';

/** Names looked at before other work gets its turn; about half a millisecond. */
const SLICE_NAMES = 128;
const BATCH_BYTES = 64 * 1024;
const BATCHES_AHEAD = 2;

export interface StatReader {
  /** The next batch, in the order of the walk; null at its end. Throws `BxError('input')` for what cannot be read. */
  next(): Promise<Buffer | null>;
  /** Walks on, as far as is good while nothing else is to be done. */
  readAhead(): Promise<void>;
}

export interface StatReaderHooks {
  /** Every entry, in order, before the batch that it is in is handed out. */
  onEntry(entry: WalkEntry): void;
  /** Extended attributes of entries by their paths; never rejects. Null: none are sent. */
  readonly xattrs: ((paths: readonly string[]) => Promise<FoundXattrs>) | null;
  /** True when nobody waits for the entries any more. */
  isStopped(): boolean;
}

export function readStats(walk: TreeWalk, { onEntry, xattrs, isStopped }: StatReaderHooks): StatReader {
  const ahead: Array<{ readonly packets: StatBatch; readonly xattrs: Promise<FoundXattrs> | null }> = [];
  let hasMore = true;

  const walkOneBatch = async (): Promise<void> => {
    const packets = new StatBatch();
    const paths: string[] = [];
    const add = (entry: WalkEntry): void => {
      onEntry(entry);
      packets.add(entry);
      if (xattrs) paths.push(entry.path);
    };
    while (hasMore && packets.byteLength < BATCH_BYTES && !isStopped()) {
      hasMore = walk.advance(SLICE_NAMES, add);
      if (hasMore) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    if (packets.byteLength > 0) ahead.push({ packets, xattrs: xattrs?.(paths) ?? null });
  };
  return {
    async next() {
      if (ahead.length === 0) await walkOneBatch();
      const first = ahead.shift();
      return first ? first.packets.take(first.xattrs && (await first.xattrs)) : null;
    },
    async readAhead() {
      while (hasMore && ahead.length < BATCHES_AHEAD && !isStopped()) await walkOneBatch();
    },
  };
}
