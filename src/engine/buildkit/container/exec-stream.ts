/**
 * One ExecProcess stream on the HTTP/2 connection: messages in, messages out, held back on demand. It must not interpret what the
 * program writes, and it never throws after it was opened: what goes wrong ends it, with the reason.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import { create } from '@bufbuild/protobuf';
import { FdMessageSchema, ResizeMessageSchema, SignalMessageSchema } from '../proto/gen/gateway_pb.js';
import { createFrameSplitter, decodeFrame, type ExecInit, encodeData, encodeMessage } from './exec-frames.js';

const EXEC_PATH = '/moby.buildkit.v1.frontend.LLBBridge/ExecProcess';

export interface ExecHandlers {
  onData(fd: number, data: Uint8Array): void;
  onEof(fd: number): void;
  onStarted(): void;
  /** The engine's word on the process; `message` is empty after a zero status. Data may still follow. */
  onExit(code: number, message: string): void;
  /** The last call. `reason` is null after an orderly end. */
  onEnd(reason: string | null): void;
}

export interface ExecStream {
  /** Dropped once the input is closed. `onTaken`: the engine has made room for it, or it is dropped (`ByteChannel.write`). */
  write(data: Uint8Array, onTaken?: () => void): void;
  /** Safe to call twice. The engine says that a process has ended only after its input has. */
  closeInput(): void;
  resize(cols: number, rows: number): void;
  signal(name: string): void;
  /** Not counted; takes effect at once for what has not arrived yet. */
  pause(): void;
  resume(): void;
  /** No more messages from us; the engine's may still come. */
  finish(): void;
  /** Cuts the stream off. The process on the engine does not notice. */
  abandon(): void;
}

/** Starts a process in a container. The first one is the container's init (BuildKit, frontend/gateway/container). */
export function openExecStream(
  h2: ClientHttp2Session,
  metadata: Readonly<Record<string, string>>,
  processId: string,
  init: ExecInit,
  handlers: ExecHandlers,
): ExecStream {
  let isOver = false;
  let isFinished = false;
  let isPaused = false;
  let isInputClosed = false;
  let status: { code: number; message: string } | null = null;
  /** Of what the engine has not taken. */
  const untaken = new Set<() => void>();

  const end = (reason: string | null): void => {
    if (isOver) return;
    isOver = true;
    for (const onTaken of [...untaken]) onTaken();
    handlers.onEnd(reason);
  };
  let stream: ClientHttp2Stream | null = null;
  if (h2.closed || h2.destroyed) queueMicrotask(() => end('the connection to the engine is closed'));
  else {
    stream = h2.request({
      ':method': 'POST',
      ':path': EXEC_PATH,
      'content-type': 'application/grpc+proto',
      te: 'trailers',
      ...metadata,
    });
    attach(stream);
  }

  function attach(open: ClientHttp2Stream): void {
    const split = createFrameSplitter((payload) => {
      if (!isOver) dispatch(payload);
    });
    open.on('response', (headers) => {
      readStatus(headers);
      if (headers[':status'] !== 200) end(`the engine answered with HTTP status ${headers[':status']}`);
    });
    open.on('data', (chunk: Buffer) => {
      try {
        split(chunk);
      } catch (error) {
        end(error instanceof Error ? error.message : String(error));
        open.close(constants.NGHTTP2_CANCEL);
      }
    });
    open.on('trailers', readStatus);
    open.on('end', () => {
      if (!open.writableEnded) open.end();
      setImmediate(() => end(status === null ? 'the connection to the engine was lost' : statusReason(status)));
    });
    open.on('error', (error) => end(`the connection to the engine was lost: ${error.message}`));
    open.on('close', () => end(status === null ? 'the connection to the engine was lost' : statusReason(status)));
  }

  function readStatus(headers: Record<string, unknown>): void {
    const code = headers['grpc-status'];
    if (code === undefined) return;
    status = { code: Number(code), message: decodePercent(String(headers['grpc-message'] ?? '')) };
  }

  function dispatch(payload: Uint8Array): void {
    const frame = decodeFrame(payload);
    if (frame.kind === 'data') {
      if (frame.data.length > 0) handlers.onData(frame.fd, frame.data);
      if (frame.isEof) handlers.onEof(frame.fd);
      return;
    }
    if (frame.input.case === 'Started') handlers.onStarted();
    else if (frame.input.case === 'Exit') handlers.onExit(frame.input.value.Code, frame.input.value.Error?.message ?? '');
  }

  function send(bytes: Uint8Array, onTaken?: () => void): void {
    if (isOver || isFinished || stream === null || stream.destroyed || stream.writableEnded) onTaken?.();
    else stream.write(bytes, onTaken);
  }

  function write(data: Uint8Array, onTaken: () => void): void {
    const frames = [...encodeData(processId, 0, data)];
    if (isInputClosed || frames.length === 0) {
      onTaken();
      return;
    }
    const taken = (): void => {
      if (untaken.delete(taken)) onTaken();
    };
    untaken.add(taken);
    for (const bytes of frames.slice(0, -1)) send(bytes);
    send(frames.at(-1)!, taken);
  }

  send(encodeMessage(processId, { case: 'Init', value: init }));
  return {
    write: (data, onTaken = () => undefined) => write(data, onTaken),
    // Said twice, the engine takes it for a program that it does not know and stops the whole container.
    closeInput() {
      if (isInputClosed) return;
      isInputClosed = true;
      send(encodeMessage(processId, { case: 'File', value: create(FdMessageSchema, { Fd: 0, EOF: true }) }));
    },
    resize: (cols, rows) =>
      send(encodeMessage(processId, { case: 'Resize', value: create(ResizeMessageSchema, { Cols: cols, Rows: rows }) })),
    signal: (name) => send(encodeMessage(processId, { case: 'Signal', value: create(SignalMessageSchema, { Name: name }) })),
    pause() {
      if (!isPaused) stream?.pause();
      isPaused = true;
    },
    resume() {
      if (isPaused) stream?.resume();
      isPaused = false;
    },
    finish() {
      isFinished = true;
      if (stream !== null && !stream.writableEnded) stream.end();
    },
    abandon() {
      isFinished = true;
      end('the process was let go');
      stream?.close(constants.NGHTTP2_CANCEL);
    },
  };
}

function statusReason(status: { code: number; message: string }): string | null {
  return status.code === 0 ? null : status.message || `gRPC status ${status.code}`;
}

/** gRPC percent-encodes `grpc-message`; what does not decode is shown as it came. */
function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
