/** Control.Session: a byte stream inside of a gRPC call, on which the engine is the HTTP/2 client. The only form that buildkitd has. */
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { Duplex } from 'node:stream';
import { BxError, toBxError } from '../../../platform/errors.js';
import { FrameReader } from '../transport/grpc-frames.js';
import { decodeBytesMessage, encodeBytesMessage } from './filesync/packets.js';

/** Engines limit a message to 4 MiB (20.10) or 16 MiB. */
const MESSAGE_BYTES = 1 << 20;
const READ_LIMIT_BYTES = 32 << 20;

/** Opens the call; the stream fails with `BxError` when the engine ends it with an error. */
export function openControlStream(session: ClientHttp2Session, headers: ReadonlyArray<readonly [string, string]>): Duplex {
  const metadata: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const present = metadata[key];
    metadata[key] = present === undefined ? value : [present, value].flat();
  }
  const call = session.request(
    {
      ...metadata,
      ':method': 'POST',
      ':path': '/moby.buildkit.v1.Control/Session',
      'content-type': 'application/grpc',
      te: 'trailers',
    },
    { endStream: false },
  );
  const reader = new FrameReader(READ_LIMIT_BYTES);
  const duplex = new Duplex({
    read: () => void call.resume(),
    write: (chunk: Buffer, _encoding, done) => writeAll(call, [chunk], done),
    writev: (chunks, done) =>
      writeAll(
        call,
        chunks.map(({ chunk }) => chunk as Buffer),
        done,
      ),
    final(done) {
      call.end(done);
    },
    destroy(error, done) {
      if (!call.closed) call.close();
      done(error);
    },
  });
  let hasEnded = false;
  call.on('data', (chunk: Buffer) => {
    try {
      reader.push(chunk, (message) => {
        const data = decodeBytesMessage(message);
        if (data.length > 0 && !duplex.push(data)) call.pause();
      });
    } catch (error) {
      duplex.destroy(toBxError(error, 'engine'));
    }
  });
  const onStatus = (received: IncomingHttpHeaders): void => {
    const status = received['grpc-status'];
    if (status === undefined || status === '0') return;
    const text = decodeURIComponent(String(received['grpc-message'] ?? '').replace(/%(?![0-9a-f]{2})/gi, '%25'));
    duplex.destroy(new BxError('engine', `the engine ended the session: ${text} (status ${String(status)})`));
  };
  call.on('response', onStatus);
  call.on('trailers', onStatus);
  call.on('end', () => {
    hasEnded = true;
    if (!duplex.destroyed) duplex.push(null);
  });
  call.on('error', (error) => duplex.destroy(toBxError(error, 'engine-lost')));
  call.on('close', () => {
    if (!hasEnded && !duplex.destroyed) duplex.destroy();
  });
  return duplex;
}

function writeAll(call: ClientHttp2Stream, chunks: readonly Buffer[], done: (error?: Error | null) => void): void {
  if (call.closed || call.destroyed) {
    done(new BxError('engine-lost', 'the session with the engine has ended'));
    return;
  }
  const frames: Buffer[] = [];
  const joined = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  for (let at = 0; at === 0 || at < joined.length; at += MESSAGE_BYTES)
    frames.push(encodeBytesMessage(joined.subarray(at, at + MESSAGE_BYTES)));
  call.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames), (error) => done(error ?? null));
}
