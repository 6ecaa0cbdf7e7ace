import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BxError } from '../../../../src/platform/errors.js';
import { decodeBytes, type Entry, parseEntry, parseHeader } from '../../../../src/session/recording/format.js';
import {
  createRecordDirectory,
  findRecord,
  listRecords,
  pruneRecords,
  recordsRoot,
} from '../../../../src/session/recording/record-store.js';
import { type Recorder, type RecorderOptions, startRecording } from '../../../../src/session/recording/recorder.js';
import type { FakeSession } from '../../../golden/fake-session.js';
import { STORY_START_MS, tellStory } from '../../../golden/story.js';
import { eventually } from '../../../helpers/eventually.js';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-rec-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const files = (): string[] => readdirSync(dir).sort();
const linesOf = (name: string): string[] => readFileSync(join(dir, name), 'utf8').trimEnd().split('\n');
const entriesOf = (name: string): Entry[] =>
  linesOf(name)
    .slice(1)
    .flatMap((line) => parseEntry(line) ?? []);
const outputOf = (entries: readonly Entry[]): string =>
  entries.flatMap((entry) => (entry.type === 'output' && 'text' in entry.data ? [entry.data.text] : [])).join('');

function record(session: FakeSession, more: Partial<RecorderOptions> = {}): { recorder: Recorder; errors: BxError[] } {
  const errors: BxError[] = [];
  const recorder = startRecording({
    session,
    directory: dir,
    header: { program: '0.1.0', session: 's1', pid: process.pid, context: '.' },
    secrets: [],
    now: () => STORY_START_MS + 60_000,
    onFailed: (error) => errors.push(error),
    ...more,
  });
  return { recorder, errors };
}

const log = (session: FakeSession, text: string): void =>
  session.report(STORY_START_MS + 60_000, { type: 'log.appended', digest: 'sha256:0009', stream: 'stdout', text });

