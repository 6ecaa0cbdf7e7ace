/** One file of a whole record, for somebody else: its lines, compressed, with environment values taken out unless they are wanted. */
import { gzipSync } from 'node:zlib';
import { encodeLine, FORMAT_VERSION, type RecordHeader } from './format.js';
import type { LoadedRecord } from './read-record.js';
import { redactAssignments, redactEntries } from './redact.js';
import { mapStrings } from './scrubber.js';

export function packRecord(record: LoadedRecord, { isRedacted }: { readonly isRedacted: boolean }): Buffer {
  const entries = isRedacted ? redactEntries(record.entries) : record.entries;
  const header: RecordHeader = { ...record.header, version: FORMAT_VERSION, pid: 0, isRedacted };
  const lines = [isRedacted ? mapStrings(header, (text) => redactAssignments(text)) : header, ...entries].map(encodeLine);
  return gzipSync(lines.join(''));
}

/** The record as somebody else may see it. */
export function redacted(record: LoadedRecord): LoadedRecord {
  return { ...record, entries: redactEntries(record.entries) };
}
