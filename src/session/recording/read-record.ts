/** Reads a record, from its directory or from an exported file, as far as it goes; what is damaged is told and left out. */
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { parseDockerfile } from '../../core/dockerfile/index.js';
import type { EngineSummary } from '../../core/model/index.js';
import { BxError, toBxError } from '../../platform/errors.js';
import { reasonOf } from '../../platform/reason.js';
import { type Entry, parseEntry, parseHeader, type RecordHeader } from './format.js';
import { segmentNames } from './segments.js';

export interface LoadedRecord {
  /** Of the first segment that is there. */
  readonly header: RecordHeader;
  /** The first one is a snapshot. Another one stands only where something is missing before it. Times never go back. */
  readonly entries: readonly Entry[];
  /** Where the record breaks, a sentence each, without the name of the record. */
  readonly breaks: readonly string[];
  /** The session ended in order. */
  readonly isEnded: boolean;
}

/** An exported file is not unpacked beyond this. */
const MAX_UNPACKED_BYTES = 1 << 30;
const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** `path`: a directory with segments, or a file. Throws `BxError` when there is nothing in it that can be played. */
export async function readRecord(path: string): Promise<LoadedRecord> {
  const about = await stat(path).catch((error: Error) => {
    throw new BxError('not-found', `cannot read the record ${path}: ${reasonOf(error)}`, {
      hint: 'bxtui record ls lists the records; a file comes from bxtui record export.',
      cause: error,
    });
  });
  const reader = createReader();
  try {
    if (about.isDirectory()) {
      for (const name of await segmentNames(path))
        reader.segment(await readFile(join(path, name)), Number(name.slice(0, 6)), null);
    } else {
      const { data, problem } = await readWhole(path);
      reader.segment(data, null, problem);
    }
    return reader.finish();
  } catch (error) {
    const { code, hint } = toBxError(error, 'input');
    throw new BxError(code, `${path} cannot be played: ${reasonOf(error)}`, { hint, cause: error });
  }
}

interface Reader {
  /** `number`: which segment it should be; null: the only one. `problem`: what is wrong with its end. */
  segment(data: Buffer, number: number | null, problem: string | null): void;
  finish(): LoadedRecord;
}

function createReader(): Reader {
  const entries: Entry[] = [];
  const breaks: string[] = [];
  let header: RecordHeader | null = null;
  let isEnded = false;
  let expected = 0;
  /** Something is missing before what comes next: only a snapshot says how things are. */
  let isBroken = true;
  let lastMs = 0;

  const breakAt = (what: string): void => {
    isBroken = true;
    breaks.push(header === null ? what : `it breaks off ${clock(lastMs - header.atMs)} after its beginning: ${what}`);
  };
  const take = (entry: Entry): void => {
    if (entry.type === 'snapshot') {
      if (!isBroken) return;
      isBroken = false;
    } else if (isBroken) throw new Error('nothing says how the session was at this point');
    lastMs = Math.max(lastMs, entry.atMs);
    entries.push(asReplayed(withPlan({ ...entry, atMs: lastMs })));
    isEnded = entry.type === 'end';
  };

  return {
    segment(data, number, problem) {
      const lines = linesOf(data);
      const first = lines.next();
      try {
        const own = parseHeader(first.done ? '' : first.value.text);
        header ??= own;
        lastMs = Math.max(lastMs, own.atMs);
      } catch (error) {
        if (header === null && number === null) throw error;
        breakAt(toBxError(error).message);
        return;
      }
      if (number !== null && expected !== 0 && number !== expected) breakAt('a part of it is missing');
      expected = (number ?? 0) + 1;
      let at = 1;
      for (const { text, isWhole } of lines) {
        at++;
        try {
          const entry = parseEntry(text);
          if (entry !== null) take(entry);
        } catch (error) {
          breakAt(isWhole ? `line ${at} is damaged (${(error as Error).message})` : 'its last line is cut off');
          return;
        }
      }
      if (problem !== null) breakAt(problem);
    },
    finish() {
      if (header === null || entries.length === 0) throw new BxError('input', breaks[0] ?? 'there is nothing in it');
      return { header, entries, breaks, isEnded };
    },
  };
}

function* linesOf(data: Buffer): Generator<{ readonly text: string; readonly isWhole: boolean }> {
  for (let at = 0; at < data.length; ) {
    const end = data.indexOf(10, at);
    yield { text: data.toString('utf8', at, end < 0 ? data.length : end), isWhole: end >= 0 };
    at = end < 0 ? data.length : end + 1;
  }
}

/** Records of earlier versions leave the plan to whoever reads them. */
function withPlan(entry: Entry): Entry {
  if (entry.type !== 'event' || entry.event.type !== 'generation.started') return entry;
  const { event } = entry;
  return { ...entry, event: { ...event, plan: event.plan ?? parseDockerfile(event.dockerfile.text) } };
}

/** Nobody is to take the engine of a record for one that is there. */
function asReplayed(entry: Entry): Entry {
  const replayed = (engine: EngineSummary): EngineSummary => ({ ...engine, kind: 'replay' });
  if (entry.type === 'snapshot' && entry.state.engine !== null) {
    return { ...entry, state: { ...entry.state, engine: replayed(entry.state.engine) } };
  }
  if (entry.type !== 'event' || entry.event.type !== 'engine.connected') return entry;
  return { ...entry, event: { ...entry.event, engine: replayed(entry.event.engine) } };
}

async function readWhole(path: string): Promise<{ readonly data: Buffer; readonly problem: string | null }> {
  if (!(await isCompressed(path))) return { data: await readFile(path), problem: null };
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path).pipe(createGunzip())) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > MAX_UNPACKED_BYTES) return { data: Buffer.concat(chunks), problem: 'it is too large' };
    }
  } catch (error) {
    return { data: Buffer.concat(chunks), problem: `the file is damaged (${reasonOf(error)})` };
  }
  return { data: Buffer.concat(chunks), problem: null };
}

async function isCompressed(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return GZIP_MAGIC.every((byte, index) => buffer[index] === byte);
  } finally {
    await file.close();
  }
}

/** `1:02:03`, `2:03`. */
export function clock(elapsedMs: number): string {
  const seconds = Math.max(0, Math.floor(elapsedMs / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
