import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BuilderNode, Endpoint } from '../../../../src/builders/endpoint.js';
import { createExecDemux } from '../../../../src/engine/shared/channel/exec-demux.js';
import { containerConfig } from '../../../../src/engine/shared/channel/start-builder.js';
import { openSocket } from '../../../../src/engine/shared/open-socket.js';

const frame = (stream: 1 | 2, text: string): Buffer => {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
};

describe('the output of an exec', () => {
  it('is taken out of its frames, however they are cut', () => {
    const all = Buffer.concat([frame(1, 'one'), frame(2, 'oops'), frame(1, ''), frame(1, 'two')]);
    for (let size = 1; size <= all.length; size++) {
      const demux = createExecDemux();
      let out = '';
      for (let at = 0; at < all.length; at += size) out += Buffer.concat(demux.decode(all.subarray(at, at + size))).toString();
      expect([size, out, demux.said()]).toEqual([size, 'onetwo', 'oops']);
    }
  });

  it('is what the engine complains about when there are no frames', () => {
    const demux = createExecDemux();
    expect(demux.decode(Buffer.from('OCI runtime exec failed'))).toEqual([]);
    expect(demux.said()).toBe('OCI runtime exec failed');
  });
});

describe('a channel into a container', () => {
  let dir: string;
  let server: Server;
  let endpoint: Endpoint;
  let calls: string[];
  /** Of each call, its answer; `start` gets the connection. */
  let answer: (call: string, response: ServerResponse) => void;
  let start: (socket: Duplex) => void;
  const json = (response: ServerResponse, status: number, body: object): void => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };
  const node: BuilderNode = { builder: 'big', name: 'big0', flags: [], driverOpts: {}, files: {}, mayStart: true };

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'bxtui-exec-'));
    calls = [];
    server = createServer((request: IncomingMessage, response) => {
      const call = `${request.method} ${request.url}`;
      calls.push(call);
      request.resume().on('end', () => answer(call, response));
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      calls.push(`${request.method} ${request.url}`);
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      start(socket);
    });
    const path = join(dir, 'd.sock');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const host: Endpoint = { kind: 'docker', address: `unix://${path}`, source: 'default socket', tls: null };
    endpoint = { kind: 'buildkitd', address: 'docker-container://b', source: 'BUILDKIT_HOST', tls: null, host };
    answer = (_call, response) => json(response, 201, { Id: 'e1' });
    start = (socket) => socket.end();
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const open = (more: Partial<Endpoint> = {}) => openSocket({ ...endpoint, ...more }, new AbortController().signal);
  const failureOf = async (more: Partial<Endpoint> = {}): Promise<Error> => {
    const stream = await open(more).catch((error: Error) => error);
    return stream instanceof Error ? stream : new Promise((resolve) => void stream.on('error', resolve).resume());
  };

  it('carries bytes both ways', async () => {
    start = (socket) => void socket.on('data', (chunk: Buffer) => socket.write(frame(1, `echo ${chunk}`)));
    const stream = await open();
    const got = new Promise((resolve) => stream.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    stream.write('hello');
    expect(await got).toBe('echo hello');
    expect(calls).toEqual(['POST /containers/b/exec', 'POST /exec/e1/start']);
    stream.destroy();
  });

  it.each([
    ['executable file not found in $PATH', /there is no buildctl in the container b/],
    ['error: dial unix /run/buildkit/buildkitd.sock: no such', /does not answer: error: dial unix/],
  ])('says what its buildctl says: %s', async (said, message) => {
    start = (socket) => socket.end(frame(2, said));
    expect(await failureOf()).toMatchObject({ code: 'endpoint', message: expect.stringMatching(message) });
  });

  it.each([
    [404, 'No such container: b', /there is no container b on unix:/, /docker ps -a/],
    [409, 'container b is not running', /the container b does not run/, /docker start b/],
    [403, 'authorization denied by plugin', /403 authorization denied by plugin/, /docker version/],
  ])('says what the engine says: %i %s', async (status, text, message, hint) => {
    answer = (_call, response) => json(response, status, { message: text });
    const error = await failureOf();
    expect(error).toMatchObject({ code: 'endpoint', message: expect.stringMatching(message), hint: expect.stringMatching(hint) });
  });

  it('starts the container of a builder that does not run, but not for a list', async () => {
    let isUp = false;
    answer = (call, response) => {
      if (call === 'POST /containers/b/start') isUp = true;
      if (call.endsWith('/exec/e1/json')) json(response, 200, { ExitCode: 0 });
      else if (call.endsWith('/exec') && !isUp) json(response, 409, { message: 'container b is not running' });
      else json(response, 201, { Id: 'e1' });
    };
    start = (socket) => void socket.write(frame(1, 'there'));
    expect(await failureOf({ node: { ...node, mayStart: false } })).toMatchObject({
      hint: expect.stringMatching(/A build starts it.*--bootstrap big/),
    });
    expect(isUp).toBe(false);
    const stream = await open({ node });
    expect(await new Promise((resolve) => stream.once('data', (chunk: Buffer) => resolve(chunk.toString())))).toBe('there');
    stream.destroy();
  });

  it('pulls nothing to make it anew: the image that is missing is named', async () => {
    answer = (call, response) =>
      json(response, 404, { message: call.includes('/images/') ? 'No such image' : 'No such container: b' });
    expect(await failureOf({ node })).toMatchObject({
      message: expect.stringMatching(/neither its container b nor the image moby\/buildkit:buildx-stable-1 is on/),
      hint: expect.stringMatching(/docker pull moby\/buildkit:buildx-stable-1/),
    });
    expect(calls.some((call) => call.includes('/images/create'))).toBe(false);
  });

  it('makes it anew as buildx does, from what buildx has written down', () => {
    const driverOpts = { memory: '512m', 'restart-policy': 'on-failure:3', network: 'host', 'env.HTTP_PROXY': 'http://p' };
    const files = { 'buildkitd.toml': 'AA==' };
    const config = containerConfig({ ...node, driverOpts, files, flags: ['--debug'] }, 'b', 'img', { CgroupDriver: 'cgroupfs' });
    expect(config).toEqual({
      Image: 'img',
      Env: ['HTTP_PROXY=http://p'],
      Cmd: ['--config', '/etc/buildkit/buildkitd.toml', '--debug'],
      HostConfig: {
        Privileged: true,
        Init: true,
        RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
        Mounts: [{ Type: 'volume', Source: 'b_state', Target: '/var/lib/buildkit' }],
        NetworkMode: 'host',
        CgroupParent: '/docker/buildx',
        Memory: 512 << 20,
      },
    });
    expect(() => containerConfig({ ...node, driverOpts: { gpus: 'all' } }, 'b', 'img', {})).toThrow(/has the option gpus/);
  });
});
