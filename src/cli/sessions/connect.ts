/** A connection to a session's server, with words for those that cannot be had. */
import * as net from 'node:net';
import { BxError, toBxError } from '../../platform/errors.js';
import { reasonOf } from '../../platform/reason.js';
import { checkEntrance, readToken } from '../../session/records/entrance.js';
import type { FoundSession } from '../../session/records/session-records.js';
import { connectSession, type RemoteSession } from '../../session/wire/index.js';
import { type ConnectAs, clientIdentity } from './client-identity.js';

const CONNECT_WITHIN_MS = 5_000;

/** Throws `BxError('state')`: crashed, not answering, of another version. */
export async function connectTo(found: FoundSession, as: ConnectAs): Promise<RemoteSession> {
  return greet(found, await openSocket(found), as);
}

/** What `look` sees there. Resolves when nothing of the connection is open any more. Throws as `connectTo`. */
export async function visit<T>(found: FoundSession, as: ConnectAs, look: (session: RemoteSession) => T): Promise<T> {
  const stream = await openSocket(found);
  const closed = new Promise((resolve) => stream.once('close', resolve));
  const session = await greet(found, stream, as);
  const seen = look(session);
  session.leave();
  await closed;
  return seen;
}

async function greet(found: FoundSession, stream: net.Socket, as: ConnectAs): Promise<RemoteSession> {
  try {
    return await connectSession(stream, { ...clientIdentity(as), ...tokenOf(found) });
  } catch (error) {
    stream.destroy();
    throw toBxError(error, 'state');
  }
}

/** What a client has to say at this session's entrance; nothing where an older program has started it. */
export function tokenOf(found: FoundSession): { readonly token?: string } {
  const token = readToken(found);
  return token === null ? {} : { token };
}

/** Throws `BxError('state')`, also when somebody else could be behind the socket, or reach it. */
export async function openSocket(found: FoundSession): Promise<net.Socket> {
  const { record, state, socket } = found;
  if (state === 'crashed') {
    throw new BxError('state', `session ${record.id} has crashed`, {
      hint: `bxtui replay ${record.id} plays what happened, bxtui ls says how to start it again, bxtui kill ${record.id} takes it off the list.`,
    });
  }
  checkEntrance(found);
  return new Promise((resolve, reject) => {
    const stream = net.connect(socket);
    const fail = (reason: string): void => {
      stream.destroy();
      const hint = `bxtui kill ${record.id} ends it.`;
      reject(new BxError('state', `session ${record.id} does not answer: ${reason}`, { hint }));
    };
    stream.setTimeout(CONNECT_WITHIN_MS, () => fail('it took too long'));
    stream.once('error', (error) => fail(reasonOf(error)));
    stream.once('connect', () => {
      stream.setTimeout(0);
      stream.removeAllListeners('error').removeAllListeners('timeout');
      resolve(stream);
    });
  });
}
