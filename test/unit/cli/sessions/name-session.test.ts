import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nameSession } from '../../../../src/cli/sessions/name-session.js';
import { createRecord } from '../../../../src/session/records/session-records.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bxs-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const add = (id: string) =>
  createRecord(root, {
    id,
    pid: process.pid,
    version: '1',
    startedAtMs: 1,
    context: '.',
    dockerfile: '/src/Dockerfile',
    cwd: '/src',
  });
const named = (word: string) => {
  const { found, isNamed } = nameSession(root, word);
  return [found.record.id, isNamed];
};

describe('nameSession', () => {
  it('takes an id or the beginning of one, else the word is the command', () => {
    add('df12ab34');
    expect(named('df12')).toEqual(['df12ab34', true]);
    expect(named('df12ab34')).toEqual(['df12ab34', true]);
    expect(named('ls')).toEqual(['df12ab34', false]);
    expect(named('dd')).toEqual(['df12ab34', false]);
  });

  it('does not run a whole id that does not exist as a command, nor guess among several', () => {
    add('df12ab34');
    expect(() => named('deadbeef')).toThrow('no session deadbeef');
    add('df99ab34');
    expect(() => named('df')).toThrow('df begins several sessions');
    expect(() => named('ls')).toThrow('ls is no session, and 2 sessions are running');
  });

  it('says that none runs', () => {
    expect(() => named('ls')).toThrow('ls is no session, and no session is running');
  });
});
