import { chmodSync, chownSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkEntrance, readToken, writeToken } from '../../../src/session/records/entrance.js';
import { makeToken } from '../../../src/session/records/make-token.js';
import { createRecord, type FoundSession } from '../../../src/session/records/session-records.js';

let dir: string;
let found: FoundSession;
let server: Server;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'bxe-'));
  const about = { id: 'aaaa0000', pid: process.pid, version: '1.2.3', startedAtMs: 1, context: '.', dockerfile: '/x', cwd: '/' };
  found = createRecord(join(dir, 'sessions'), about);
  server = createServer();
  await new Promise<void>((resolve) => server.listen(found.socket, resolve));
  chmodSync(found.socket, 0o600);
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true, force: true });
});

describe('the entrance of a session', () => {
  it('has a token for its user alone', () => {
    expect(readToken(found)).toBeNull();
    const token = makeToken();
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(makeToken()).not.toBe(token);
    writeToken(found, token);
    expect(readToken(found)).toBe(token);
    expect(lstatSync(found.token).mode & 0o777).toBe(0o600);
  });

  it('is fine as it is made', () => checkEntrance(found));

  it('is shut when others could come in', () => {
    for (const [path, name] of [
      [join(dir, 'sessions'), 'the directory for sessions'],
      [dirname(found.socket), 'the directory of session aaaa0000'],
      [found.socket, 'the socket of session aaaa0000'],
    ] as const) {
      const mode = lstatSync(path).mode & 0o777;
      chmodSync(path, 0o755);
      expect(() => checkEntrance(found)).toThrow(new RegExp(`others can (enter|reach) ${name}`));
      chmodSync(path, mode);
    }
  });

  it.skipIf(process.getuid?.() !== 0)("is shut when it is somebody else's", () => {
    for (const path of [found.socket, dirname(found.socket), join(dir, 'sessions')]) {
      chownSync(path, 12345, 12345);
      expect(() => checkEntrance(found)).toThrow('belongs to another user');
      chownSync(path, process.getuid!(), process.getgid!());
    }
  });

  it('is shut when it is no socket, or gone', async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(found.socket, { force: true });
    expect(() => checkEntrance(found)).toThrow('is gone');
    writeFileSync(found.socket, '', { mode: 0o600 });
    expect(() => checkEntrance(found)).toThrow('is something else');
    server = createServer().listen(0);
  });
});
