import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endSession } from '../../../../src/cli/sessions/end-session.js';
import { writeToken } from '../../../../src/session/records/entrance.js';
import { createRecord } from '../../../../src/session/records/session-records.js';
import { encodeMessage } from '../../../../src/session/wire/frames.js';

let root: string;
let process_: ChildProcess;
let server: net.Server;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bxe-'));
  process_ = spawn('sleep', ['60'], { stdio: 'ignore' });
});
afterEach(() => {
  process_.kill('SIGKILL');
  server.close();
  rmSync(root, { recursive: true, force: true });
});

/** A session of that process, which does so with whoever comes. */
async function serve(onStream: (stream: net.Socket) => void) {
  const about = { version: '1', startedAtMs: 1, context: '.', dockerfile: '/d', cwd: '/' };
  const found = createRecord(root, { id: 'abcd0001', pid: process_.pid!, ...about });
  writeToken(found, 'secret');
  server = net.createServer((stream) => onStream(stream.on('error', () => undefined)));
  await once(server.listen(found.socket), 'listening');
  chmodSync(found.socket, 0o600);
  return found;
}

describe('the end of a session whose server', () => {
  it('breaks the connection off comes with a signal', async () => {
    const found = await serve((stream) => stream.destroy());
    await expect(endSession(root, found)).resolves.toBe('SIGTERM');
    expect(readdirSync(root)).toEqual([]);
    expect(process_.signalCode ?? (await once(process_, 'exit'))[1]).toBe('SIGTERM');
  });

  it('refuses it does not come', async () => {
    const error = { code: 'state', message: 'not you', hint: null };
    const found = await serve((stream) => stream.resume().end(encodeMessage({ type: 'refused', error, isFinal: true })));
    await expect(endSession(root, found)).rejects.toThrow('not you');
    expect(process_.exitCode ?? process_.signalCode).toBeNull();
  });
});
