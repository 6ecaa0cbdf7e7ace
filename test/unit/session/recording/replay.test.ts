import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initialState, reduce } from '../../../../src/core/reduce/index.js';
import { BxError } from '../../../../src/platform/errors.js';
import type { Entry } from '../../../../src/session/recording/format.js';
import type { PlayerClock } from '../../../../src/session/recording/player.js';
import { type LoadedRecord, readRecord } from '../../../../src/session/recording/read-record.js';
import { createReplaySession } from '../../../../src/session/recording/replay-session.js';
import { createTimeline, printedBytes } from '../../../../src/session/recording/timeline.js';
import { SAMPLE_HEADER, sampleEntries, sampleText } from './sample.js';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-replay-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const write = (name: string, data: string | Uint8Array): string => {
  const path = join(dir, name);
  writeFileSync(path, data);
  return path;
};

describe('a record that is read', () => {
  it('is the same from a directory, a file and a compressed file', async () => {
    mkdirSync(join(dir, 'r'));
    write('r/000001.jsonl', sampleText());
    const whole = await readRecord(join(dir, 'r'));
    expect(whole.breaks).toEqual([]);
    expect(whole.isEnded).toBe(true);
    expect(whole.entries).toHaveLength(sampleEntries().length);
    expect(await readRecord(write('plain', sampleText()))).toEqual(whole);
    expect(await readRecord(write('packed', gzipSync(sampleText())))).toEqual(whole);
  });

  it('tells of an engine that is not there', async () => {
    const { entries } = await readRecord(write('plain', sampleText()));
    expect(createTimeline(entries).stateAfter(entries.length).engine?.kind).toBe('replay');
  });

  it('is played as far as it goes, wherever it is cut off', async () => {
    const text = Buffer.from(sampleText(sampleEntries(3)));
    const path = join(dir, 'cut');
    const isNearEnd = (at: number): boolean => text.subarray(Math.max(0, at - 2), at + 2).includes(10);
    for (let length = 0; length < text.length; length++) {
      if (length % 7 !== 0 && !isNearEnd(length)) continue;
      writeFileSync(path, text.subarray(0, length));
      const record = await readRecord(path).catch((error: unknown) => error);
      if (record instanceof Error) {
        expect(record, `cut at ${length}`).toBeInstanceOf(BxError);
        continue;
      }
      const { entries, breaks, isEnded } = record as LoadedRecord;
      expect(entries.length, `cut at ${length}`).toBeGreaterThan(0);
      const isAtLine = text[length - 1] === 10 || text[length] === 10;
      expect(breaks.length, `cut at ${length}`).toBe(isAtLine ? 0 : 1);
      expect(isEnded).toBe(length === text.length - 1);
      createTimeline(entries).stateAfter(entries.length);
    }
  });

  it('is played as far as it goes when its compressed file is cut off or damaged', async () => {
    const packed = gzipSync(sampleText(sampleEntries(5000)));
    const path = write('packed', packed);
    truncateSync(path, Math.floor(packed.length / 2));
    const half = await readRecord(path);
    expect(half.entries.length).toBeGreaterThan(100);
    expect(half.breaks).toHaveLength(1);
    expect(half.isEnded).toBe(false);
    const damaged = Buffer.from(packed);
    damaged.fill(0xaa, Math.floor(packed.length / 2), Math.floor(packed.length / 2) + 40);
    const rest = await readRecord(write('damaged', damaged)).catch((error: unknown) => error);
    if (rest instanceof Error) expect(rest).toBeInstanceOf(BxError);
    else expect((rest as LoadedRecord).breaks.length).toBeGreaterThan(0);
  });

  it('goes on with the next segment behind a damaged one', async () => {
    const entries = sampleEntries();
    const middle = 10;
    const timeline = createTimeline(entries);
    const at = entries[middle]!.atMs;
    const snapshot: Entry = { type: 'snapshot', atMs: at, state: timeline.stateAfter(middle + 5), logs: [], terminals: [] };
    mkdirSync(join(dir, 'r'));
    write('r/000001.jsonl', `${sampleText(entries.slice(0, middle))}{"type":"event","atMs":1,"event":{"type":"nonsense"}}\n`);
    write('r/000002.jsonl', sampleText([snapshot, ...entries.slice(middle + 5)], { ...SAMPLE_HEADER, segment: 2 }));
    const record = await readRecord(join(dir, 'r'));
    expect(record.breaks).toEqual([expect.stringContaining(`line ${middle + 2} is damaged`)]);
    const replayed = createTimeline(record.entries);
    const last = replayed.stateAfter(record.entries.length);
    expect(last.processes).toEqual(timeline.stateAfter(entries.length).processes);
    expect(last.generations[0]?.status).toBe('failed');
  });

  it('says which version made it when that is newer, and what is no record at all', async () => {
    const newer = write('newer', sampleText([], { ...SAMPLE_HEADER, version: 99, program: '7.1.0' }));
    await expect(readRecord(newer)).rejects.toThrow('made by bxtui 7.1.0');
    await expect(readRecord(write('text', 'hello\n'))).rejects.toThrow('no record of a session');
    await expect(readRecord(write('empty', ''))).rejects.toThrow('no record of a session');
    await expect(readRecord(join(dir, 'nowhere'))).rejects.toMatchObject({ code: 'not-found' });
    mkdirSync(join(dir, 'bare'));
    await expect(readRecord(join(dir, 'bare'))).rejects.toThrow('nothing in it');
  });

  it('is refused where its state would break a screen', async () => {
    const forged = sampleText([{ type: 'snapshot', atMs: 1, state: { generations: 7 } as never, logs: [], terminals: [] }]);
    await expect(readRecord(write('forged', forged))).rejects.toThrow('a state that makes no sense');
  });
});

