/** Ends a session whose server may be of any version, with nothing but the frozen messages. */
import type { Duplex } from 'node:stream';
import { BxError } from '../../platform/errors.js';
import { createConnection } from './connection.js';
import { fromWireError, HELLO_TIMEOUT_MS, PROTOCOL, type Refused, silentError } from './messages.js';
import type { ConnectOptions } from './remote-session.js';

/** Resolves when the server has ended the stream, which it does once nothing of the session is left. Throws `BxError`. */
export function killSession(stream: Duplex, identity: Partial<ConnectOptions> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(stream, {
      onMessage(text) {
        clearTimeout(timer);
        const refusal = refusalIn(text);
        if (refusal === null) return;
        reject(fromWireError(refusal.error));
        connection.end();
      },
      onBytes: () => undefined,
      onBroken: (error) => connection.fail(error),
      onDrain: () => undefined,
      onClosed(how) {
        clearTimeout(timer);
        if (how.kind === 'ended') resolve();
        else reject(new BxError('state', `the session was not reached: ${how.error.message}`, { cause: how.error }));
      },
    });
    const timer = setTimeout(() => connection.fail(silentError()), HELLO_TIMEOUT_MS);
    connection.send({
      type: 'hello',
      protocol: PROTOCOL,
      version: '',
      kind: 'command',
      isReadOnly: false,
      label: 'kill',
      ...identity,
    });
    connection.send({ type: 'kill' });
  });
}

/** Whatever else a server of another version says. */
function refusalIn(text: string): Refused | null {
  try {
    const message = JSON.parse(text) as Partial<Refused> | null;
    return message?.type === 'refused' && typeof message.error === 'object' ? (message as Refused) : null;
  } catch {
    return null;
  }
}
