/** What is written for a session, on a disk without room: writing to /dev/full fails as it does there. */
import fs, { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { claimEarlyServer } from '../../../../src/cli/sessions/claim-early.js';
import { enterList } from '../../../../src/cli/sessions/listing.js';
import { EARLY_SERVER_VARIABLE, meetingPlace } from '../../../../src/cli/sessions/server-process.js';
import { spawnServer } from '../../../../src/cli/sessions/spawn-server.js';
import { writeCrashFile } from '../../../../src/platform/crash-file.js';

const ID = 'abcd0001';
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bxf-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const full = (name: string): void => {
  mkdirSync(join(root, ID), { recursive: true });
  symlinkSync('/dev/full', join(root, ID, name));
};

describe.skipIf(!existsSync('/dev/full'))('on a full disk', () => {
  it.each(['session.json.part', 'token'])('a session that cannot be found by its %s is refused in words', async (name) => {
    full(name);
    const record = { id: ID, pid: process.pid, version: '1', startedAtMs: 1, context: '.', dockerfile: '/d', cwd: '/', args: [] };
    const none = (): void => undefined;
    const entering = enterList({ root, record, token: 'secret', accept: none, refuse: none, onPutBack: none, onLost: none });
    await expect(entering).rejects.toMatchObject({
      code: 'state',
      message: `cannot keep the session in ${root}: no space left on the device`,
      hint: 'Make room there, or name another directory with --root.',
    });
  });

  it('nothing is left of a session whose standard input has no room', () => {
    const stdinFile = join(root, 'missing');
    expect(() => spawnServer({ root, logFile: null, buildArgs: ['-'], openOn: 'error', stdinFile })).toThrow(
      'cannot keep the session in',
    );
    expect(readdirSync(root)).toEqual([]);
  });

  it('the server that was started with the program is left alone, and nothing beside', () => {
    vi.stubEnv('BXTUI_ROOT', root);
    vi.stubEnv(EARLY_SERVER_VARIABLE, String(process.pid));
    const { wish } = meetingPlace(process.pid);
    symlinkSync('/dev/full', `${wish}.part`);
    expect(claimEarlyServer({ root, id: ID, openOn: 'error', log: '/dev/null', stdinFile: null })).toBeNull();
    expect(lstatSync(`${wish}.part`, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('a crash leaves no empty file', () => {
    const write = writeFileSync;
    vi.spyOn(fs, 'writeFileSync').mockImplementation((_, data) => write('/dev/full', data));
    expect(writeCrashFile(root, new Error('x'), undefined, new Date(0))).toBeNull();
    expect(readdirSync(root)).toEqual([]);
  });
});
