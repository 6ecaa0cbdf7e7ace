/** The engine's side of a session in one process: a client on the other end of the stream, with the generated codec as the judge. */
import { randomBytes } from 'node:crypto';
import * as http2 from 'node:http2';
import * as net from 'node:net';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type Packet,
  Packet_PacketType,
  PacketSchema,
  type Stat,
} from '../../../../../src/engine/buildkit/proto/gen/fsutil_pb.js';
import { openSession, type SessionHandle, type SessionOptions } from '../../../../../src/engine/buildkit/session/index.js';
import { FrameReader, frame } from '../../../../../src/engine/buildkit/transport/grpc-frames.js';
import type { Http2Connection } from '../../../../../src/engine/buildkit/transport/http2-client.js';

export interface OpenPair {
  readonly session: SessionHandle;
  readonly engine: http2.ClientHttp2Session;
  readonly engineSocket: net.Socket;
  readonly requestHead: string;
  close(): Promise<void>;
}

/** A session with a stand-in for `POST /session` of an Engine API; the connection is then the engine's. `root`: a directory for the socket. */
export async function openPair(root: string, options: Partial<SessionOptions> = {}): Promise<OpenPair> {
  const socketPath = join(root, `engine-${randomBytes(4).toString('hex')}.sock`);
  const server = net.createServer();
  const hijacked = new Promise<{ engine: http2.ClientHttp2Session; engineSocket: net.Socket; requestHead: string }>((resolve) => {
    server.once('connection', (engineSocket) =>
      engineSocket.once('data', (head: Buffer) => {
        engineSocket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
        resolve({ engine: clientOn(engineSocket), engineSocket, requestHead: head.toString() });
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  try {
    const session = openSession({
      endpoint: { kind: 'docker', address: `unix://${socketPath}`, source: 'test', tls: null },
      connection: {} as Http2Connection,
      locals: {},
      env: { DOCKER_CONFIG: root, TOKEN: 'from the environment' },
      signal: new AbortController().signal,
      ...options,
    });
    await session.opened;
    const pair = await hijacked;
    return {
      session,
      ...pair,
      async close() {
        await session.close();
        pair.engine.close();
      },
    };
  } finally {
    server.close();
  }
}

export function clientOn(socket: net.Socket): http2.ClientHttp2Session {
  const client = http2.connect('http://localhost', { createConnection: () => socket });
  client.on('error', () => {});
  socket.on('error', () => {});
  return client;
}

export interface CallResult {
  readonly status: string;
  readonly message: string;
}

/** One gRPC call; `result` resolves with the trailers. */
export function call(
  client: http2.ClientHttp2Session,
  path: string,
  metadata: Record<string, string | string[]>,
  onMessage: (message: Buffer) => void,
) {
  const stream = client.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...metadata,
  });
  const reader = new FrameReader(1 << 28);
  const result = new Promise<CallResult>((resolve) => {
    let seen: CallResult = { status: 'none', message: '' };
    const note = (headers: http2.IncomingHttpHeaders): void => {
      if (headers['grpc-status'] !== undefined) {
        seen = { status: String(headers['grpc-status']), message: decodeURIComponent(String(headers['grpc-message'] ?? '')) };
      }
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('error', () => {});
    stream.on('close', () => resolve(seen));
  });
  stream.on('data', (chunk: Buffer) => reader.push(chunk, onMessage));
  return { stream, result, send: (message: Uint8Array) => void stream.write(frame(message)) };
}

export interface Received {
  readonly stats: Stat[];
  readonly contents: Map<string, Buffer>;
  readonly error: string | null;
  readonly result: CallResult;
}

/** Receives a tree as an engine does, asking for every regular file that `wants` takes. */
export async function receiveTree(
  client: http2.ClientHttp2Session,
  metadata: Record<string, string | string[]>,
  wants: (stat: Stat) => boolean = () => true,
): Promise<Received> {
  const stats: Stat[] = [];
  const open = new Map<number, Buffer[]>();
  const contents = new Map<string, Buffer>();
  let hasAll = false;
  let isFinished = false;
  let error: string | null = null;
  const { send, result, stream } = call(client, '/moby.filesync.v1.FileSync/DiffCopy', metadata, (message) => {
    take(fromBinary(PacketSchema, message));
    if (hasAll && open.size === 0 && !isFinished) {
      isFinished = true;
      send(encode({ type: Packet_PacketType.PACKET_FIN }));
    }
  });
  return { stats, contents, result: await result, error };

  function take(packet: Packet): void {
    if (packet.type === Packet_PacketType.PACKET_STAT && packet.stat) {
      const id = stats.push(packet.stat) - 1;
      const isRegular = packet.stat.mode < 2 ** 31 && (packet.stat.mode & 0x0f20_0000) === 0 && packet.stat.linkname === '';
      if (isRegular && wants(packet.stat)) {
        open.set(id, []);
        send(encode({ type: Packet_PacketType.PACKET_REQ, ID: id }));
      }
    } else if (packet.type === Packet_PacketType.PACKET_STAT) hasAll = true;
    else if (packet.type === Packet_PacketType.PACKET_DATA && packet.data.length > 0)
      open.get(packet.ID)!.push(Buffer.from(packet.data));
    else if (packet.type === Packet_PacketType.PACKET_DATA) {
      contents.set(stats[packet.ID]!.path, Buffer.concat(open.get(packet.ID)!));
      open.delete(packet.ID);
    } else if (packet.type === Packet_PacketType.PACKET_ERR) error = Buffer.from(packet.data).toString();
    else if (packet.type === Packet_PacketType.PACKET_FIN) stream.end();
  }
}

export function encode(packet: Parameters<typeof create<typeof PacketSchema>>[1]): Uint8Array {
  return toBinary(PacketSchema, create(PacketSchema, packet));
}
