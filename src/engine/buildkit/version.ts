/**
 * The version of a Docker Engine out of the `Server` header of its ping: a plain HTTP request, because a client library would cost more
 * than the whole connect, and because `/version` makes the engine start programs to ask for theirs.
 */
import type { Endpoint } from '../../builders/endpoint.js';
import { openSocket } from '../shared/open-socket.js';

const ANSWER_LIMIT_BYTES = 1 << 16;

/** `28.5.2`; null when the engine would not say, which is no reason to refuse it. */
export async function readEngineVersion(endpoint: Endpoint, signal: AbortSignal): Promise<string | null> {
  try {
    const socket = await openSocket(endpoint, signal);
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
      socket.setTimeout(2_000, () => socket.destroy(new Error('no answer to a ping')));
      signal.addEventListener('abort', () => socket.destroy(), { once: true });
    });
    const head = Buffer.concat(chunks).toString('latin1').split('\r\n\r\n', 1)[0] ?? '';
    return /^Server: Docker\/(\S+)/im.exec(head)?.[1] ?? null;
  } catch {
    return null;
  }
}
