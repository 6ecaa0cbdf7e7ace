import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BuilderNode, Endpoint } from '../../../../src/builders/endpoint.js';
import type { EngineEvent } from '../../../../src/core/events.js';
import { bootBuilder } from '../../../../src/engine/shared/channel/boot-builder.js';
import { BuilderDownError } from '../../../../src/engine/shared/channel/builder-down.js';
import { containerConfig } from '../../../../src/engine/shared/channel/container-config.js';
import { createExecDemux } from '../../../../src/engine/shared/channel/exec-demux.js';
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
  /** What came with each call. */
  let bodies: string[];
  /** Of each call, its answer; `start` gets the connection. */
  let answer: (call: string, response: ServerResponse) => void;
  let start: (socket: Duplex) => void;
  const json = (response: ServerResponse, status: number, body: object): void => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };
  const node: BuilderNode = { builder: 'big', name: 'big0', platforms: [], flags: [], driverOpts: {}, files: {}, mayStart: true };

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'bxtui-exec-'));
    calls = [];
    bodies = [];
    server = createServer((request: IncomingMessage, response) => {
      const call = `${request.method} ${request.url}`;
      const at = calls.push(call) - 1;
      bodies[at] = '';
      request
        .setEncoding('utf8')
        .on('data', (text: string) => {
          bodies[at] += text;
        })
        .on('end', () => answer(call, response));
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
    start = (socket) => void socket.on('data', (chunk: Buffer) => socket.write(frame(1, `\0echo ${chunk}`)));
    const stream = await open();
    const got = new Promise((resolve) => stream.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    stream.write('hello');
    expect(await got).toBe('\0echo hello');
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

  it('says what the engine says in its place', async () => {
    start = (socket) =>
      socket.end(frame(1, 'OCI runtime exec failed: exec: "buildctl": executable file not found in $PATH: unknown\r\n'));
    expect(await failureOf()).toMatchObject({ message: expect.stringContaining('there is no buildctl in the container b') });
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

  /** Dials, starts what does not run, and tells what that took: `name` of a step, a line that is done, or words of its log. */
  const boot = async (): Promise<{ told: string[]; error: Error | null }> => {
    const down = await open({ node }).catch((error: Error) => error);
    if (!(down instanceof BuilderDownError)) throw down;
    const told: string[] = [];
    const tell = (event: EngineEvent): void => {
      if (event.type === 'vertex.updated') told.push(`${event.name} ${event.completedAtMs === null ? '…' : event.error || 'ok'}`);
      if (event.type === 'vertex.progressed' && event.completedAtMs !== null) told.push(`${event.name} ${event.total}`);
      if (event.type === 'log.appended') told.push(event.text.trim());
    };
    const signal = new AbortController().signal;
    return {
      error: await bootBuilder(down, tell, signal).then(
        () => null,
        (error: Error) => error,
      ),
      told,
    };
  };

  it('starts the container of a builder that does not run, but not for a list', async () => {
    let isUp = false;
    answer = (call, response) => {
      if (call === 'POST /containers/b/start') isUp = true;
      if (call === 'GET /containers/b/json') json(response, 200, { State: { Status: 'exited', Running: false } });
      else if (call.endsWith('/exec/e1/json')) json(response, 200, { ExitCode: 0 });
      else if (call.endsWith('/exec') && !isUp) json(response, 409, { message: 'container b is not running' });
      else json(response, 201, { Id: 'e1' });
    };
    expect(await failureOf({ node: { ...node, mayStart: false } })).toMatchObject({
      hint: expect.stringMatching(/A build starts it.*--bootstrap big/),
    });
    expect(isUp).toBe(false);
    const { error, told } = await boot();
    expect([error, isUp]).toEqual([null, true]);
    expect(told).toEqual(['[internal] booting buildkit …', 'starting container b 0', '[internal] booting buildkit ok']);
  });

  /** An engine without the container, and with what else is said here. */
  const withoutContainer = (more: Readonly<Record<string, (response: ServerResponse) => void>> = {}) => {
    let isMade = false;
    answer = (call, response) => {
      const said = Object.entries(more).find(([part]) => call.includes(part))?.[1];
      if (said !== undefined) return said(response);
      if (call.startsWith('POST /containers/create')) isMade = true;
      if (call.endsWith('/exec/e1/json')) json(response, 200, { ExitCode: 0 });
      else if (call.includes('/containers/b/') && !isMade) json(response, 404, { message: 'No such container: b' });
      else if (call.includes('/images/')) json(response, 200, {});
      else json(response, 201, { Id: 'e1' });
    };
  };

  it('pulls its image with what the layers amount to, and makes and starts it', async () => {
    withoutContainer({
      '/images/create': (response) =>
        response.end(
          [
            { status: 'Pulling from moby/buildkit', id: 'buildx-stable-1' },
            { status: 'Downloading', id: 'l1', progressDetail: { current: 3, total: 10 } },
            { status: 'Downloading', id: 'l2', progressDetail: { current: 5, total: 20 } },
            { status: 'Download complete', id: 'l1' },
          ]
            .map((line) => JSON.stringify(line))
            .join('\r\n'),
        ),
    });
    expect(await boot()).toEqual({
      error: null,
      told: [
        '[internal] booting buildkit …',
        'pulling image moby/buildkit:buildx-stable-1 30',
        'creating container b 0',
        '[internal] booting buildkit ok',
      ],
    });
    expect(calls).toContain('POST /images/create?fromImage=moby%2Fbuildkit&tag=buildx-stable-1');
    expect(calls.filter((call) => /create\?name|\/b\/start/.test(call)).slice(0, 2)).toEqual([
      'POST /containers/create?name=b',
      'POST /containers/b/start',
    ]);
  });

  it.each<readonly [string, (response: ServerResponse) => void]>([
    ['before anything comes', (response) => json(response, 500, { message: 'no route to registry' })],
    ['on the way', (response) => response.end(`{"status":"Pulling"}\n{"error":"no route to registry"}\n`)],
  ])('takes the image that the engine has when it cannot be pulled, %s', async (_when, refuse) => {
    withoutContainer({ '/images/create': refuse });
    expect(await boot()).toMatchObject({
      error: null,
      told: expect.arrayContaining(['pulling failed, using local image moby/buildkit:buildx-stable-1 0']),
    });
    const absent = (response: ServerResponse): void => json(response, 404, { message: 'No such image' });
    withoutContainer({ '/images/create': refuse, '/images/moby/': absent });
    const { error, told } = await boot();
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /image moby\/buildkit:buildx-stable-1 cannot be pulled, and is not on .*: no route to registry/,
      ),
      hint: expect.stringMatching(/docker pull moby\/buildkit:buildx-stable-1/),
    });
    expect(told.at(-1)).toBe(`[internal] booting buildkit ${error?.message}`);
  });

  it.each([
    ['an engine that has graphics cards', 204, 1],
    ['an engine that has none', 500, 0],
  ])('%s: they are asked for, and the container has what there is', async (_engine, status, count) => {
    withoutContainer({
      '/containers/e1/start': (response) =>
        status === 204 ? response.writeHead(204).end() : json(response, status, { message: 'could not select device driver' }),
    });
    expect((await boot()).error).toBeNull();
    const made = bodies[calls.indexOf('POST /containers/create?name=b')];
    expect(JSON.parse(made ?? '{}').HostConfig.DeviceRequests ?? []).toHaveLength(count);
    expect(calls.includes('DELETE /containers/e1?force=1')).toBe(count === 0);
  });

  it('starts what somebody else has made meanwhile', async () => {
    let isMade = false;
    withoutContainer({
      '/containers/create': (response) => {
        isMade = true;
        json(response, 409, { message: 'the name is in use' });
      },
      '/containers/b/start': (response) => json(response, 204, {}),
      '/containers/b/json': (response) =>
        isMade ? json(response, 200, { State: { Status: 'created', Running: false } }) : json(response, 404, {}),
      '/containers/b/exec': (response) =>
        isMade ? json(response, 201, { Id: 'e1' }) : json(response, 404, { message: 'No such container: b' }),
    });
    expect((await boot()).error).toBeNull();
    expect(calls).toContain('POST /containers/b/start');
  });

  it.each([
    ['is made', '/containers/create', 400, 'invalid mount', /its container b cannot be made: invalid mount/],
    ['is started', '/containers/b/start', 500, 'network x not found', /its container b cannot be started: network x not found/],
  ])('says why no container %s', async (_what, part, status, message, expected) => {
    withoutContainer({ [part]: (response) => json(response, status, { message }) });
    expect((await boot()).error).toMatchObject({ code: 'endpoint', message: expect.stringMatching(expected) });
  });

  it('says the last words of a buildkitd that ends again and again', async () => {
    let asked = 0;
    withoutContainer({
      '/exec/e1/json': (response) => json(response, 200, { ExitCode: 1 }),
      '/containers/b/json': (response) =>
        json(response, 200, { RestartCount: asked++, State: { Status: 'restarting', Running: true } }),
      '/logs': (response) => response.end(frame(2, 'buildkitd: bad flag\n')),
    });
    const { error, told } = await boot();
    expect(error).toMatchObject({
      message: expect.stringMatching(/buildkitd in its container b ends by itself: buildkitd: bad flag$/),
      hint: 'Try: docker logs b',
    });
    expect(told).toContain('buildkitd: bad flag');
  });

  it('makes it anew as buildx does, from what buildx has written down', () => {
    const driverOpts = { memory: '512m', 'restart-policy': 'on-failure:3', network: 'host', 'env.HTTP_PROXY': 'http://p' };
    const files = { 'buildkitd.toml': 'AA==' };
    const config = containerConfig({ ...node, driverOpts, files, flags: ['--debug'] }, 'b', 'img', {
      info: { CgroupDriver: 'cgroupfs' },
    });
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
    expect(() => containerConfig({ ...node, driverOpts: { gpus: 'all' } }, 'b', 'img', { info: null })).toThrow(
      /has the option gpus/,
    );
  });

  it.each([
    ['memory', 'much'],
    ['cpu-quota', 'ten'],
    ['restart-policy', ':3'],
  ])('refuses %s=%s, which is no value for it', (option, value) => {
    expect(() => containerConfig({ ...node, driverOpts: { [option]: value } }, 'b', 'img', { info: null })).toThrow(
      `buildx builder "big" has ${option}=${value}, which is no value for that option`,
    );
  });
});
