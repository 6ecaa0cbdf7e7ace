/** What lets others find a session and come in, taken away below it. */
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enterList, type Listing } from '../../../../src/cli/sessions/listing.js';
import { checkEntrance, readToken } from '../../../../src/session/records/entrance.js';
import { findSession, listSessions } from '../../../../src/session/records/session-records.js';
import { settle, until } from '../../session/wire/harness.js';

const ID = 'abcd0001';
let root: string;
let listing: Listing;
let came: net.Socket[];
let told: string[];

async function enter(checkMs = 5): Promise<void> {
  const record = { id: ID, pid: process.pid, version: '1', startedAtMs: 1, context: '.', dockerfile: '/d', cwd: '/', args: [] };
  listing = await enterList({
    ...{ root, record, token: 'secret', checkMs },
    accept: (stream) => came.push(stream.on('error', () => undefined).resume()),
    refuse: (stream) => stream.destroy(),
    onPutBack: () => told.push('back'),
    onLost: ({ message }) => told.push(message),
  });
}

/** Comes in as a client would. */
async function visit(): Promise<net.Socket> {
  const found = findSession(root, ID);
  expect([found.state, readToken(found)]).toEqual(['running', 'secret']);
  checkEntrance(found);
  const before = came.length;
  const stream = net.connect(found.socket).on('error', () => undefined);
  await until(() => came.length > before);
  return stream;
}

beforeEach(() => {
  root = join(tmpdir(), `bxl-${process.pid}-${Math.random().toString(36).slice(2, 8)}`);
  came = [];
  told = [];
});
afterEach(async () => {
  for (const stream of came) stream.destroy();
  await listing.close();
  rmSync(root, { recursive: true, force: true });
});

describe('what lets others into a session', () => {
  it.each([
    ['the directory of all sessions', ''],
    ["the session's directory", ID],
    ['its socket', `${ID}/socket`],
    ['its token', `${ID}/token`],
    ['its record', `${ID}/session.json`],
  ])('is put back when %s was taken away, and whoever was there stays', async (_, path) => {
    await enter();
    const first = await visit();
    let isClosed = false;
    first.on('close', () => {
      isClosed = true;
    });
    rmSync(join(root, path), { recursive: true });
    await until(() => told.length > 0);
    (await visit()).destroy();
    expect([told, isClosed]).toEqual([['back'], false]);
    expect(statSync(join(root, ID)).mode & 0o777).toBe(0o700);
    for (const name of ['socket', 'token', 'session.json']) expect(statSync(join(root, ID, name)).mode & 0o777).toBe(0o600);
    first.destroy();
  });

  it('is put back when somebody looks, once for all who do', async () => {
    await enter(60_000);
    rmSync(root, { recursive: true });
    await Promise.all([listing.check(), listing.check()]);
    await listing.check();
    expect(told).toEqual(['back']);
    (await visit()).destroy();
  });

  it('is tried again when it cannot be, which is said once', async () => {
    await enter();
    rmSync(root, { recursive: true });
    writeFileSync(root, '');
    await until(() => told.length > 0);
    await settle();
    expect(told).toEqual([expect.stringContaining(root)]);
    rmSync(root);
    mkdirSync(root, { mode: 0o700 });
    await until(() => told.length > 1);
    expect(told[1]).toBe('back');
    (await visit()).destroy();
  });

  it('is not put back after the end', async () => {
    await enter();
    await listing.close();
    rmSync(root, { recursive: true });
    await listing.check();
    await settle();
    expect([listSessions(root), told]).toEqual([[], []]);
  });
});
