/** The answer to somebody who has come to a session that there is not. */
import type { Duplex } from 'node:stream';
import type { BxError } from '../../platform/errors.js';
import { encodeMessage } from './frames.js';
import { PROTOCOL, type ServerMessage, toWireError } from './messages.js';

const LINGER_MS = 2_000;

/** Resolves when the other side has it, or does not take it. */
export function refuseSession(stream: Duplex, version: string, error: BxError): Promise<void> {
  const words: readonly ServerMessage[] = [
    { type: 'hello', protocol: PROTOCOL, version },
    { type: 'refused', error: toWireError(error), isFinal: true },
  ];
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LINGER_MS);
    stream
      .on('error', () => undefined)
      .once('close', () => {
        clearTimeout(timer);
        resolve();
      });
    for (const word of words) stream.write(encodeMessage(word));
    stream.end();
    stream.resume();
  });
}
