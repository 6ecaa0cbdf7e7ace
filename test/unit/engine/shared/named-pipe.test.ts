/** Endpoints on a named pipe of Windows. What ends there in one direction is tried on a socket, where the other direction stays open likewise. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../../src/builders/endpoint.js';
import { hostHeader, isFar, isSocketAddress, socketTarget } from '../../../../src/engine/shared/address.js';
import { connectFailure, hintForSilence } from '../../../../src/engine/shared/connect-error.js';
import { createApi } from '../../../../src/engine/shared/engine-api.js';
import { endAlone, endWhenOver } from '../../../../src/engine/shared/pipe-end.js';

const at = (kind: Endpoint['kind'], name: string): Endpoint => ({
  ...{ kind, address: `npipe:////./pipe/${name}`, source: 'DOCKER_HOST', tls: null },
});
const docker = at('docker', 'docker_engine');

describe('the address of a named pipe', () => {
  it('is that of a socket of this machine', () => {
    expect(socketTarget(docker)).toEqual({ kind: 'npipe', path: '//./pipe/docker_engine' });
    expect([isSocketAddress(docker.address), isFar(docker), hostHeader(docker)]).toEqual([true, false, 'docker']);
  });

  it.each([
    ['ENOENT', docker, 'there is no such pipe', /Start-Service docker.*another one with DOCKER_HOST/],
    ['ENOENT', at('buildkitd', 'buildkitd'), 'there is no such pipe', /Start buildkitd, or correct BUILDKIT_HOST/],
    ['EPERM', docker, 'permission denied', /group docker-users/],
    ['EACCES', docker, 'permission denied', /group docker-users/],
    ['EBUSY', docker, 'everything that listens on the pipe is taken', /Try again/],
    ['ECONNRESET', docker, 'the connection was reset', /engine is running/],
    ['EINVAL', docker, 'connect EINVAL', /Check the address/],
  ])('names pipe, reason and next step for %s', (code, endpoint, reason, hint) => {
    const failure = connectFailure(endpoint, Object.assign(new Error(`connect ${code}`), { code }));
    expect(failure).toMatchObject({
      code: 'endpoint',
      message: `cannot connect to ${endpoint.address} (DOCKER_HOST): ${reason}`,
      hint: expect.stringMatching(hint),
    });
  });

  it('has no firewall before it', () => {
    expect(hintForSilence(docker)).toBe('Check that the engine is running and not stuck.');
  });
});

describe('the end of one direction of a named pipe', () => {
  let root: string;
  let server: net.Server;
  let near: net.Socket;
  let far: net.Socket;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'bxtui-pipe-'));
    server = net.createServer({ allowHalfOpen: true });
    server.listen(join(root, 'engine.sock'));
    await once(server, 'listening');
    near = net.connect(join(root, 'engine.sock'));
    [far] = (await once(server, 'connection')) as [net.Socket];
  });
  afterEach(async () => {
    near.destroy();
    far.destroy();
    server.close();
    await once(server, 'close');
    rmSync(root, { recursive: true, force: true });
  });

  it('leaves the other direction open', async () => {
    let isEnded = false;
    far.on('end', () => {
      isEnded = true;
    });
    const written: unknown[] = [];
    const write = near._write.bind(near);
    near._write = (chunk, encoding, done) => {
      written.push(chunk);
      write(chunk, encoding, done);
    };
    endAlone(near).end('input');
    await once(near, 'finish');
    expect(written.map(String)).toEqual(['input', '']);
    expect(String((await once(far, 'data'))[0])).toBe('input');
    far.write('what comes late');
    expect(String((await once(near, 'data'))[0])).toBe('what comes late');
    expect(isEnded).toBe(false);
  });

  it('follows the other side that has ended both', async () => {
    endAlone(near).resume();
    far.end();
    await once(near, 'close');
    expect(near.errored).toBeNull();
  });

  it('is told by who knows that the sender is gone, after all that it has sent', async () => {
    let isGone = false;
    const heard: string[] = [];
    near.on('data', (data: Buffer) => heard.push(String(data)));
    const over = endWhenOver(near, async () => isGone);
    far.write('one');
    await once(near, 'data');
    near.pause();
    far.write('two');
    isGone = true;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect([near.readableEnded, heard]).toEqual([false, ['one']]);
    near.resume();
    await once(near, 'end');
    await over;
    expect(heard).toEqual(['one', 'two']);
  });

  it('is that of its program for a connection to an exec', async () => {
    const calls: string[] = [];
    let isRunning = true;
    const engine = http.createServer((request, response) => {
      calls.push(`${request.method} ${request.url}`);
      response.end(JSON.stringify({ Running: isRunning, ExitCode: isRunning ? null : 3 }));
    });
    engine.on('upgrade', (_request, socket: net.Socket) => {
      socket.on('error', () => undefined).on('end', () => socket.destroy());
      socket.resume().write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      socket.write('its output');
      calls.push('upgrade');
    });
    const path = join(root, 'docker.sock');
    engine.listen(path);
    await once(engine, 'listening');
    const socket = await createApi({ ...docker, address: `npipe://${path}` }).hijack('/exec/e1/start', {});
    const ended = once(socket, 'end');
    const heard: string[] = [];
    socket.on('data', (data: Buffer) => heard.push(String(data)));
    while (calls.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(socket.readableEnded).toBe(false);
    isRunning = false;
    await ended;
    expect([heard, calls.slice(0, 2)]).toEqual([['its output'], ['upgrade', 'GET /exec/e1/json']]);
    socket.destroy();
    engine.close();
    await once(engine, 'close');
  });

  it('is not waited for where the connection is gone', async () => {
    const over = endWhenOver(near, async () => false);
    near.destroy();
    await over;
  });
});
