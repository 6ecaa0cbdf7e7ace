import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ClientHttp2Session } from 'node:http2';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CredentialsRequestSchema, CredentialsResponseSchema } from '../../../../../src/engine/buildkit/proto/gen/auth_pb.js';
import { BytesMessageSchema } from '../../../../../src/engine/buildkit/proto/gen/filesync_pb.js';
import { Packet_PacketType } from '../../../../../src/engine/buildkit/proto/gen/fsutil_pb.js';
import { HealthCheckRequestSchema, HealthCheckResponseSchema } from '../../../../../src/engine/buildkit/proto/gen/health_pb.js';
import { GetSecretRequestSchema, GetSecretResponseSchema } from '../../../../../src/engine/buildkit/proto/gen/secrets_pb.js';
import { CheckAgentRequestSchema } from '../../../../../src/engine/buildkit/proto/gen/sshforward_pb.js';
import {
  openSession,
  type SessionHandle,
  type SessionOptions,
  type TransferProgress,
} from '../../../../../src/engine/buildkit/session/index.js';
import { SESSION_METHODS } from '../../../../../src/engine/buildkit/session/methods.js';
import type { Http2Connection } from '../../../../../src/engine/buildkit/transport/http2-client.js';
import { call, encode, type OpenPair, openPair, receiveTree } from './loopback.js';

const ZERO = new Uint8Array(0);

describe('a session that the engine does not take', () => {
  it('is known by its id at once, and says why it has not come about', async () => {
    const root = mkdtempSync(join(tmpdir(), 'bxtui-session-'));
    const server = net.createServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nnot you')),
    );
    await new Promise<void>((resolve) => server.listen(join(root, 'engine.sock'), resolve));
    const session = openSession({
      endpoint: { kind: 'docker', address: `unix://${join(root, 'engine.sock')}`, source: 'test', tls: null },
      ...{ connection: {} as Http2Connection, locals: {}, env: { DOCKER_CONFIG: root }, signal: new AbortController().signal },
    });
    expect(session.id).toMatch(/^[0-9a-f]{24}$/);
    await expect(session.opened).rejects.toThrow(/not you/);
    expect(await session.ended).toMatchObject({ code: 'endpoint' });
    await session.close();
    await new Promise((resolve) => server.close(resolve));
    rmSync(root, { recursive: true, force: true });
  });
});

