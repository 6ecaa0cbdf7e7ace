/**
 * A session's place among those of its person: record, token and socket, through which others find it and come in. They are kept there as long
 * as its server lives, since cleaners of temporary directories take away what looks forgotten, and people whole directories.
 */
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { type BxError, toBxError } from '../../platform/errors.js';
import { checkEntrance, readToken, writeToken } from '../../session/records/entrance.js';
import { cannotKeep } from '../../session/records/root-dir.js';
import { createRecord, type FoundSession, lookUpSession, type SessionRecord } from '../../session/records/session-records.js';

const CHECK_MS = 30_000;

export interface ListingOptions {
  readonly root: string;
  readonly record: Omit<SessionRecord, 'bornAt'>;
  readonly token: string;
  /** Somebody comes by the socket. */
  accept(stream: net.Socket): void;
  /** The way to the socket is not this user's alone any more. */
  refuse(stream: net.Socket, error: BxError): void;
  /** Something had been taken away, and all is there again. */
  onPutBack(found: FoundSession): void;
  /** It cannot be put back, which is tried again. Once for each reason. */
  onLost(error: BxError): void;
  readonly checkMs?: number;
}

export interface Listing {
  /** Looks whether all is in its place, and puts it back; it does so from time to time by itself. Never throws. */
  check(): Promise<void>;
  /** Nobody is let in any more, and nothing is put back. Resolves when the streams of those who came are closed. */
  close(): Promise<void>;
}

/** From now on the session is found by others, and they are let in. Throws `BxError('state')`. */
export async function enterList(options: ListingOptions): Promise<Listing> {
  const { root, record, token } = options;
  const closed: Promise<void>[] = [];
  let { found, server, inode } = await enter();
  let lastFailure = '';
  let checking: Promise<void> | null = null;
  let isClosed = false;

  async function enter(): Promise<{ found: FoundSession; server: net.Server; inode: number }> {
    const entered = createRecord(root, record);
    try {
      writeToken(entered, token);
      return { found: entered, ...(await listen(entered, options)) };
    } catch (error) {
      throw cannotKeep(root, error);
    }
  }
  const isThere = (): boolean =>
    lookUpSession(root, record.id) !== null &&
    readToken(found) === token &&
    lstatSync(found.socket, { throwIfNoEntry: false })?.ino === inode;
  const leave = (): void => {
    if (!server.listening) return;
    closed.push(new Promise((resolve) => server.close(() => resolve())));
  };
  const look = async (): Promise<void> => {
    try {
      if (isClosed || isThere()) return;
      // Its end takes the file with its name away, which must not be the new one.
      leave();
      ({ found, server, inode } = await enter());
      lastFailure = '';
      if (isClosed) leave();
      else options.onPutBack(found);
    } catch (error) {
      const failure = toBxError(error, 'state');
      if (failure.message !== lastFailure) options.onLost(failure);
      lastFailure = failure.message;
    }
  };
  const check = (): Promise<void> => {
    checking ??= look().finally(() => {
      checking = null;
    });
    return checking;
  };
  const timer = setInterval(() => void check(), options.checkMs ?? CHECK_MS).unref();
  return {
    check,
    async close() {
      isClosed = true;
      clearInterval(timer);
      await checking;
      leave();
      await Promise.all(closed);
    },
  };
}

function listen(
  found: FoundSession,
  { accept, refuse }: ListingOptions,
): Promise<{ readonly server: net.Server; readonly inode: number }> {
  rmSync(found.socket, { force: true });
  const server = net.createServer((socket) => {
    try {
      checkEntrance(found);
      accept(socket);
    } catch (error) {
      refuse(socket, toBxError(error));
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(found.socket, () => {
      try {
        chmodSync(found.socket, 0o600);
        resolve({ server, inode: lstatSync(found.socket).ino });
      } catch (error) {
        server.close();
        reject(error);
      }
    });
  });
}
