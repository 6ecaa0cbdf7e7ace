import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../../src/core/dockerfile/index.js';
import type { SessionEvent } from '../../../../src/core/events.js';
import { initialState, reduce } from '../../../../src/core/reduce/index.js';
import type { SessionClient, StepLog } from '../../../../src/session/index.js';
import { reduceTogether } from '../../../../src/session/wire/reduce-together.js';
import { SNAPSHOT_LOG_CHARS, SNAPSHOT_LOGS_CHARS, snapshotLogs } from '../../../../src/session/wire/snapshot.js';
import { failure, plan, printed, TEXT, vertex } from './harness.js';

const event = (
  generation: number,
  reported: Extract<SessionEvent, { type: 'engine.reported' }>['event'],
  atMs = 1,
): SessionEvent => ({
  type: 'engine.reported',
  atMs,
  generation,
  event: reported,
});
const started = (generation: number, text = TEXT): SessionEvent => ({
  type: 'generation.started',
  atMs: 1,
  generation,
  dockerfile: { path: '/x/Dockerfile', text },
  plan: parseDockerfile(text),
  target: null,
});

/** A session that has only what a snapshot of its logs is made of. */
function sessionOf(events: readonly SessionEvent[], log: StepLog): SessionClient {
  return { state: events.reduce(reduce, initialState()), stepLog: () => log } as unknown as SessionClient;
}

describe('the logs of a snapshot', () => {
  const long = (chars: number): StepLog => ({ head: 'h'.repeat(chars), tail: '', omittedBytes: 0, file: '/spill/1.log' });

  it('are those of the failed and running steps first, then the newest, within a bound', () => {
    const events = Array.from({ length: 50 }, (_, at) => [
      started(at + 1),
      event(at + 1, plan),
      event(at + 1, vertex(2)),
      event(at + 1, printed(2, 'x')),
      event(at + 1, printed(3, 'x')),
      event(at + 1, failure),
    ]).flat();
    const logs = snapshotLogs(sessionOf(events, long(200_000)));
    expect(logs).toHaveLength(100);
    expect(logs.slice(0, 2)).toMatchObject([
      { generation: 50, step: '3' },
      { generation: 49, step: '3' },
    ]);
    expect(logs[50]).toMatchObject({ generation: 50, step: '2' });
    expect(logs.reduce((sum, { log }) => sum + log.tail.length, 0)).toBe(SNAPSHOT_LOGS_CHARS);
    expect(logs[0]!.log.tail.length).toBe(SNAPSHOT_LOG_CHARS);
    expect(logs[99]!.log).toEqual({ head: '', tail: '', omittedBytes: 200_000, file: '/spill/1.log' });
  });

  it('begin at a whole character, behind everything that is left out', () => {
    const cut = (log: StepLog): StepLog =>
      snapshotLogs(sessionOf([started(1), event(1, plan), event(1, printed(2, 'x'))], log))[0]!.log;
    const smiles = cut({ head: '', tail: `${'\ud83d\ude00'.repeat(SNAPSHOT_LOG_CHARS / 2)}!`, omittedBytes: 0, file: null });
    expect([smiles.tail.length, smiles.tail.charCodeAt(0), smiles.omittedBytes]).toEqual([SNAPSHOT_LOG_CHARS - 1, 0xd83d, 2]);
    const gap = cut({ head: 'h'.repeat(1000), tail: 't'.repeat(SNAPSHOT_LOG_CHARS), omittedBytes: 500, file: null });
    expect(gap).toEqual({ head: '', tail: 't'.repeat(SNAPSHOT_LOG_CHARS), omittedBytes: 1500, file: null });
    const short = { head: 'h', tail: 't', omittedBytes: 0, file: null };
    expect(cut(short)).toBe(short);
  });
});

describe('events that come together', () => {
  it('give the state that they give one by one, each of them told once', () => {
    const events: SessionEvent[] = [
      started(1),
      event(1, plan),
      event(1, vertex(2, null)),
      event(1, vertex(3, null)),
      event(1, vertex(2)),
      event(1, printed(2, 'a\n'), 2),
      { type: 'notice.posted', atMs: 3, notice: { id: 1, level: 'info', message: 'm', hint: null } },
      event(9, vertex(2)),
      started(2),
      event(2, vertex(3)),
      event(1, failure),
    ];
    let state = initialState();
    const told: SessionEvent[] = [];
    for (const batch of reduceTogether(() => state, events)) {
      ({ state } = batch);
      told.push(...batch.events);
    }
    expect(told).toEqual(events);
    expect(state).toEqual(events.reduce(reduce, initialState()));
  });
});