describe('a session, seen from the engine', () => {
  let root: string;
  let pair: OpenPair | null = null;
  let session: SessionHandle;
  let engine: ClientHttp2Session;
  let engineSocket: net.Socket;
  let requestHead: string;
  const progress: TransferProgress[] = [];

  async function open(options: Partial<SessionOptions>): Promise<void> {
    pair = await openPair(root, { onTransfer: (transfer) => progress.push(transfer), ...options });
    ({ session, engine, engineSocket, requestHead } = pair);
  }

  async function unary(path: string, request: Uint8Array, metadata: Record<string, string> = {}) {
    let answer: Uint8Array = ZERO;
    const { send, result, stream } = call(engine, path, metadata, (message) => {
      answer = Buffer.from(message);
    });
    send(request);
    stream.end();
    return { ...(await result), answer };
  }

  const secret = (id: string) =>
    unary(
      '/moby.buildkit.secrets.v1.Secrets/GetSecret',
      toBinary(GetSecretRequestSchema, create(GetSecretRequestSchema, { ID: id })),
    );

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bxtui-session-'));
    mkdirSync(join(root, 'context'));
    progress.length = 0;
  });
  afterEach(async () => {
    await pair?.close();
    pair = null;
    rmSync(root, { recursive: true, force: true });
  });

  const write = (path: string, data: string | Uint8Array): void => writeFileSync(join(root, 'context', path), data);
  const context = (extra = {}): Partial<SessionOptions> => ({
    locals: { context: { kind: 'dir', dir: join(root, 'context'), ...extra } },
  });

  it('announces itself with one header for each method', async () => {
    await open({ name: 'mine' });
    expect(requestHead).toMatch(/^POST \/session HTTP\/1\.1\r\n/);
    expect(requestHead).toContain(`X-Docker-Expose-Session-Uuid: ${session.id}\r\n`);
    expect(requestHead).toContain('X-Docker-Expose-Session-Name: mine\r\n');
    expect(requestHead.match(/X-Docker-Expose-Session-Grpc-Method: \//g)!.length).toBe(SESSION_METHODS.length);
  });

  it('answers health checks', async () => {
    await open({});
    const { answer, status } = await unary(
      '/grpc.health.v1.Health/Check',
      toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema)),
    );
    expect(status).toBe('0');
    expect(fromBinary(HealthCheckResponseSchema, answer).status).toBe(1);
  });

  it('sends small, large, empty and in-memory files, byte for byte', async () => {
    const large = Buffer.alloc(5_000_003, 7).map((_, i) => (i * 31) & 0xff);
    write('large', large);
    write('small', 'small');
    write('empty', '');
    for (let i = 0; i < 300; i++) write(`many${i}`, `content ${i}`.repeat(i));
    await open(context({ overrides: new Map([['Dockerfile', Buffer.from('FROM scratch')]]) }));
    const { contents, error, result } = await receiveTree(engine, { 'dir-name': 'context' });
    expect(error).toBeNull();
    expect(result.status).toBe('0');
    expect(contents.get('large')!.equals(large)).toBe(true);
    expect(contents.get('small')!.toString()).toBe('small');
    expect(contents.get('empty')!.length).toBe(0);
    expect(contents.get('Dockerfile')!.toString()).toBe('FROM scratch');
    for (let i = 0; i < 300; i++) expect(contents.get(`many${i}`)!.toString()).toBe(`content ${i}`.repeat(i));
    const last = progress.at(-1)!;
    expect(last).toMatchObject({ name: 'context', files: 304, isDone: true });
    expect(last.bytes).toBeGreaterThan(large.length);
  });

  it('sends only what is asked for, from lists that are repeated and escaped', async () => {
    for (const name of ['a', 'b', 'ü, x', 'skip']) write(name, name);
    await open(context());
    const asked = {
      'dir-name': 'context',
      'include-patterns': ['a', '%C3%BC%2C+x', 'skip'],
      'include-patterns-encoded': '1',
      'exclude-patterns': ['skip'],
    };
    const { stats } = await receiveTree(engine, asked, () => false);
    expect(stats.map((stat) => stat.path)).toEqual(['a', 'ü, x']);
  });

  it('refuses a name it was not given, and takes it once it is added', async () => {
    await open({});
    expect((await receiveTree(engine, { 'dir-name': 'probe' })).result).toEqual({
      status: '5',
      message: 'no access allowed to dir "probe"',
    });
    session.addLocal('probe', new Map([['bin/tool', { data: Buffer.from('x'), mode: 0o755 }]]));
    const { stats, contents } = await receiveTree(engine, { 'dir-name': 'probe' });
    expect(stats.map((stat) => [stat.path, stat.mode & 0o777])).toEqual([
      ['bin', 0o755],
      ['bin/tool', 0o755],
    ]);
    expect(contents.get('bin/tool')!.toString()).toBe('x');
  });

  it('names a file that vanished before it was asked for', async () => {
    write('a', 'a');
    const errors: string[] = [];
    await open({ ...context(), onTransferError: (error) => errors.push(error.message) });
    const { error, result } = await receiveTree(engine, { 'dir-name': 'context' }, () => {
      rmSync(join(root, 'context/a'), { force: true });
      return true;
    });
    expect(error).toMatch(/cannot open .*context\/a: it has vanished meanwhile/);
    expect(result.status).toBe('2');
    expect(errors).toHaveLength(1);
  });

  it('sends what is left of a file that shrinks, and the beginning of one that grows', async () => {
    write('shrinks', Buffer.alloc(3_000_000));
    write('grows', 'abc');
    await open(context());
    const { contents } = await receiveTree(engine, { 'dir-name': 'context' }, (stat) => {
      if (stat.path === 'shrinks') write('shrinks', Buffer.alloc(10));
      return true;
    });
    expect(contents.get('shrinks')!.length).toBe(10);
    expect(contents.get('grows')!.toString()).toBe('abc');
  });

  it('ends a transfer that the engine gives up, and goes on serving', async () => {
    write('large', Buffer.alloc(20_000_000));
    write('small', 'x');
    await open(context());
    const given = call(engine, '/moby.filesync.v1.FileSync/DiffCopy', { 'dir-name': 'context' }, () => given.stream.close(8));
    await given.result;
    expect((await receiveTree(engine, { 'dir-name': 'context', followpaths: ['small'] })).contents.size).toBe(1);
  });

  it('passes on that the engine could not take the files', async () => {
    write('a', 'a');
    const errors: string[] = [];
    await open({ ...context(), onTransferError: (error) => errors.push(error.message) });
    const refused = call(engine, '/moby.filesync.v1.FileSync/DiffCopy', { 'dir-name': 'context' }, () => {});
    refused.send(encode({ type: Packet_PacketType.PACKET_ERR, data: Buffer.from('disk full') }));
    expect((await refused.result).message).toMatch(/disk full/);
    expect(errors[0]).toMatch(/disk full/);
  });

  it('gives secrets from files and variables, and says which are unknown or too large', async () => {
    write('key', 'from the file');
    write('huge', Buffer.alloc(500 * 1024 + 1));
    const path = (name: string) => ({ kind: 'file', path: join(root, 'context', name) }) as const;
    const warnings: string[] = [];
    await open({
      onWarning: (warning) => warnings.push(warning),
      secrets: [
        { id: 'file', from: path('key') },
        { id: 'env', from: { kind: 'env', name: 'TOKEN' } },
        { id: 'unset', from: { kind: 'env', name: 'NOPE' } },
        { id: 'huge', from: path('huge') },
        { id: 'gone', from: path('gone') },
      ],
    });
    const text = async (id: string) =>
      Buffer.from(fromBinary(GetSecretResponseSchema, (await secret(id)).answer).data).toString();
    expect(await text('file')).toBe('from the file');
    expect(await text('env')).toBe('from the environment');
    write('key', 'changed');
    expect(await text('file')).toBe('changed');
    expect(await secret('unknown')).toMatchObject({ status: '5', message: 'secret unknown: not found' });
    // As docker has it: a build of somebody who may not have the secret still runs.
    expect([await text('unset'), await text('unset')]).toEqual(['', '']);
    expect(warnings).toEqual(['secret unset is empty: the environment variable NOPE is not set']);
    expect((await secret('huge')).message).toMatch(/512001 bytes/);
    expect((await secret('gone')).message).toMatch(/gone: there is no such file/);
  });

  it('gives the credentials of the docker configuration, and none for other hosts', async () => {
    const auths = {
      'https://index.docker.io/v1/': { auth: Buffer.from('me:pass:word').toString('base64') },
      'https://reg.test/v2/': { identitytoken: 'idt' },
    };
    writeFileSync(join(root, 'config.json'), JSON.stringify({ auths }));
    await open({});
    const ask = async (Host: string) => {
      const { answer } = await unary(
        '/moby.filesync.v1.Auth/Credentials',
        toBinary(CredentialsRequestSchema, create(CredentialsRequestSchema, { Host })),
      );
      const { Username, Secret } = fromBinary(CredentialsResponseSchema, answer);
      return [Username, Secret];
    };
    expect(await ask('registry-1.docker.io')).toEqual(['me', 'pass:word']);
    expect(await ask('reg.test')).toEqual(['', 'idt']);
    expect(await ask('other.test')).toEqual(['', '']);
  });

  it('asks credential helpers, and goes on without one that fails', async () => {
    const bin = join(root, 'bin');
    mkdirSync(bin);
    writeFileSync(
      join(bin, 'docker-credential-fake'),
      '#!/bin/sh\nread host; printf \'{"Username":"u-%s","Secret":"s"}\' "$host"\n',
    );
    chmodSync(join(bin, 'docker-credential-fake'), 0o755);
    writeFileSync(join(root, 'config.json'), JSON.stringify({ credHelpers: { 'a.test': 'fake', 'b.test': 'missing' } }));
    const warnings: string[] = [];
    await open({
      env: { DOCKER_CONFIG: root, PATH: `${bin}:${process.env.PATH}` },
      onWarning: (warning) => warnings.push(warning),
    });
    const ask = (Host: string) =>
      unary('/moby.filesync.v1.Auth/Credentials', toBinary(CredentialsRequestSchema, create(CredentialsRequestSchema, { Host })));
    expect(fromBinary(CredentialsResponseSchema, (await ask('a.test')).answer)).toMatchObject({
      Username: 'u-a.test',
      Secret: 's',
    });
    expect(await ask('b.test')).toMatchObject({ status: '0' });
    expect(warnings).toEqual([expect.stringMatching(/docker-credential-missing gave nothing for b\.test: it is not installed/)]);
  });

  it('forwards listing and signing to the ssh agent, in order, and nothing else', async () => {
    const agentPath = join(root, 'agent.sock');
    const seen: number[] = [];
    const agent = net.createServer((socket) =>
      socket.on('data', (data: Buffer) => {
        seen.push(data[4]!);
        setTimeout(() => socket.write(Buffer.from([0, 0, 0, 2, 12, data[4]!])), 5);
      }),
    );
    await new Promise<void>((resolve) => agent.listen(agentPath, resolve));
    await open({ ssh: [{ id: 'default', socket: agentPath }] });
    const check = (ID: string) =>
      unary('/moby.sshforward.v1.SSH/CheckAgent', toBinary(CheckAgentRequestSchema, create(CheckAgentRequestSchema, { ID })));
    expect((await check('')).status).toBe('0');
    expect((await check('nope')).message).toMatch(/unset ssh forward key nope/);
    const replies: Buffer[] = [];
    const forwarded = call(engine, '/moby.sshforward.v1.SSH/ForwardAgent', {}, (message) =>
      replies.push(Buffer.from(fromBinary(BytesMessageSchema, message).data)),
    );
    // List, remove all, sign: the last two in one message, cut within the length.
    const stream = Buffer.from([0, 0, 0, 1, 11, 0, 0, 0, 1, 19, 0, 0, 0, 1, 13]);
    for (const part of [stream.subarray(0, 7), stream.subarray(7)]) {
      forwarded.send(toBinary(BytesMessageSchema, create(BytesMessageSchema, { data: new Uint8Array(part) })));
    }
    await expect.poll(() => Buffer.concat(replies).length).toBe(17);
    forwarded.stream.end();
    expect((await forwarded.result).status).toBe('0');
    expect([...Buffer.concat(replies)]).toEqual([0, 0, 0, 2, 12, 11, 0, 0, 0, 1, 5, 0, 0, 0, 2, 12, 13]);
    expect(seen).toEqual([11, 13]);
    await new Promise((resolve) => agent.close(resolve));
  });

  it('says that no agent was given with the code the engine words best', async () => {
    await open({});
    expect((await unary('/moby.sshforward.v1.SSH/CheckAgent', ZERO)).status).toBe('12');
  });

  it('tells when the engine ends it, and is silent about its own end', async () => {
    await open({});
    engineSocket.destroy();
    expect(await session.ended).toMatchObject({ code: 'engine-lost' });
    await session.close();
    await open({});
    await session.close();
    await session.close();
    expect(await session.ended).toBeNull();
  });

  it('refuses a context that is not there before it dials', async () => {
    await expect(open({ locals: { context: { kind: 'dir', dir: join(root, 'nope') } } })).rejects.toMatchObject({
      code: 'input',
    });
  });
});
