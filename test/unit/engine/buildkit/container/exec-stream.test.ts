/** The stream of a program to an engine that does not read: what is written is taken when there is room for it, or when the stream has ended. */
import * as http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { afterEach, expect, it } from 'vitest';
import { type ExecStream, openExecStream } from '../../../../../src/engine/buildkit/container/exec-stream.js';
import { InitMessageSchema } from '../../../../../src/engine/buildkit/proto/gen/gateway_pb.js';
import { until } from '../../../session/wire/harness.js';

const undo: Array<() => void> = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

async function open(): Promise<{ exec: ExecStream; engine: http2.ServerHttp2Stream; reason(): string | null | undefined }> {
  const server = http2.createServer();
  const opened = new Promise<http2.ServerHttp2Stream>((resolve) => {
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200 });
      stream.on('error', () => undefined);
      resolve(stream);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.on('error', () => undefined);
  let reason: string | null | undefined;
  const nothing = (): void => undefined;
  const exec = openExecStream(client, {}, 'p', create(InitMessageSchema, {}), {
    ...{ onData: nothing, onEof: nothing, onStarted: nothing, onExit: nothing },
    onEnd(why) {
      reason = why;
    },
  });
  undo.push(() => {
    client.close();
    server.close();
    exec.abandon();
  });
  return { exec, engine: await opened, reason: () => reason };
}

it('says that input is taken as the engine makes room for it', async () => {
  const { exec, engine } = await open();
  let taken = 0;
  for (let at = 0; at < 100; at++) exec.write(Buffer.alloc(64 << 10), () => taken++);
  await new Promise((resolve) => setTimeout(resolve, 100));
  // The window of the stream and what is buffered on the way.
  expect(taken).toBeLessThan(10);
  engine.resume();
  await until(() => taken === 100);
});

it('says so of everything when the stream ends', async () => {
  const { exec, engine, reason } = await open();
  let taken = 0;
  for (let at = 0; at < 50; at++) exec.write(Buffer.alloc(64 << 10), () => taken++);
  engine.close(http2.constants.NGHTTP2_CANCEL);
  await until(() => taken === 50);
  await until(() => reason() !== undefined);
  exec.write(Buffer.from('more'), () => taken++);
  exec.closeInput();
  exec.write(Buffer.from('and more'), () => taken++);
  expect(taken).toBe(52);
});
