/**
 * The version of a Docker Engine out of the `Server` header of its ping: a plain HTTP request, because a client library would cost more
 * than the whole connect, and because `/version` makes the engine start programs to ask for theirs.
 */
import type { Endpoint } from '../../builders/endpoint.js';
import { isSocketAddress } from '../shared/address.js';
import { openSocket } from '../shared/open-socket.js';

const ANSWER_LIMIT_BYTES = 1 << 16;
const ANSWER_WITHIN_MS = 2_000;
/** Through a program, which has to connect first. */
const CHANNEL_ANSWER_WITHIN_MS = 8_000;

/** `28.5.2`; null when the engine would not say, which is no reason to refuse it. */
export async function readEngineVersion(endpoint: Endpoint, signal: AbortSignal): Promise<string | null> {
  try {
    const socket = await openSocket(endpoint, signal);
    const withinMs = isSocketAddress(endpoint.address) ? ANSWER_WITHIN_MS : CHANNEL_ANSWER_WITHIN_MS;
    const chunks: Buffer[] = [];
    let bytes = 0;
    await new Promise<void>((resolve, reject) => {
      // HTTP/1.0: the answer is not chunked and ends with the connection.
      socket.write('GET /_ping HTTP/1.0\r\nHost: docker\r\nUser-Agent: bxtui\r\n\r\n');
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > ANSWER_LIMIT_BYTES) socket.destroy(new Error('the answer to a ping is too long'));
      });
      socket.on('error', reject);
      socket.on('close', () => resolve());
      const timer = setTimeout(() => socket.destroy(new Error('no answer to a ping')), withinMs);
      socket.on('close', () => clearTimeout(timer));
      signal.addEventListener('abort', () => socket.destroy(), { once: true });
    });
    const head = Buffer.concat(chunks).toString('latin1').split('\r\n\r\n', 1)[0] ?? '';
    return /^Server: Docker\/(\S+)/im.exec(head)?.[1] ?? null;
  } catch {
    return null;
  }
}
