/**
 * The entries of a walk with their extended attributes. The helper that reads the attributes works on some batches while the walk goes on
 * to the next and earlier ones are sent: neither waits for the other. Knows nothing of packets.
 */
import type { TreeWalk, WalkEntry } from './tree-walk.js';
import type { FoundXattrs } from './xattrs.js';

/** Names looked at before other work gets its turn; about half a millisecond. */
const SLICE_NAMES = 128;
/** Entries that are asked for their attributes at once: each question wakes the helper up and then us. */
const BATCH_ENTRIES = 512;
/** Batches that are walked before they are wanted; about as much as is sent at a time. */
const BATCHES_AHEAD = 3;

export interface EntryBatch {
  readonly entries: readonly WalkEntry[];
  readonly xattrs: FoundXattrs;
}

export interface EntryReader {
  /** In the order of the walk; null at its end. Throws `BxError('input')` for what cannot be read. */
  next(): Promise<EntryBatch | null>;
  /** Walks on, as far as is good while nothing else is to be done. */
  readAhead(): Promise<void>;
}

/** `readXattrs`: null when none are wanted; it must not reject. `isStopped` ends a walk that nobody waits for any more. */
export function readEntries(
  walk: TreeWalk,
  readXattrs: ((paths: readonly string[]) => Promise<FoundXattrs>) | null,
  isStopped: () => boolean,
): EntryReader {
  const ahead: Array<{ readonly entries: readonly WalkEntry[]; readonly xattrs: Promise<FoundXattrs> | null }> = [];
  let hasMore = true;

  const walkOneBatch = async (): Promise<void> => {
    const entries: WalkEntry[] = [];
    while (hasMore && entries.length < BATCH_ENTRIES && !isStopped()) {
      hasMore = walk.advance(SLICE_NAMES, (entry) => entries.push(entry));
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    if (entries.length === 0) return;
    ahead.push({ entries, xattrs: readXattrs?.(entries.map((entry) => entry.path)) ?? null });
  };
  const readAhead = async (): Promise<void> => {
    while (hasMore && ahead.length < BATCHES_AHEAD && !isStopped()) await walkOneBatch();
  };
  return {
    async next() {
      await (readXattrs === null && ahead.length === 0 ? walkOneBatch() : readAhead());
      const first = ahead.shift();
      return first ? { entries: first.entries, xattrs: first.xattrs && (await first.xattrs) } : null;
    },
    readAhead,
  };
}
