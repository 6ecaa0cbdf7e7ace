/**
 * Forwards connections from a container to the user's ssh agent, or to keys that this process holds. Only listing keys and signing get through: a build must not add to,
 * remove from or lock the agent. Message numbers: draft-miller-ssh-agent, section 5.1.
 */
import * as net from 'node:net';
import { BxError } from '../../../platform/errors.js';
import { reasonOf } from '../../../platform/reason.js';
import type { SshSource } from '../../engine.js';

const REQUEST_IDENTITIES = 11;
const SIGN_REQUEST = 13;
/** SSH_AGENT_FAILURE, with its length. */
const REFUSAL = Buffer.from([0, 0, 0, 1, 5]);
const MESSAGE_LIMIT_BYTES = 256 * 1024;
const CONNECT_TIMEOUT_MS = 2_000;
/** What an id that is left out stands for. */
export const DEFAULT_SSH_ID = 'default';

export interface SshForwarder {
  readonly isConfigured: boolean;
  /** Throws `BxError('input')` when there is no agent of that id. */
  check(id: string): void;
  /** One connection: bytes from the container in, bytes from the agent out. */
  forward(id: string, input: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array>;
}

export function createSshForwarder(sources: readonly SshSource[]): SshForwarder {
  const byId = new Map(sources.map((source) => [source.id === '' ? DEFAULT_SSH_ID : source.id, source]));
  const sourceOf = (asked: string): SshSource => {
    const id = asked === '' ? DEFAULT_SSH_ID : asked;
    const source = byId.get(id);
    if (source === undefined)
      throw new BxError('input', `unset ssh forward key ${id}`, { hint: `Give it with --ssh ${id}=/path/to/agent.sock.` });
    return source;
  };
  return {
    isConfigured: byId.size > 0,
    check: (id) => void sourceOf(id),
    forward: (id, input, signal) => forwardConnection(sourceOf(id), input, signal),
  };
}

interface Agent {
  ask(request: Buffer): Promise<Buffer>;
  dispose(): void;
}

async function* forwardConnection(
  source: SshSource,
  input: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const agent = 'keys' in source ? await keyAgent(source.keys) : await socketAgent(source.socket);
  const onAbort = (): void => agent.dispose();
  signal.addEventListener('abort', onAbort, { once: true });
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of input) {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const request = takeMessage(rest);
        if (!request) break;
        rest = rest.subarray(request.length);
        // One at a time: answers carry no number, their order is all that ties them to requests.
        yield isAllowed(request) ? await agent.ask(request) : REFUSAL;
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    agent.dispose();
  }
}

async function keyAgent(paths: readonly string[]): Promise<Agent> {
  const { answerWithKeys } = await import('./key-agent.js');
  return { ask: async (request) => answerWithKeys(paths, request), dispose: () => undefined };
}

async function socketAgent(path: string): Promise<Agent> {
  const socket = await connectAgent(path);
  const replies = new ReplyReader(socket);
  return { ask: (request) => replies.ask(request), dispose: () => void socket.destroy() };
}

function isAllowed(request: Buffer): boolean {
  return request[4] === REQUEST_IDENTITIES || request[4] === SIGN_REQUEST;
}

/** The first whole message of `bytes`, its length included; null while more is to come. */
function takeMessage(bytes: Buffer): Buffer | null {
  if (bytes.length < 4) return null;
  const length = bytes.readUInt32BE(0);
  if (length === 0 || length > MESSAGE_LIMIT_BYTES)
    throw new BxError('engine', `an ssh agent request of ${length} bytes was refused`);
  return bytes.length < 4 + length ? null : bytes.subarray(0, 4 + length);
}

class ReplyReader {
  private received: Buffer = Buffer.alloc(0);
  private wake: (() => void) | null = null;

  constructor(private readonly socket: net.Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake?.();
    });
    socket.on('close', () => this.wake?.());
    socket.on('error', () => {});
  }

  async ask(request: Buffer): Promise<Buffer> {
    this.socket.write(request);
    for (;;) {
      const reply = takeMessage(this.received);
      if (reply) {
        this.received = this.received.subarray(reply.length);
        return reply;
      }
      if (this.socket.destroyed) throw new BxError('input', 'the ssh agent ended the connection');
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = null;
    }
  }
}

function connectAgent(path: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ path });
    const fail = (why: string, cause?: unknown): void => {
      socket.destroy();
      reject(
        new BxError('input', `cannot reach the ssh agent at ${path}: ${why}`, {
          hint: 'Check SSH_AUTH_SOCK, or the path given with --ssh.',
          cause,
        }),
      );
    };
    const timer = setTimeout(() => fail('no answer'), CONNECT_TIMEOUT_MS);
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      fail(error.code === 'ENOENT' ? 'there is no such socket' : reasonOf(error), error);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}
