import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { ClientHttp2Session } from 'node:http2';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CredentialsRequestSchema, CredentialsResponseSchema } from '../../../../../src/engine/buildkit/proto/gen/auth_pb.js';
import { BytesMessageSchema } from '../../../../../src/engine/buildkit/proto/gen/filesync_pb.js';
import { Packet_PacketType, PacketSchema } from '../../../../../src/engine/buildkit/proto/gen/fsutil_pb.js';
import { HealthCheckRequestSchema, HealthCheckResponseSchema } from '../../../../../src/engine/buildkit/proto/gen/health_pb.js';
import { GetSecretRequestSchema, GetSecretResponseSchema } from '../../../../../src/engine/buildkit/proto/gen/secrets_pb.js';
import { CheckAgentRequestSchema } from '../../../../../src/engine/buildkit/proto/gen/sshforward_pb.js';
import {
  openSession,
  type SessionHandle,
  type SessionOptions,
  type TransferProgress,
} from '../../../../../src/engine/buildkit/session/index.js';
import type { Http2Connection } from '../../../../../src/engine/buildkit/transport/http2-client.js';
import { call, clientOn, encode, receiveTree } from './loopback.js';

const ZERO = new Uint8Array(0);

describe('a session, seen from the engine', () => {
  let root: string;
  let server: net.Server;
  let session: SessionHandle;
  let engine: ClientHttp2Session;
  let engineSocket: net.Socket;
  let requestHead: string;
  const progress: TransferProgress[] = [];

  /** A stand-in for `POST /session` of an Engine API; the connection is then the engine's. */
  async function open(options: Partial<SessionOptions>): Promise<void> {
    const socketPath = join(root, 'engine.sock');
    const hijacked = new Promise<ClientHttp2Session>((resolve) => {
      server = net.createServer((socket) => {
        engineSocket = socket;
        socket.once('data', (head: Buffer) => {
          requestHead = head.toString();
          socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
          resolve(clientOn(socket));
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    session = await openSession({
      endpoint: { kind: 'docker', address: `unix://${socketPath}`, source: 'test', tls: null },
      connection: {} as Http2Connection,
      locals: {},
      env: { DOCKER_CONFIG: root, TOKEN: 'from the environment' },
      onTransfer: (transfer) => progress.push(transfer),
      signal: new AbortController().signal,
      ...options,
    });
    engine = await hijacked;
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
    await session?.close();
    engine?.close();
    await new Promise((resolve) => server.close(resolve));
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
    expect(requestHead.match(/X-Docker-Expose-Session-Grpc-Method: \//g)!.length).toBe(7);
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
    await open({
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
    expect((await secret('unset')).message).toMatch(/NOPE is not set/);
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

  describe('outputs', () => {
    const bytes = (text: string) =>
      toBinary(BytesMessageSchema, create(BytesMessageSchema, { data: new TextEncoder().encode(text) }));
    const exportCall = (metadata = {}) => call(engine, '/moby.filesync.v1.FileSend/DiffCopy', metadata, () => {});

    it('writes a tar under its name when it is complete', async () => {
      await open({});
      const dest = join(root, 'out.tar');
      writeFileSync(dest, 'old');
      const { done } = session.receive({ kind: 'tar', dest });
      const sending = exportCall();
      sending.send(bytes('he'));
      await expect.poll(() => readdirSync(root).some((name) => name.endsWith('.part'))).toBe(true);
      expect(readFileSync(dest, 'utf8')).toBe('old');
      sending.send(bytes('llo'));
      sending.stream.end();
      await done;
      expect((await sending.result).status).toBe('0');
      expect(readFileSync(dest, 'utf8')).toBe('hello');
    });

    it('leaves nothing of a tar that is broken off', async () => {
      await open({});
      const { done } = session.receive({ kind: 'tar', dest: join(root, 'out.tar') });
      const sending = exportCall();
      sending.send(bytes('half'));
      await expect.poll(() => readdirSync(root).some((name) => name.endsWith('.part'))).toBe(true);
      engineSocket.destroy();
      await expect(done).rejects.toThrow(/broken off/);
      expect(readdirSync(root).filter((name) => name.includes('out.tar'))).toEqual([]);
    });

    it('says what is in the way of a tar', async () => {
      await open({});
      const { done } = session.receive({ kind: 'docker', dest: join(root, 'context') });
      const sending = exportCall();
      await expect(done).rejects.toThrow(/context: a directory is in its place/);
      expect((await sending.result).message).toMatch(/a directory is in its place/);
    });

    it('sends each exporter to its own output', async () => {
      await open({});
      const first = session.receive({ kind: 'tar', dest: join(root, 'first') }, 0);
      const second = session.receive({ kind: 'tar', dest: join(root, 'second') }, 1);
      for (const [id, text] of [
        ['1', 'two'],
        ['0', 'one'],
      ] as const) {
        const sending = exportCall({ 'buildkit-attachable-exporter-id': id });
        sending.send(bytes(text));
        sending.stream.end();
      }
      await Promise.all([first.done, second.done]);
      expect([readFileSync(join(root, 'first'), 'utf8'), readFileSync(join(root, 'second'), 'utf8')]).toEqual(['one', 'two']);
      expect((await exportCall({ 'buildkit-attachable-exporter-id': '2' }).result).status).toBe('5');
    });

    /** Sends entries as an engine does and answers the requests for content. */
    function sendTree(
      entries: ReadonlyArray<{ path: string; mode: number; linkname?: string; content?: string; modTime?: bigint }>,
    ) {
      const sending = call(engine, '/moby.filesync.v1.FileSend/DiffCopy', {}, (message) => {
        const { type, ID } = fromBinary(PacketSchema, message);
        if (type === Packet_PacketType.PACKET_FIN) {
          sending.send(encode({ type: Packet_PacketType.PACKET_FIN }));
          sending.stream.end();
        } else if (type === Packet_PacketType.PACKET_REQ) {
          const text = entries[ID]!.content ?? '';
          for (const part of text.match(/.{1,3}/gs) ?? [])
            sending.send(encode({ type: Packet_PacketType.PACKET_DATA, ID, data: Buffer.from(part) }));
          sending.send(encode({ type: Packet_PacketType.PACKET_DATA, ID }));
        }
      });
      for (const { content, ...stat } of entries)
        sending.send(encode({ type: Packet_PacketType.PACKET_STAT, stat: { size: BigInt(content?.length ?? 0), ...stat } }));
      sending.send(encode({ type: Packet_PacketType.PACKET_STAT }));
      return sending;
    }
    const DIR = 2 ** 31;

    it('merges a tree into the destination, replacing what has its names', async () => {
      await open({});
      const dest = join(root, 'dest');
      mkdirSync(join(dest, 'dir'), { recursive: true });
      writeFileSync(join(dest, 'dir/kept'), 'kept');
      mkdirSync(join(dest, 'was-dir/x'), { recursive: true });
      const { done } = session.receive({ kind: 'local', dest });
      const sending = sendTree([
        { path: 'dir', mode: DIR + 0o555, modTime: 1_500_000_000_000_000_000n },
        { path: 'dir/file', mode: (1 << 23) + 0o711, content: 'some content', modTime: 1_400_000_000_000_000_000n },
        { path: 'dir/hard', mode: 0o711, linkname: 'dir/file' },
        { path: 'empty', mode: 0o600 },
        { path: 'link', mode: (1 << 27) + 0o777, linkname: '/anywhere' },
        { path: 'was-dir', mode: 0o644, content: 'file now' },
      ]);
      await done;
      expect((await sending.result).status).toBe('0');
      expect(readdirSync(dest)).toEqual(['dir', 'empty', 'link', 'was-dir']);
      expect(readFileSync(join(dest, 'dir/file'), 'utf8')).toBe('some content');
      expect(readFileSync(join(dest, 'dir/kept'), 'utf8')).toBe('kept');
      expect(readFileSync(join(dest, 'was-dir'), 'utf8')).toBe('file now');
      expect(readlinkSync(join(dest, 'link'))).toBe('/anywhere');
      const file = statSync(join(dest, 'dir/file'));
      expect([file.mode & 0o7777, file.mtimeMs, file.nlink]).toEqual([0o4711, 1_400_000_000_000, 2]);
      const dir = statSync(join(dest, 'dir'));
      expect([dir.mode & 0o777, dir.mtimeMs]).toEqual([0o555, 1_500_000_000_000]);
      chmodSync(join(dest, 'dir'), 0o755);
    });

    it.each([
      ['../out', 0o644, ''],
      ['/abs', 0o644, ''],
      ['missing/parent', 0o644, ''],
      ['a/../b', 0o644, ''],
    ])('refuses the path %s and leaves nothing', async (path, mode, linkname) => {
      await open({});
      const dest = join(root, 'dest');
      const { done } = session.receive({ kind: 'local', dest });
      sendTree([{ path, mode, linkname }]);
      await expect(done).rejects.toThrow(/does not belong into the result/);
      expect(existsSync(dest)).toBe(false);
    });

    it('does not write through a symlink of the tree', async () => {
      await open({});
      const { done } = session.receive({ kind: 'local', dest: join(root, 'dest') });
      sendTree([
        { path: 'link', mode: (1 << 27) + 0o777, linkname: root },
        { path: 'link/evil', mode: 0o644, content: 'x' },
      ]);
      await expect(done).rejects.toThrow(/does not belong/);
      expect(existsSync(join(root, 'evil'))).toBe(false);
    });

    it('rejects what is still awaited when it is given up', async () => {
      await open({});
      const receiver = session.receive({ kind: 'tar', dest: join(root, 'x') });
      receiver.dispose();
      receiver.dispose();
      await expect(receiver.done).rejects.toMatchObject({ code: 'cancelled' });
    });
  });

  it('tells when the engine ends it, and is silent about its own end', async () => {
    await open({});
    engineSocket.destroy();
    expect(await session.ended).toMatchObject({ code: 'engine-lost' });
    await session.close();
    await new Promise((resolve) => server.close(resolve));
    rmSync(join(root, 'engine.sock'), { force: true });
    await open({});
    await session.close();
    await session.close();
    expect(await session.ended).toBeNull();
  });

  it('refuses a context that is not there before it dials', async () => {
    server = net.createServer();
    await expect(open({ locals: { context: { kind: 'dir', dir: join(root, 'nope') } } })).rejects.toMatchObject({
      code: 'input',
    });
  });
});
