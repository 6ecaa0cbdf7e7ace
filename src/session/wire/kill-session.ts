/** Ends a session whose server may be of any version, with nothing but the frozen messages. */
import type { Duplex } from 'node:stream';
import { createConnection } from './connection.js';
import { fromWireError, HELLO_TIMEOUT_MS, PROTOCOL, type Refused, silentError } from './messages.js';
import type { ConnectOptions } from './remote-session.js';

/** How long a server that has said hello may take to give everything back. */
export const KILL_WITHIN_MS = 12_000;

/**
 * Resolves with `ended` when the server has ended the stream, which it does once nothing of the session is left; with `silent` when it has not
 * said hello in time, with `overdue` when it has and then did not end, with `lost` when the stream was broken off. Throws `BxError` when it
 * refuses.
 */
export type KillOutcome = 'ended' | 'silent' | 'overdue' | 'lost';

export function killSession(stream: Duplex, identity: Partial<ConnectOptions> = {}): Promise<KillOutcome> {
  return new Promise((resolve, reject) => {
    let isHeard = false;
    let timer: NodeJS.Timeout | undefined;
    const wait = (limitMs: number, outcome: KillOutcome): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        resolve(outcome);
        connection.fail(silentError());
      }, limitMs);
    };
    const connection = createConnection(stream, {
      onMessage(text) {
        if (!isHeard) wait(KILL_WITHIN_MS, 'overdue');
        isHeard = true;
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
        resolve(how.kind === 'ended' ? 'ended' : 'lost');
      },
    });
    wait(HELLO_TIMEOUT_MS, 'silent');
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