describe('the timeline', () => {
  const entries = sampleEntries(1500);
  const timeline = createTimeline(entries);

  it('is at every place what the events up to it make', () => {
    const counts = [entries.length, 1, 700, 3, 1024, 513, 512, 511, entries.length - 3, 0, 1200];
    for (const count of counts) {
      let state = initialState();
      let log = '';
      let printed = '';
      for (const entry of entries.slice(0, count)) {
        if (entry.type === 'event') state = reduce(state, entry.event);
        if (entry.type === 'event' && entry.event.type === 'engine.reported' && entry.event.event.type === 'log.appended') {
          log += entry.event.event.text;
        }
        if (entry.type === 'output' && entry.process === 'p1') printed += Buffer.from(printedBytes(entry)).toString('latin1');
      }
      expect(timeline.stateAfter(count), `after ${count}`).toEqual(state);
      const { head, tail } = timeline.stepLog(count, 1, '3');
      expect(head + tail, `log after ${count}`).toBe(log);
      expect(Buffer.from(timeline.output(count, 'p1')).toString('latin1'), `output after ${count}`).toBe(printed);
    }
  });

  it('knows the size that a terminal had', () => {
    const sized = entries.findIndex((entry) => entry.type === 'resize');
    expect(timeline.size(sized, 'p1')).toEqual({ cols: 80, rows: 24 });
    expect(timeline.size(sized + 1, 'p1')).toEqual({ cols: 100, rows: 30 });
    expect(timeline.size(entries.length, 'p1')).toEqual({ cols: 60, rows: 20 });
  });
});

/** Time passes when a test says so. */
function paperClock(): PlayerClock & { pass(ms: number): void } {
  let nowMs = 0;
  let timers: Array<{ atMs: number; run: () => void }> = [];
  const clock = {
    now: () => nowMs,
    setTimeout(run: () => void, delayMs: number) {
      const timer = { atMs: nowMs + delayMs, run };
      timers.push(timer);
      return timer;
    },
    clearTimeout(handle: unknown) {
      timers = timers.filter((timer) => timer !== handle);
    },
    soon: (run: () => void) => void clock.setTimeout(run, 0),
    pass(ms: number) {
      const untilMs = nowMs + ms;
      for (let rounds = 0; rounds < 100_000; rounds++) {
        const due = timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (due === undefined) break;
        timers = timers.filter((timer) => timer !== due);
        nowMs = Math.max(nowMs, due.atMs);
        due.run();
      }
      nowMs = untilMs;
    },
  };
  return clock;
}

