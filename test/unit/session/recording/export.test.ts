import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asciicastOf, terminalsOf } from '../../../../src/session/recording/asciicast.js';
import { packRecord } from '../../../../src/session/recording/export-record.js';
import { type Entry, encodeBytes } from '../../../../src/session/recording/format.js';
import { type LoadedRecord, readRecord } from '../../../../src/session/recording/read-record.js';
import { redactAssignments, redactEntries } from '../../../../src/session/recording/redact.js';
import { createTimeline } from '../../../../src/session/recording/timeline.js';
import { SAMPLE_HEADER, SAMPLE_START_MS, sampleEntries } from './sample.js';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-export-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const record: LoadedRecord = { header: SAMPLE_HEADER, entries: sampleEntries(), breaks: [], isEnded: true };

describe('an exported record', () => {
  it('is one file that plays, without the values of its environment', async () => {
    const packed = packRecord(record, { isRedacted: true });
    const text = gunzipSync(packed).toString();
    expect(text).not.toContain('abc123def');
    expect(text).toContain('TOKEN=[redacted]');
    expect(text.split('\n')[0]).toContain('"isRedacted":true');
    const path = join(dir, 'session.bxrec');
    writeFileSync(path, packed);
    const read = await readRecord(path);
    expect(read.breaks).toEqual([]);
    expect(read.isEnded).toBe(true);
    const [before, after] = [record, read].map(({ entries }) => createTimeline(entries).stateAfter(entries.length));
    expect(after?.processes).toEqual(before?.processes);
    expect(after?.generations[0]?.failure).toEqual(before?.generations[0]?.failure);
  });

  it('that is not there is named, with where to look', async () => {
    await expect(readRecord('./nofile')).rejects.toMatchObject({
      message: 'cannot read the record ./nofile: it does not exist',
      hint: expect.stringContaining('bxtui record ls'),
    });
  });

  it('is the record itself when that is wanted', () => {
    const text = gunzipSync(packRecord(record, { isRedacted: false })).toString();
    expect(text).toContain('abc123def');
  });
});

describe('redaction', () => {
  it('takes values where they are assigned', () => {
    expect(redactAssignments('A=1 B="two words" C=\'x\' ./D=4 ARG E')).toBe('A=[redacted] B=[redacted] C=[redacted] ./D=4 ARG E');
    expect(redactAssignments('ENV NAME some value\nRUN x\n')).toBe('ENV NAME [redacted]\nRUN x\n');
    expect(redactAssignments('ENV A=1 B=2')).toBe('ENV A=[redacted] B=[redacted]');
    expect(redactAssignments('PATH=/usr/bin:/bin HOME=/root')).toBe('PATH=/usr/bin:/bin HOME=/root');
    expect(redactAssignments('if [ a == b ]; then x=; fi')).toBe('if [ a == b ]; then x=; fi');
  });

  it('takes them wherever else they stand, also cut in two, and in all that was printed before', () => {
    const at = SAMPLE_START_MS;
    const output = (text: string): Entry => ({ type: 'output', atMs: at, process: 'p1', data: encodeBytes(Buffer.from(text)) });
    const entries = [
      ...sampleEntries().slice(0, -1),
      output('early: s3cr'),
      output('et-value!'),
      output(' KEY=s3cret'),
      output('-value\r\n'),
    ];
    const text = redactEntries(entries)
      .flatMap((entry) => (entry.type === 'output' && 'text' in entry.data ? [entry.data.text] : []))
      .join('');
    expect(text).toContain('early: [redacted]!');
    expect(text).not.toContain('s3cret-value');
  });
});

describe('a terminal as asciicast', () => {
  const lines = (process: string): unknown[] =>
    asciicastOf(record, process)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);

  it('has a header and what was printed when, characters whole, sizes included', () => {
    const [header, ...events] = lines('p1') as [Record<string, unknown>, ...Array<[number, string, string]>];
    expect(header).toMatchObject({
      version: 2,
      width: 100,
      height: 30,
      timestamp: Math.floor(SAMPLE_START_MS / 1000),
      title: 'p1 /bin/sh',
    });
    expect(Object.keys(header.env as object).sort()).toEqual(['SHELL', 'TERM']);
    const said = events.filter(([, code]) => code === 'o').map(([, , text]) => text);
    expect(said.join('')).toBe('$ echo é名\r\nafter a long time\r\n');
    expect(events.filter(([, code]) => code === 'r').map(([, , size]) => size)).toEqual(['60x20']);
    const times = events.map(([time]) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(60);
  });

  it('begins with the size that the first output was for', () => {
    const { entries } = record;
    const at = entries.findIndex((entry) => entry.type === 'output' && entry.process === 'p1');
    const { atMs } = entries[at]!;
    const early: Entry[] = ['90x28', '132x40'].map((size) => {
      const [cols = 0, rows = 0] = size.split('x').map(Number);
      return { type: 'resize', atMs, process: 'p1', cols, rows };
    });
    const cast = asciicastOf({ ...record, entries: [...entries.slice(0, at), ...early, ...entries.slice(at)] }, 'p1');
    const [header, ...events] = cast.trimEnd().split('\n');
    expect(JSON.parse(header!)).toMatchObject({ width: 132, height: 40 });
    expect(events.filter((line) => line.includes('"r"'))).toEqual([expect.stringContaining('60x20')]);
  });

  it('is one of those that the record has', () => {
    expect(terminalsOf(record.entries)).toEqual(['p1', 'p2']);
    expect(() => asciicastOf(record, 'p9')).toThrow('no terminal p9');
  });
});
