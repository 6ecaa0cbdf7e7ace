/** One terminal of a record as asciicast v2, for players of terminal recordings (docs.asciinema.org/manual/asciicast/v2). Pure. */
import { BxError } from '../../platform/errors.js';
import { decodeBytes, type Entry } from './format.js';
import type { LoadedRecord } from './read-record.js';
import { createTimeline, printedBytes } from './timeline.js';

/** Throws `BxError('not-found')` when the record has no such terminal. */
export function asciicastOf({ header, entries }: LoadedRecord, process: string): string {
  const own = entries.filter((entry) => entry.type === 'snapshot' || ('process' in entry && entry.process === process));
  const timeline = createTimeline(entries);
  const summary = timeline.stateAfter(timeline.length).processes.find(({ id }) => id === process);
  if (summary === undefined) {
    throw new BxError('not-found', `the record has no terminal ${process}`, { hint: terminalsHint(entries) });
  }
  const { cols: width, rows: height } = firstSize(own, process);
  const startMs = Math.max(entries[0]?.atMs ?? header.atMs, summary.startedAtMs);
  const about = {
    version: 2,
    width,
    height,
    timestamp: Math.floor(startMs / 1000),
    title: `${summary.id} ${summary.command}`,
    env: { TERM: 'xterm-256color', SHELL: summary.args[0] ?? '' },
  };
  // A character may be cut where a piece ends.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const lines = [JSON.stringify(about)];
  let isSilent = true;
  const say = (atMs: number, code: 'o' | 'r', data: string): void => {
    if (data === '') return;
    if (code === 'o') isSilent = false;
    lines.push(JSON.stringify([Math.max(0, atMs - startMs) / 1000, code, data]));
  };
  let size = `${width}x${height}`;
  for (const entry of own) {
    if (entry.type === 'snapshot') {
      const seen = entry.terminals.find((one) => one.process === process);
      // Another one stands behind a gap: what is on the screen by then is said anew.
      if (seen !== undefined)
        say(entry.atMs, 'o', `${entry === own[0] ? '' : '\x1bc'}${decoder.decode(decodeBytes(seen.replay), { stream: true })}`);
    } else if (entry.type === 'resize') {
      const next = `${entry.cols}x${entry.rows}`;
      if (!isSilent && next !== size) say(entry.atMs, 'r', next);
      if (!isSilent) size = next;
    } else say(entry.atMs, 'o', decoder.decode(printedBytes(entry), { stream: true }));
  }
  return `${lines.join('\n')}\n`;
}

/** The size that the terminal had when something was printed first: a screen gives it its own size only once it has been opened. */
function firstSize(own: readonly Entry[], process: string): { readonly cols: number; readonly rows: number } {
  let size = { cols: 80, rows: 24 };
  for (const entry of own) {
    const seen = entry.type === 'snapshot' ? entry.terminals.find((one) => one.process === process) : entry;
    if (seen === undefined) continue;
    if ('cols' in seen) size = { cols: seen.cols, rows: seen.rows };
    const printed = 'replay' in seen ? decodeBytes(seen.replay) : printedBytes(seen as Entry);
    if (printed.length > 0) break;
  }
  return size;
}

/** Ids of all terminals that a record has output of. */
export function terminalsOf(entries: readonly Entry[]): string[] {
  const ids = entries.flatMap((entry) => {
    if (entry.type === 'snapshot') return entry.terminals.map(({ process }) => process);
    return entry.type === 'output' ? [entry.process] : [];
  });
  return [...new Set(ids)];
}

export function terminalsHint(entries: readonly Entry[]): string {
  const ids = terminalsOf(entries);
  return ids.length === 0 ? 'It has none at all.' : `It has: ${ids.join(', ')}`;
}