describe('a replay', () => {
  const record: LoadedRecord = { header: SAMPLE_HEADER, entries: sampleEntries(), breaks: [], isEnded: true };
  const open = (speed = 1, idleLimitMs: number | null = null) => {
    const clock = paperClock();
    const session = createReplaySession({ record, clock, speed, idleLimitMs });
    return { clock, session, replay: session.replay };
  };
  const lines = (session: ReturnType<typeof open>['session']): number => session.state.generations[0]?.steps['3']?.log.lines ?? 0;

  it('tells events and output in their time, at its speed, and stands still when it is paused', () => {
    const { clock, session, replay } = open();
    const seen: string[] = [];
    session.onEvent((event) => seen.push(event.type));
    session.play();
    clock.pass(103 + 55);
    expect(lines(session)).toBe(5);
    expect(seen).toContain('engine.reported');
    replay.togglePlaying();
    clock.pass(10_000);
    expect(lines(session)).toBe(5);
    replay.changeSpeed(1);
    expect(replay.status.speed).toBe(2);
    replay.togglePlaying();
    clock.pass(50);
    expect(lines(session)).toBe(15);
    expect(Math.round(replay.status.positionMs)).toBe(258);
    expect(replay.status.nowMs).toBe(SAMPLE_HEADER.atMs + replay.status.positionMs);
  });

  it('shortens idle times, and plays them as they were on wish', () => {
    const { clock, session, replay } = open(1, 2_000);
    session.play();
    clock.pass(1_000);
    expect(replay.status.isAtEnd).toBe(false);
    expect(replay.status.positionMs).toBeGreaterThan(2_000);
    clock.pass(2_000);
    expect(replay.status).toMatchObject({ isAtEnd: true, isPlaying: false });
    replay.toggleIdleLimit();
    replay.togglePlaying();
    clock.pass(30_000);
    expect(replay.status.isAtEnd).toBe(false);
    clock.pass(32_000);
    expect(replay.status.isAtEnd).toBe(true);
  });

  it('is as fast as possible when it is told so', () => {
    const { clock, session, replay } = open(Number.POSITIVE_INFINITY);
    session.play();
    clock.pass(1);
    expect(replay.status.isAtEnd).toBe(true);
    expect(session.state.generations[0]?.status).toBe('failed');
  });

  it('gives the same session whichever way a place was reached', () => {
    const { session, replay } = open();
    replay.seekTo(Number.POSITIVE_INFINITY);
    const end = session.state;
    for (const placeMs of [250, 103, 0, 500, 61_000, 203]) {
      const fresh = open();
      fresh.session.play();
      fresh.clock.pass(placeMs);
      replay.seekTo(placeMs);
      expect(session.state, `at ${placeMs}`).toEqual(fresh.session.state);
      expect(session.stepLog(1, '3'), `at ${placeMs}`).toEqual(fresh.session.stepLog(1, '3'));
    }
    replay.seekTo(Number.POSITIVE_INFINITY);
    expect(session.state).toEqual(end);
  });

  it('steps by event, forth and back', () => {
    const { session, replay } = open();
    const states = [session.state];
    for (let step = 0; step < 12; step++) {
      replay.step(1);
      states.push(session.state);
    }
    expect(replay.status.event).toBe(13);
    expect(replay.status.isPlaying).toBe(false);
    for (let step = 11; step >= 0; step--) {
      replay.step(-1);
      expect(session.state, `back to ${step}`).toEqual(states[step]);
    }
    replay.seekTo(Number.POSITIVE_INFINITY);
    const { eventCount } = replay.status;
    expect(replay.status.event).toBe(eventCount);
  });

  it('plays terminals: what was printed, then what comes, with the size it had', () => {
    const { clock, session, replay } = open();
    replay.seekTo(400);
    const terminal = session.terminal('p1');
    let text = Buffer.from(terminal.replay()).toString();
    const sizes: string[] = [];
    terminal.onData((data) => {
      text += Buffer.from(data).toString();
    });
    terminal.onSize(({ cols, rows }) => void sizes.push(`${cols}x${rows}`));
    session.play();
    clock.pass(61_000);
    expect(text).toContain('$ ');
    expect(text).toContain('after a long time');
    expect(sizes).toEqual(['60x20']);
    expect(terminal.size).toEqual({ cols: 60, rows: 20 });
  });

  it('waits for a terminal that cannot take more', () => {
    const { clock, session, replay } = open(Number.POSITIVE_INFINITY);
    replay.seekTo(400);
    const terminal = session.terminal('p1');
    terminal.pause();
    session.play();
    clock.pass(100_000);
    expect(replay.status.isAtEnd).toBe(false);
    terminal.detach();
    clock.pass(1);
    expect(replay.status.isAtEnd).toBe(true);
  });

  it('changes nothing', async () => {
    const { session } = open();
    await expect(session.execute({ type: 'session.reload' })).rejects.toMatchObject({
      code: 'state',
      message: expect.stringContaining('replay'),
    });
    await session.execute({ type: 'session.disconnect' });
    await session.ended;
  });
});
