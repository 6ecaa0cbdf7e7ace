import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NO_WISH } from '../../../../src/builders/index.js';
import { startConnecting } from '../../../../src/cli/build/connecting.js';

let dir = '';
let server: Server | null = null;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-connecting-'));
  vi.stubEnv('BUILDKIT_HOST', '');
  vi.stubEnv('DOCKER_HOST', `unix://${dir}/engine.sock`);
});
afterEach(() => {
  server?.close();
  server = null;
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

/** An engine that takes connections and never answers. Resolves with the first two: the ping and the upgrade. */
function silentEngine(): Promise<Socket[]> {
  return new Promise((resolve) => {
    const sockets: Socket[] = [];
    server = createServer((socket) => {
      socket.on('error', () => {}).resume();
      if (sockets.push(socket) === 2) resolve(sockets);
    }).listen(join(dir, 'engine.sock'));
  });
}

const closed = (socket: Socket) => new Promise<void>((resolve) => void socket.once('close', () => resolve()));

describe('a connection begun early', () => {
  it('is given up when nobody takes it', async () => {
    const connections = silentEngine();
    const connecting = await startConnecting({ builder: 'buildkit', endpoint: NO_WISH });
    const ends = (await connections).map(closed);
    await connecting.abandon();
    await Promise.all(ends);
  });

  it('ends with the signal of whoever took it', async () => {
    const connections = silentEngine();
    const connecting = await startConnecting({ builder: 'buildkit', endpoint: NO_WISH });
    const ends = (await connections).map(closed);
    const abort = new AbortController();
    const taken = connecting.take(abort.signal, () => undefined);
    abort.abort();
    await expect(taken).rejects.toMatchObject({ code: 'cancelled' });
    await Promise.all(ends);
    await connecting.abandon();
  });

  it('tells its error to whoever takes it, each time anew', async () => {
    const connecting = await startConnecting({ builder: 'buildkit', endpoint: NO_WISH });
    for (let round = 0; round < 2; round++)
      await expect(connecting.take(new AbortController().signal, () => undefined)).rejects.toMatchObject({ code: 'endpoint' });
  });
});
