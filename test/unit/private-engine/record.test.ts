import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { usualPlaces } from '../../../src/builders/usual-places.js';
import { takeLock } from '../../../src/private-engine/lock.js';
import {
  type EngineRecord,
  enginePaths,
  keeperProcess,
  readRecord,
  stateOf,
  writeRecord,
} from '../../../src/private-engine/record.js';
import { NO_TRACES } from '../../../src/private-engine/traces.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'bxtui-private-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const envOf = () => ({ HOME: home, XDG_STATE_HOME: join(home, 'state') });
const me = keeperProcess(process.pid);
const recordOf = (more: Partial<EngineRecord> = {}): EngineRecord => ({
  ...{ state: 'running', engine: 'dockerd', program: '/usr/sbin/dockerd', version: '28.5.2', isRootless: false },
  ...{ address: 'unix:///x/docker.sock', keeper: me, pid: 1, sinceMs: 0, dataDir: '/x/data', log: '/x/log', isDebug: false },
  ...{ traces: NO_TRACES, notes: [], failure: null, hint: null },
  ...more,
});
const put = (record: EngineRecord): void => {
  const paths = enginePaths(envOf());
  mkdirSync(paths.dir, { recursive: true });
  writeRecord(paths, record);
};

describe('the state of a record', () => {
  it.each([
    ['is what it says while its keeper lives', {}, 'running'],
    ['is a crash when the keeper is gone', { keeper: { ...me, pid: 2 ** 22 - 1 } }, 'crashed'],
    ['is a crash when the id is that of another process by now', { keeper: { ...me, bornAt: '1' } }, 'crashed'],
    ['is a crash when the machine was restarted', { keeper: { ...me, bootId: 'another' } }, 'crashed'],
    ['is an end that was written down, whoever lives', { state: 'stopped' as const, keeper: { ...me, bornAt: '1' } }, 'stopped'],
    ['is a failed start that was written down', { state: 'failed' as const }, 'failed'],
  ])('%s', (_, more, state) => {
    expect(stateOf(recordOf(more))).toBe(state);
  });

  it('is none where the file is missing, cut off or of something else', () => {
    expect(readRecord(envOf())).toBeNull();
    put(recordOf());
    for (const text of ['{"state": "runn', '{}', '[]', 'null', '{"address": "x", "keeper": {}}']) {
      writeFileSync(enginePaths(envOf()).record, text);
      expect(readRecord(envOf()), text).toBeNull();
    }
  });
});

describe('the private engine as an endpoint', () => {
  const last = () => usualPlaces(envOf(), { exists: () => true, uid: 1000 }).at(-1);

  it('comes last, while it runs', () => {
    put(recordOf());
    expect(last()).toEqual({ kind: 'docker', address: 'unix:///x/docker.sock', source: 'private engine', tls: null });
    put(recordOf({ engine: 'buildkitd', address: 'unix:///x/buildkitd.sock' }));
    expect(last()).toMatchObject({ kind: 'buildkitd', address: 'unix:///x/buildkitd.sock' });
  });

  it.each([{ state: 'starting' as const }, { state: 'stopped' as const }, { keeper: { ...me, bornAt: '1' } }])(
    'is none with %j',
    (more) => {
      put(recordOf(more));
      expect(last()).not.toMatchObject({ source: 'private engine' });
    },
  );
});

describe('the lock', () => {
  const dead = { ...me, bornAt: '1' };
  const hold = (number: number, holder: object | string): void =>
    writeFileSync(join(home, `lock.${number}`), typeof holder === 'string' ? holder : JSON.stringify(holder));

  it('is one process’s until it lets go', () => {
    const lock = takeLock(home, me);
    expect(lock).not.toBeNull();
    expect(takeLock(home, me)).toBeNull();
    lock!.release();
    expect(readdirSync(home)).toEqual([]);
    expect(takeLock(home, me)).not.toBeNull();
  });

  it('is taken over from a process that is gone, and its file removed', () => {
    hold(3, dead);
    expect(takeLock(home, me)).not.toBeNull();
    expect(readdirSync(home)).toEqual(['lock.4']);
  });

  it('is taken over where the file was cut off', () => {
    hold(1, '{"pid":');
    expect(takeLock(home, me)).not.toBeNull();
  });

  it('counts the highest: an older one of a living process does not', () => {
    hold(1, me);
    hold(2, dead);
    expect(takeLock(home, me)).not.toBeNull();
    hold(9, me);
    expect(takeLock(home, me)).toBeNull();
  });
});
