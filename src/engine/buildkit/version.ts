/** The version of a Docker Engine: one plain HTTP request, because a client library for it would cost more than the whole connect. */
import type { Endpoint } from '../../builders/endpoint.js';
import { openSocket } from './transport/open-socket.js';

const ANSWER_LIMIT_BYTES = 1 << 20;

/** `28.5.2`; null when the engine would not say, which is no reason to refuse it. */
export async function readEngineVersion(endpoint: Endpoint, signal: AbortSignal): Promise<string | null> {
  try {
    const socket = await openSocket(endpoint, signal);
    const chunks: Buffer[] = [];
    let bytes = 0;
    await new Promise<void>((resolve, reject) => {
      // HTTP/1.0: the answer is not chunked and ends with the connection.
      socket.write('GET /version HTTP/1.0\r\nHost: docker\r\nUser-Agent: bxtui\r\n\r\n');
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > ANSWER_LIMIT_BYTES) socket.destroy(new Error('the answer to /version is too long'));
      });
      socket.on('error', reject);
      socket.on('close', () => resolve());
      socket.setTimeout(2_000, () => socket.destroy(new Error('no answer to /version')));
      signal.addEventListener('abort', () => socket.destroy(), { once: true });
    });
    const text = Buffer.concat(chunks).toString('utf8');
    const body: unknown = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
    const version = typeof body === 'object' && body !== null && 'Version' in body ? body.Version : null;
    return typeof version === 'string' ? version : null;
  } catch {
    return null;
  }
}
