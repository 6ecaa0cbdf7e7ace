import * as http2 from 'node:http2';
import * as net from 'node:net';
import { create, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { afterEach, describe, expect, it } from 'vitest';
import { Control, StatusResponseSchema } from '../../../../../src/engine/buildkit/proto/gen/control_pb.js';
import { StatusSchema } from '../../../../../src/engine/buildkit/proto/gen/gateway_pb.js';
import { Health } from '../../../../../src/engine/buildkit/proto/gen/health_pb.js';
import { frame } from '../../../../../src/engine/buildkit/transport/grpc-frames.js';
import { connectHttp2, createEngineTransport, type Http2Connection } from '../../../../../src/engine/buildkit/transport/index.js';

const SERVING = frame(Uint8Array.of(0x08, 1));

describe('the gRPC transport', () => {
  const ends: Array<() => unknown> = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  /** A connection to a server that answers each call as `answer` does. */
  async function connected(answer: (stream: http2.ServerHttp2Stream) => void): Promise<Http2Connection> {
    const server = http2.createServer();
    server.on('stream', (stream) => {
      stream.on('error', () => {});
      stream.resume();
      answer(stream);
    });
    server.on('sessionError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const connection = connectHttp2(net.connect((server.address() as net.AddressInfo).port, '127.0.0.1'));
    ends.push(
      () => server.close(),
      () => connection.close(),
    );
    await connection.ready;
    return connection;
  }

  function respond(stream: http2.ServerHttp2Stream, trailers: http2.OutgoingHttpHeaders, ...frames: Buffer[]): void {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    for (const one of frames) stream.write(one);
    stream.end();
  }
  const errorOf = (call: Promise<unknown>): Promise<ConnectError> => call.then(() => expect.fail(), ConnectError.from);

  it('takes one message, and an error in any of its three forms', async () => {
    const details = [{ typeUrl: 'github.com/moby/buildkit/errdefs.Solve+json', value: Uint8Array.of(123, 125) }];
    const status = create(StatusSchema, { code: Code.NotFound, message: 'naïve', details });
    const answers: Array<(stream: http2.ServerHttp2Stream) => void> = [
      (stream) => respond(stream, { 'grpc-status': '0' }, SERVING),
      (stream) => respond(stream, { 'grpc-status': '2', 'grpc-message': 'na%C3%AFve 100%' }),
      (stream) =>
        respond(stream, {
          'grpc-status': '5',
          'grpc-message': 'other',
          'grpc-status-details-bin': Buffer.from(toBinary(StatusSchema, status)).toString('base64'),
        }),
      (stream) =>
        stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true }),
      (stream) => respond(stream, { 'grpc-status': '0' }),
      (stream) => stream.respond({ ':status': 503 }, { endStream: true }),
    ];
    const health = createClient(Health, createEngineTransport(await connected((stream) => answers.shift()!(stream))));
    expect((await health.check({})).status).toBe(1);
    expect(await errorOf(health.check({}))).toMatchObject({ code: Code.Unknown, rawMessage: 'na%C3%AFve 100%' });
    expect(await errorOf(health.check({}))).toMatchObject({
      code: Code.NotFound,
      rawMessage: 'naïve',
      details: [{ type: 'errdefs.Solve+json', value: Uint8Array.of(123, 125) }],
    });
    expect(await errorOf(health.check({}))).toMatchObject({ code: Code.Unimplemented });
    expect(await errorOf(health.check({}))).toMatchObject({ code: Code.Unimplemented });
    expect(await errorOf(health.check({}))).toMatchObject({ code: Code.Unknown, rawMessage: expect.stringContaining('503') });
  });

  it('ends a call whose stream is broken off, one that is aborted, and one on a connection that has gone', async () => {
    const streams: http2.ServerHttp2Stream[] = [];
    const connection = await connected((stream) => {
      streams.push(stream);
      if (streams.length === 1) stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
    });
    const health = createClient(Health, createEngineTransport(connection));
    expect(await errorOf(health.check({}))).toMatchObject({ code: Code.Unavailable });
    const abort = new AbortController();
    const call = errorOf(health.check({}, { signal: abort.signal }));
    await expect.poll(() => streams.length).toBe(2);
    abort.abort();
    expect(await call).toMatchObject({ code: Code.Canceled });
    await expect.poll(() => streams[1]?.rstCode).toBe(http2.constants.NGHTTP2_CANCEL);
    expect(await errorOf(health.check({}, { signal: abort.signal }))).toMatchObject({ code: Code.Canceled });
    const last = errorOf(health.check({}));
    await connection.close();
    expect((await last).code).toBeOneOf([Code.Unavailable, Code.Canceled]);
    expect(await errorOf(health.check({}))).toMatchObject({ code: Code.Unavailable });
  });

  it('hands on every message of a stream to a slow reader, and lets a stream go that nobody reads on', async () => {
    const message = (digest: string) =>
      frame(toBinary(StatusResponseSchema, create(StatusResponseSchema, { vertexes: [{ digest }] })));
    const all = Array.from({ length: 500 }, (_, index) => message(`v${index}`));
    const streams: http2.ServerHttp2Stream[] = [];
    const connection = await connected((stream) => {
      streams.push(stream);
      if (streams.length === 1) respond(stream, { 'grpc-status': '0' }, Buffer.concat(all));
      else {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
        stream.write(all[0]);
      }
    });
    const control = createClient(Control, createEngineTransport(connection));
    const digests: string[] = [];
    for await (const { vertexes } of control.status({ Ref: 'r' })) {
      digests.push(vertexes[0]!.digest);
      if (digests.length % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(digests).toEqual(all.map((_, index) => `v${index}`));
    const abort = new AbortController();
    const reading = (async () => {
      for await (const _ of control.status({ Ref: 'r' }, { signal: abort.signal })) abort.abort();
    })();
    expect(await errorOf(reading)).toMatchObject({ code: Code.Canceled });
    await expect.poll(() => streams[1]?.rstCode).toBe(http2.constants.NGHTTP2_CANCEL);
  });
});
