/** A connection to a session's server, with words for those that cannot be had. */
import * as net from 'node:net';
import { BxError, toBxError } from '../../platform/errors.js';
import type { FoundSession } from '../../session/records/session-records.js';
import { connectSession, type RemoteSession } from '../../session/wire/index.js';
import { type ConnectAs, clientIdentity } from './client-identity.js';

const CONNECT_WITHIN_MS = 5_000;

/** Throws `BxError('state')`: crashed, not answering, of another version. */
export async function connectTo(found: FoundSession, as: ConnectAs): Promise<RemoteSession> {
  const stream = await openSocket(found);
  try {
    return await connectSession(stream, clientIdentity(as));
  } catch (error) {
    stream.destroy();
    throw toBxError(error, 'state');
  }
}

export function openSocket({ record, state, socket }: FoundSession): Promise<net.Socket> {
  if (state === 'crashed') {
    throw new BxError('state', `session ${record.id} has crashed`, {
      hint: `Its record is in the way: bxtui kill ${record.id} removes it, bxtui build --detach ${record.context} starts again.`,
    });
  }
  return new Promise((resolve, reject) => {
    const stream = net.connect(socket);
    const fail = (reason: string): void => {
      stream.destroy();
      const hint = `bxtui kill ${record.id} ends it.`;
      reject(new BxError('state', `session ${record.id} does not answer: ${reason}`, { hint }));
    };
    stream.setTimeout(CONNECT_WITHIN_MS, () => fail('it took too long'));
    stream.once('error', (error) => fail(error.message));
    stream.once('connect', () => {
      stream.setTimeout(0);
      stream.removeAllListeners('error').removeAllListeners('timeout');
      resolve(stream);
    });
  });
}
