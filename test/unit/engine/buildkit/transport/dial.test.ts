import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import * as http2 from 'node:http2';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { Code, createClient } from '@connectrpc/connect';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../../../src/builders/endpoint.js';
import { Health } from '../../../../../src/engine/buildkit/proto/gen/health_pb.js';
import {
  connectHttp2,
  createEngineTransport,
  dialGrpc,
  dialSession,
  engineApi,
  noBuildKit,
  openSpareSocket,
} from '../../../../../src/engine/buildkit/transport/index.js';
import { upgradeSocket } from '../../../../../src/engine/buildkit/transport/upgrade.js';
import { socketTarget } from '../../../../../src/engine/shared/address.js';

const UPGRADED =
  'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n';
const never = new AbortController().signal;

describe('dialing', () => {
  let root: string;
  let server: net.Server | null = null;
  let sockets: net.Socket[] = [];
  const at = (path: string, kind: Endpoint['kind'] = 'docker'): Endpoint => ({
    kind,
    address: `unix://${path}`,
    source: 'DOCKER_HOST',
    tls: null,
  });

  /** Serves `answer` once the request has come; returns the endpoint. */
  async function serve(onRequest: (socket: net.Socket, request: string) => void): Promise<Endpoint> {
    server = net.createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.once('data', (data: Buffer) => onRequest(socket, data.toString('latin1')));
    });
    const path = join(root, 'engine.sock');
    await new Promise<void>((resolve) => server!.listen(path, resolve));
    return at(path);
  }
  const answering = (text: string) => serve((socket) => void socket.end(text));

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bxtui-dial-'));
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets = [];
    if (server?.listening) await new Promise((resolve) => server!.close(resolve));
    server = null;
    rmSync(root, { recursive: true, force: true });
  });

  it('hands the connection on when the request is told to be written, though its answer has come before', async () => {
    let tellWritten: () => void = () => undefined;
    const stream = new Duplex({
      read() {},
      write(_chunk, _encoding, done) {
        tellWritten = done;
        this.push(`${UPGRADED}first frame`);
      },
    });
    let isHandedOn = false;
    const upgraded = upgradeSocket(stream, at('/none'), '/grpc', [], never, 1000).then((given) => {
      isHandedOn = true;
      return given;
    });
    for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(isHandedOn).toBe(false);
    tellWritten();
    expect(String((await upgraded).read())).toBe('first frame');
  });

  describe('a session on a connection that was made before', () => {
    const first = (text: string): string => text.split('\r\n')[0]!;

    it('takes it once, and makes one of its own after that', async () => {
      const requests: string[] = [];
      const endpoint = await serve((socket, request) => {
        requests.push(first(request));
        socket.write(UPGRADED);
      });
      const spare = openSpareSocket(endpoint, never);
      await new Promise((resolve) => server!.once('connection', resolve));
      (await dialSession(endpoint, [], never, spare)).destroy();
      expect([sockets.length, requests]).toEqual([1, ['POST /session HTTP/1.1']]);
      (await dialSession(endpoint, [], never, spare)).destroy();
      expect([sockets.length, requests.length]).toEqual([2, 2]);
    });

    it('does without it when it has ended meanwhile, or could not be made', async () => {
      const endpoint = await serve((socket) => socket.write(UPGRADED));
      const spare = openSpareSocket(endpoint, never);
      const early = await new Promise<net.Socket>((resolve) => server!.once('connection', resolve));
      const ended = new Promise((resolve) => early.once('close', resolve));
      early.destroy();
      await ended;
      await new Promise((resolve) => setImmediate(resolve));
      (await dialSession(endpoint, [], never, spare)).destroy();
      (await dialSession(endpoint, [], never, openSpareSocket(at(join(root, 'nobody.sock')), never))).destroy();
    });

    it('is given back when nobody takes it', async () => {
      const endpoint = await serve(() => undefined);
      const spare = openSpareSocket(endpoint, never);
      const socket = await new Promise<net.Socket>((resolve) => server!.once('connection', resolve));
      const ended = new Promise((resolve) => socket.resume().once('close', resolve));
      spare.dispose();
      await ended;
    });
  });

  /** An HTTP/2 server with one method, on a socket that was upgraded. */
  function serveHttp2(
    socket: net.Socket,
    onHeaders: (headers: http2.IncomingHttpHeaders, raw: string[]) => void = () => {},
  ): void {
    const h2 = http2.createServer();
    h2.on('stream', (stream, headers, _flags, ...rest) => {
      onHeaders(headers, (rest as unknown[])[0] as string[]);
      stream.on('error', () => {});
      stream.resume();
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, 1]));
    });
    h2.on('sessionError', () => {});
    h2.emit('connection', socket);
  }

  it('upgrades the connection and speaks HTTP/2 on it', async () => {
    let request = '';
    const raw: string[][] = [];
    const endpoint = await serve((socket, text) => {
      request = text;
      socket.write(UPGRADED);
      serveHttp2(socket, (_headers, rawHeaders) => raw.push(rawHeaders));
    });
    const connection = connectHttp2(await dialGrpc(endpoint, never));
    await connection.ready;
    expect(request).toMatch(/^POST \/grpc HTTP\/1\.1\r\n/);
    expect(request).toContain('Upgrade: h2c\r\n');
    const health = createClient(Health, createEngineTransport(connection));
    expect((await health.check({}, { headers: { 'buildkit-controlapi-buildid': 'b1' } })).status).toBe(1);
    expect(raw[0]![raw[0]!.indexOf('buildkit-controlapi-buildid') + 1]).toBe('b1');
    expect(raw[0]).not.toContain('grpc-accept-encoding');
    await connection.close();
    await connection.close();
    await expect(health.check({})).rejects.toMatchObject({ code: Code.Unavailable });
  });

  it('loses no byte that came with the answer, however it is cut', async () => {
    for (const cut of [1, 20, UPGRADED.length - 1, UPGRADED.length, UPGRADED.length + 3]) {
      const endpoint = await serve((socket) => {
        const all = Buffer.concat([Buffer.from(UPGRADED), Buffer.from('first bytes')]);
        socket.write(all.subarray(0, cut));
        setTimeout(() => socket.end(all.subarray(cut)), 10);
      });
      const stream = await dialGrpc(endpoint, never);
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).toString()).toBe('first bytes');
      await new Promise((resolve) => server!.close(resolve));
    }
  });

  it.each([
    [
      'an engine without BuildKit',
      'HTTP/1.1 404 Not Found\r\nContent-Length: 18\r\n\r\n404 page not found',
      /has no BuildKit: it answered 404 to \/grpc/,
      /--engine=classic/,
    ],
    [
      'a page that says it three times',
      'HTTP/1.1 403 Forbidden\r\n\r\n<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1>nginx</body></html>',
      /refused access: 403 Forbidden nginx$/,
      /access/,
    ],
    ['one that refuses', 'HTTP/1.1 403 Forbidden\r\n\r\nnot you', /refused access: 403 not you/, /access/],
    [
      'one whose gateway says that the token is too old',
      'HTTP/1.1 401 Unauthorized\r\n\r\n{"message":"the token has expired"}',
      /refused access: 401 the token has expired$/,
      /Renew the token/,
    ],
    [
      'a proxy that asks who it is',
      'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n<html><style>b{}</style><b>Who are you?</b></html>',
      /^a proxy stands between here and unix:.* asks for credentials of its own: 407 Who are you\?$/,
      /no proxy serves/,
    ],
    [
      'a proxy that does not reach it',
      'HTTP/1.1 502 Bad Gateway\r\n\r\n<html><h1>nobody there</h1></html>',
      /is no Docker Engine, but a proxy or a web server: 502 nobody there$/,
      /DOCKER_HOST=ssh/,
    ],
    [
      'one with TLS',
      'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n',
      /speaks TLS/,
      /DOCKER_TLS_VERIFY/,
    ],
    [
      'one that fails',
      'HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nbroken\r\n0\r\n\r\n',
      /refused to open BuildKit: 500 broken/,
      /log/,
    ],
    ['something else', 'SSH-2.0-OpenSSH_9.2\r\n', /is no Docker Engine: it answered "SSH-2\.0-OpenSSH_9\.2/, /BUILDKIT_HOST/],
    ['one that hangs up', '', /closed the connection without an answer/, /TLS/],
  ])('explains %s', async (_what, answer, message, hint) => {
    const endpoint = await answering(answer);
    await expect(dialGrpc(endpoint, never)).rejects.toMatchObject({
      code: 'endpoint',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it('explains a missing socket, a file that is none, and a port where nobody listens', async () => {
    await expect(dialGrpc(at(join(root, 'none')), never)).rejects.toThrow(
      /unix:\/\/.*none \(DOCKER_HOST\): there is no such socket/,
    );
    const closed = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const { port } = closed.address() as net.AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    await expect(dialGrpc({ ...at(''), address: `tcp://127.0.0.1:${port}` }, never)).rejects.toThrow(/connection refused/);
  });

  it.skipIf(process.getuid?.() === 0)('explains a socket that may not be opened', async () => {
    const endpoint = await answering('');
    chmodSync(join(root, 'engine.sock'), 0);
    await expect(dialGrpc(endpoint, never)).rejects.toMatchObject({
      message: expect.stringMatching(/permission denied/),
      hint: expect.stringMatching(/group/),
    });
  });

  it('explains TLS against a port without it', async () => {
    const plain = net.createServer((socket) =>
      socket.on('error', () => {}).once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const address = `tcp://127.0.0.1:${(plain.address() as net.AddressInfo).port}`;
    const tls = { ca: null, cert: null, key: null, skipVerify: false, serverName: null };
    await expect(dialGrpc({ ...at(''), address, tls }, never)).rejects.toThrow(/TLS failed: the other side does not speak TLS/);
    await new Promise((resolve) => plain.close(resolve));
  });

  it('is cancelled before and while it waits', async () => {
    const endpoint = await serve(() => {});
    await expect(dialGrpc(endpoint, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    await expect(dialGrpc(endpoint, AbortSignal.timeout(30))).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('gives up an engine that accepts and never answers', async () => {
    const endpoint = await serve(() => {});
    await expect(dialGrpc(endpoint, never)).rejects.toThrow(
      /no answer from .* within 3\.7 s: it takes the connection and says nothing/,
    );
  }, 8_000);

  it('tells when the connection is lost, and not when it is closed', async () => {
    const endpoint = await serve((socket) => {
      socket.write(UPGRADED);
      serveHttp2(socket);
    });
    const lost = connectHttp2(await dialGrpc(endpoint, never), 'my engine');
    await lost.ready;
    sockets[0]!.destroy();
    expect(await lost.lost).toMatchObject({ code: 'engine-lost', message: expect.stringMatching(/my engine was lost/) });
    expect(lost.isClosed).toBe(true);
    const closed = connectHttp2(await dialGrpc(endpoint, never));
    await closed.ready;
    await closed.close();
    const winner = await Promise.race([
      closed.lost.then(() => 'lost'),
      new Promise((resolve) => setTimeout(resolve, 50, 'silent')),
    ]);
    expect(winner).toBe('silent');
  });

  it('is lost when the engine says that it is shutting down, whatever is still open', async () => {
    const endpoint = await serve((socket) => {
      socket.write(UPGRADED);
      const h2 = http2.createServer().on('stream', (stream) => {
        stream.on('error', () => {});
        stream.session?.goaway(http2.constants.NGHTTP2_NO_ERROR);
      });
      h2.on('sessionError', () => {}).emit('connection', socket);
    });
    const connection = connectHttp2(await dialGrpc(endpoint, never), 'my engine');
    await connection.ready;
    const call = connection.session.request({ ':path': '/a.B/C', ':method': 'POST' }, { endStream: false });
    call.on('error', () => {});
    expect(await connection.lost).toMatchObject({
      code: 'engine-lost',
      message: 'the connection to my engine was lost: the engine is shutting down',
    });
  });

  it('tells that the other side does not speak HTTP/2', async () => {
    const { address } = await answering('HTTP/1.1 400 Bad Request\r\n\r\n');
    const connection = connectHttp2(await dialGrpc({ ...at(''), address, kind: 'buildkitd' }, never), 'it');
    await expect(connection.ready).rejects.toMatchObject({
      code: 'endpoint',
      message: expect.stringMatching(/it does not speak HTTP\/2/),
      hint: expect.stringMatching(/BXTUI_BUILDKIT_TLS_DIR.*DOCKER_HOST/),
    });
  });

  it('explains what answers, but not as BuildKit does', () => {
    const buildkitd = at('/x', 'buildkitd');
    expect(noBuildKit(buildkitd, null, 'Protocol error')).toMatchObject({
      code: 'endpoint',
      message: expect.stringMatching(/does not answer as BuildKit does: Protocol error/),
      hint: expect.stringMatching(/DOCKER_HOST/),
    });
    const tls = { ca: null, cert: null, key: null, skipVerify: false, serverName: null };
    const alert = (text: string) =>
      `803C:error:0A000418:SSL routines:ssl3_read_bytes:${text}:../ssl/rec_layer_s3.c:1601:SSL alert`;
    for (const [text, told] of [
      ['tlsv1 alert unknown ca', 'unknown ca'],
      ['tlsv13 alert certificate required', 'certificate required'],
      ['sslv3 alert bad certificate', 'bad certificate'],
    ] as const) {
      expect(noBuildKit({ ...buildkitd, tls }, null, alert(text))).toMatchObject({
        message: expect.stringContaining(`TLS failed: the engine refused the certificate of this side (${told})`),
        hint: expect.stringMatching(/cert\.pem/),
      });
    }
  });
});

describe('addresses', () => {
  const target = (address: string, kind: Endpoint['kind'] = 'docker', tls: Endpoint['tls'] = null) =>
    socketTarget({ kind, address, source: 'x', tls });
  const TLS = { ca: null, cert: null, key: null, skipVerify: false, serverName: null };

  it('are read with their default ports', () => {
    expect(target('unix:///a b')).toEqual({ kind: 'unix', path: '/a b' });
    expect(target('tcp://h')).toEqual({ kind: 'tcp', host: 'h', port: 2375 });
    expect(target('tcp://h', 'docker', TLS)).toMatchObject({ port: 2376 });
    expect(target('tcp://h', 'buildkitd')).toMatchObject({ port: 1234 });
    expect(target('tcp://[::1]:80')).toEqual({ kind: 'tcp', host: '::1', port: 80 });
  });

  it('of other kinds are refused', () => {
    for (const address of ['ssh://h', 'unix://a', 'tcp://'])
      expect(() => target(address)).toThrow(/cannot use the engine address/);
  });

  it('of a buildkitd have no Engine API', async () => {
    await expect(engineApi({ kind: 'buildkitd', address: 'unix:///x', source: 'x', tls: null })).rejects.toMatchObject({
      code: 'unsupported',
    });
  });
});