describe('a recording', () => {
  it('has a header, the session as it was, what happened, and its end; for its person alone', async () => {
    const { session } = tellStory('shell');
    const { recorder } = record(session);
    log(session, 'recorded\n');
    session.fakeTerminal('p1').print('printed');
    await recorder.finish();
    expect(files()).toEqual(['000001.jsonl']);
    expect(lstatSync(join(dir, '000001.jsonl')).mode & 0o777).toBe(0o600);
    expect(parseHeader(linesOf('000001.jsonl')[0]!)).toMatchObject({ session: 's1', program: '0.1.0', segment: 1 });
    const entries = entriesOf('000001.jsonl');
    expect(entries.map((entry) => entry.type)).toEqual(['snapshot', 'event', 'output', 'end']);
    expect(entries[1]).toMatchObject({ event: { event: { text: 'recorded\n' } } });
    expect(outputOf(entries)).toBe('printed');
  });

  it('keeps bytes that are no text as they are', async () => {
    const { session } = tellStory('shell');
    const bytes = Uint8Array.of(0xff, 0, 0x80, 0xc3);
    let print: (data: Uint8Array) => void = () => undefined;
    const terminal = session.fakeTerminal('p1');
    session.terminal = () => ({
      ...terminal,
      onData(listener) {
        print = listener;
        return { dispose: () => undefined };
      },
    });
    const { recorder } = record(session);
    print(bytes);
    await recorder.finish();
    const output = entriesOf('000001.jsonl').find((entry) => entry.type === 'output');
    expect(output).toMatchObject({ data: { base64: Buffer.from(bytes).toString('base64') } });
  });

  it('begins a new segment at its bound, with the session in it, and drops the oldest', async () => {
    const { session } = tellStory('shell');
    const { recorder } = record(session, { bounds: { segmentBytes: 60_000, sessionBytes: 200_000 } });
    for (let round = 0; round < 8; round++) {
      log(session, `${round}`.repeat(59_000));
      await eventually(() => expect(JSON.stringify(files().map(linesOf))).toContain(`${round}`.repeat(200)));
    }
    await recorder.finish();
    expect(files()[0]).not.toBe('000001.jsonl');
    const bytes = files().reduce((sum, name) => sum + lstatSync(join(dir, name)).size, 0);
    expect(bytes).toBeLessThan(400_000);
    for (const name of files()) expect(entriesOf(name)[0]).toMatchObject({ type: 'snapshot', state: { id: 's1' } });
    expect(parseHeader(linesOf(files().at(-1)!)[0]!).segment).toBe(Number(files().at(-1)!.slice(0, 6)));
  });

  it('begins with what the newest of many terminals have printed, up to a bound for all of them', async () => {
    const { session } = tellStory('shell');
    const shell = session.state.processes[0]!;
    const ids = Array.from({ length: 60 }, (_, at) => `p${at + 1}`);
    for (const id of ids.slice(1)) session.emit({ type: 'process.updated', atMs: STORY_START_MS, process: { ...shell, id } });
    const output = Buffer.from(`${'x'.repeat(1023)}\n`.repeat(512));
    const terminal = session.fakeTerminal('p1');
    session.terminal = () => ({ ...terminal, replay: () => output });
    const { recorder } = record(session);
    await recorder.finish();
    const [snapshot] = entriesOf('000001.jsonl');
    const terminals = snapshot?.type === 'snapshot' ? snapshot.terminals : [];
    expect(terminals.map(({ process }) => process)).toEqual(ids);
    const kept = terminals.map(({ replay }) => decodeBytes(replay).length);
    expect(kept.reduce((sum, bytes) => sum + bytes)).toBeLessThanOrEqual(8 << 20);
    expect(kept.slice(-32).every((bytes) => bytes >= 255 << 10)).toBe(true);
    expect(kept[0]).toBe(0);
  });

  it('loses the middle of what a program prints faster than it is written, and says so', async () => {
    const { session } = tellStory('shell');
    const { recorder } = record(session);
    const terminal = session.fakeTerminal('p1');
    terminal.print('first');
    for (let count = 0; count < 40; count++) terminal.print('x'.repeat(128 << 10));
    terminal.print('last');
    await recorder.finish();
    const entries = entriesOf('000001.jsonl');
    expect(entries.filter((entry) => entry.type === 'dropped')).toHaveLength(1);
    expect(outputOf(entries).length).toBeLessThan(2.2 * (1 << 20));
    expect(outputOf(entries).endsWith('last')).toBe(true);
  });

  it('ends with one word when the disk takes no more, and the session goes on', async () => {
    const { session } = tellStory('shell');
    const { recorder, errors } = record(session, { bounds: { segmentBytes: 1, sessionBytes: 1 } });
    await eventually(() => expect(files()).toEqual(['000001.jsonl']));
    rmSync(dir, { recursive: true });
    for (let round = 0; round < 3; round++) {
      log(session, 'x'.repeat(100_000));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(errors).toHaveLength(1);
    log(session, 'still there\n');
    expect(session.stepLog(1, '9').head).toContain('still there');
    await recorder.finish();
    expect(errors).toHaveLength(1);
  });

  it('has no secrets in it, wherever they are cut', async () => {
    const { session } = tellStory('shell');
    const secrets = ['hunter2', 'hunter2-and-more'];
    log(session, 'before: hunter2\n');
    const { recorder } = record(session, { secrets });
    log(session, 'a hunt');
    log(session, 'er2 b hunter2-and');
    log(session, '-more c');
    for (const letter of 'hunter2-an') session.fakeTerminal('p1').print(letter);
    session.emit({ type: 'notice.posted', atMs: 1, notice: { id: 9, level: 'info', message: 'it is hunter2', hint: null } });
    await recorder.finish();
    const text = readFileSync(join(dir, '000001.jsonl'), 'utf8');
    expect(text).not.toContain('unter2');
    expect(text).not.toContain('-and-more');
    expect(text).toContain('it is [redacted]');
    expect(outputOf(entriesOf('000001.jsonl'))).toBe('[redacted]-an');
  });
});

describe('a recording whose secrets are not all known when it begins', () => {
  const textNow = (): string =>
    files()
      .map((name) => readFileSync(join(dir, name), 'utf8'))
      .join('');

  it('has nothing on the disk until they are, and nothing of them in it', async () => {
    const { session } = tellStory('shell');
    log(session, 'before: hunter2\n');
    const { recorder } = record(session, { awaitsSecrets: true });
    log(session, 'after: hunter2\n');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(files()).toEqual([]);
    recorder.conceal(['hunter2']);
    await eventually(() => expect(textNow()).toContain('after: [redacted]'));
    expect(textNow()).toContain('before: [redacted]');
    await recorder.finish();
    expect(textNow()).not.toContain('hunter2');
    expect(entriesOf('000001.jsonl').map(({ type }) => type)).toEqual(['snapshot', 'event', 'end']);
  });

  it('is written whole where there are none after all, or the session ends before', async () => {
    for (const isTold of [true, false]) {
      const { session } = tellStory('shell');
      const { recorder } = record(session, { awaitsSecrets: true });
      log(session, 'recorded\n');
      if (isTold) recorder.conceal([]);
      await recorder.finish();
      expect(entriesOf('000001.jsonl').map(({ type }) => type)).toEqual(['snapshot', 'event', 'end']);
      rmSync(join(dir, '000001.jsonl'));
    }
  });

  it('takes more of them later, and loses nothing of what it has held for one of before', async () => {
    const { session } = tellStory('shell');
    const { recorder } = record(session, { secrets: ['hunter2'] });
    const terminal = session.fakeTerminal('p1');
    terminal.print('a hunt');
    await eventually(() => expect(outputOf(entriesOf('000001.jsonl'))).toBe('a '));
    recorder.conceal(['sesame']);
    terminal.print('er2 b ses');
    terminal.print('ame c');
    await recorder.finish();
    expect(outputOf(entriesOf('000001.jsonl'))).toBe('a [redacted] b [redacted] c');
  });
});

describe('the place of records', () => {
  it('is beside the sessions of --root, else where a state outlives a login', () => {
    expect(recordsRoot('/a', { XDG_STATE_HOME: '/s' })).toBe('/a/records');
    expect(recordsRoot(null, { BXTUI_ROOT: '/b', XDG_STATE_HOME: '/s' })).toBe('/b/records');
    expect(recordsRoot(null, { XDG_STATE_HOME: '/s' })).toBe('/s/bxtui/records');
    expect(recordsRoot(null, { XDG_STATE_HOME: 'relative', HOME: '/h' })).toBe('/h/.local/state/bxtui/records');
  });

  it('finds a record by the beginning of its id, and makes room with the oldest that nobody writes', async () => {
    const root = join(dir, 'records');
    const { session } = tellStory('failed');
    for (const [id, pid] of [
      ['aaaa0001', process.pid],
      ['aaaa0002', 0],
      ['bbbb0003', 0],
    ] as const) {
      const directory = createRecordDirectory(root, id);
      const header = { program: '0.1.0', session: id, pid, context: '.' };
      const { recorder } = record(session, { directory, header });
      // One that is written still has no end.
      if (pid === 0) await recorder.finish();
      else await eventually(async () => expect(await listRecords(root)).toHaveLength(1));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(lstatSync(root).mode & 0o777).toBe(0o700);
    expect((await listRecords(root)).map(({ id }) => id)).toEqual(['aaaa0001', 'aaaa0002', 'bbbb0003']);
    expect((await findRecord(root, 'b')).id).toBe('bbbb0003');
    await expect(findRecord(root, 'aaaa')).rejects.toThrow('begins several');
    await expect(findRecord(root, 'c')).rejects.toThrow('no record of a session c');
    await pruneRecords(root, { bytes: 1 << 30, count: 2 });
    expect((await listRecords(root)).map(({ id }) => id)).toEqual(['aaaa0001', 'bbbb0003']);
  });
});
