import { duplexPair } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { GrpcServerCall } from '../../../../../src/engine/buildkit/session/grpc-stream.js';
import { DIFF_COPY_IN } from '../../../../../src/engine/buildkit/session/methods.js';
import { type SessionServer, serveSession } from '../../../../../src/engine/buildkit/session/server.js';
import type { SessionServices } from '../../../../../src/engine/buildkit/session/services.js';

const FRAME = { headers: 1, reset: 3, settings: 4 } as const;
const END_HEADERS = 4;
const CANCEL = Buffer.from([0, 0, 0, 8]);

describe('the server of a session', () => {
  let server: SessionServer;
  afterEach(() => server.close());

  it('overlooks a call that is given up in the breath in which it comes, and takes the next', async () => {
    const [near, far] = duplexPair();
    const accepted: GrpcServerCall[] = [];
    const taken = new Promise<void>((resolve) => {
      const take = async (call: GrpcServerCall): Promise<void> => {
        accepted.push(call);
        resolve();
      };
      server = serveSession(near, {} as SessionServices, { sendFiles: take, receiveOutput: take, upload: take });
    });
    far.resume();
    far.write(
      Buffer.concat([
        Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        frame(FRAME.settings, 0, 0, Buffer.alloc(0)),
        frame(FRAME.headers, END_HEADERS, 1, requestHeaders(DIFF_COPY_IN)),
        frame(FRAME.reset, 0, 1, CANCEL),
        frame(FRAME.headers, END_HEADERS, 3, requestHeaders(DIFF_COPY_IN)),
      ]),
    );
    await taken;
    expect(accepted).toHaveLength(1);
    expect(accepted[0]?.signal.aborted).toBe(false);
  });
});

/** RFC 9113, 4.1. */
function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** RFC 7541, 6.2.2: literals without indexing. */
function requestHeaders(path: string): Buffer {
  const fields = { ':method': 'POST', ':scheme': 'http', ':path': path, ':authority': 'localhost', te: 'trailers' };
  const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  return Buffer.concat(Object.entries(fields).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}
