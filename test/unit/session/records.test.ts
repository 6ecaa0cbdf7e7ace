import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BxError } from '../../../src/platform/errors.js';
import { removeLeftovers } from '../../../src/session/records/leftovers.js';
import { prepareRoot, sessionRoot } from '../../../src/session/records/root-dir.js';
import {
  createRecord,
  findSession,
  listSessions,
  prepareLog,
  removeRecord,
} from '../../../src/session/records/session-records.js';

let dir = '';
let root = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-root-'));
  root = join(dir, 'sessions');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const record = (id: string, pid = process.pid, startedAtMs = 1) => ({
  ...{ id, pid, startedAtMs },
  version: '0.1.0',
  context: '.',
  dockerfile: '/x/Dockerfile',
  cwd: '/x',
});

describe('the directory of sessions', () => {
  it('is where --root says, else where BXTUI_ROOT does, else the person’s own in the temporary directory', () => {
    expect(sessionRoot('/a/b', { BXTUI_ROOT: '/c' })).toBe('/a/b');
    expect(sessionRoot(null, { BXTUI_ROOT: '/c' })).toBe('/c');
    expect(sessionRoot(null, { XDG_RUNTIME_DIR: '/run/user/1' })).toBe(join(tmpdir(), `bxtui-${process.getuid?.()}`));
  });

  it('is made for its person alone', () => {
    prepareRoot(root);
    expect(lstatSync(root).mode & 0o777).toBe(0o700);
  });

  it('is refused when others can enter it, when it is a file, and when it is too deep for a socket', () => {
    mkdirSync(root);
    chmodSync(root, 0o755);
    expect(() => prepareRoot(root)).toThrow('others can enter');
    expect(() => prepareRoot(join(dir, 'there'), 'win32')).toThrow('cannot be had on Windows');
    expect(() => listSessions(root)).toThrow('others can enter');
    const file = join(dir, 'file');
    writeFileSync(file, '');
    expect(() => prepareRoot(file)).toThrow();
    expect(() => prepareRoot(join(dir, 'x'.repeat(100)))).toThrow('too long');
  });

  it.skipIf(process.getuid?.() !== 0)('is refused when it belongs to somebody else', () => {
    mkdirSync(root, { mode: 0o700 });
    spawnSync('chown', ['12345', root]);
    expect(() => prepareRoot(root)).toThrow('another user');
  });
});

describe('the records of sessions', () => {
  it('are there until they are removed, the oldest first, readable by their person alone', () => {
    createRecord(root, record('bbbb0000', process.pid, 2));
    const { socket } = createRecord(root, record('aaaa0000', process.pid, 1));
    expect(socket).toBe(join(root, 'aaaa0000', 'socket'));
    expect(listSessions(root).map((one) => [one.record.id, one.state])).toEqual([
      ['aaaa0000', 'running'],
      ['bbbb0000', 'running'],
    ]);
    expect(lstatSync(join(root, 'aaaa0000', 'session.json')).mode & 0o777).toBe(0o600);
    removeRecord(root, 'aaaa0000');
    removeRecord(root, 'aaaa0000');
    expect(listSessions(root).map((one) => one.record.id)).toEqual(['bbbb0000']);
  });

  it('tell one whose server has gone, also when its process id has been given to another', () => {
    const gone = spawnSync('true').pid;
    createRecord(root, record('dead0000', gone));
    createRecord(root, record('late0000'));
    const file = join(root, 'late0000', 'session.json');
    const late = JSON.parse(readFileSync(file, 'utf8')) as { bornAt: string | null };
    if (late.bornAt !== null) writeFileSync(file, JSON.stringify({ ...late, bornAt: '1' }));
    expect(listSessions(root).map((one) => one.state)).toEqual(
      late.bornAt === null ? ['crashed', 'running'] : ['crashed', 'crashed'],
    );
  });

  it('pass over what is no record', () => {
    prepareLog(root, 'half0000');
    writeFileSync(join(root, 'stray'), '');
    mkdirSync(join(root, 'broken00'));
    writeFileSync(join(root, 'broken00', 'session.json'), '{"id":');
    expect(listSessions(root)).toEqual([]);
    expect(listSessions(join(dir, 'nowhere'))).toEqual([]);
  });

  it('are found by the beginning of an id, or as the only one that runs', () => {
    expect(() => findSession(root, null)).toThrow('no session is running');
    createRecord(root, record('abcd0000'));
    createRecord(root, record('dead0000', spawnSync('true').pid));
    expect(findSession(root, null).record.id).toBe('abcd0000');
    expect(findSession(root, 'dead').state).toBe('crashed');
    createRecord(root, record('abce0000'));
    expect(findSession(root, 'abcd').record.id).toBe('abcd0000');
    expect(() => findSession(root, 'abc')).toThrow('begins several');
    const hintOf = (wanted: string): unknown => {
      try {
        return findSession(root, wanted);
      } catch (error) {
        return error instanceof BxError ? error.hint : error;
      }
    };
    expect(hintOf('abc')).toBe('Name one by its ID: abcd0000 (x), abce0000 (x)');
    expect(hintOf('zz')).toMatch(/^There are: .*dead0000/);
    expect(() => findSession(root, 'zz')).toThrow('no session zz');
    expect(() => findSession(root, 'x')).toThrow('x has several sessions');
    expect(() => findSession(root, null)).toThrow('2 sessions are running');
  });
});

describe('what was left by processes that were killed', () => {
  it('is removed, and nothing that somebody may still need', () => {
    const gone = spawnSync('true').pid;
    prepareRoot(root);
    for (const name of [`early-${gone}.s`, `early-${gone}.w.part`, `early-${process.pid}.w`, 'notes'])
      writeFileSync(join(root, name), '');
    prepareLog(root, '00000001');
    createRecord(root, record('00000002', gone));
    mkdirSync(join(root, 'backup'));
    removeLeftovers(root);
    expect(readdirSync(root).sort()).toEqual(['00000001', '00000002', 'backup', `early-${process.pid}.w`, 'notes']);
    removeLeftovers(root, Date.now() + 2 * 3_600_000);
    expect(readdirSync(root).sort()).toEqual(['00000002', 'backup', `early-${process.pid}.w`, 'notes']);
  });
});
