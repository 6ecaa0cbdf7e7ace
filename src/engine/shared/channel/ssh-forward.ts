/** A socket of the other side as one of this side, forwarded by an ssh that lives as long as the connection. */
import { rm } from 'node:fs/promises';
import * as net from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { BxError } from '../../../platform/errors.js';
import { makePrivateDirectory } from '../../../platform/private-directory.js';
import { ChannelStream } from './channel-stream.js';
import { type ChannelProgram, type ProgramEnd, startProgram } from './start-program.js';

const LISTENS_WITHIN_MS = 8_000;
const LOOK_EVERY_MS = 25;
/** Its reason may come a little later than the end. */
const LAST_WORDS_MS = 50;

/**
 * Connects to the socket that `program(path)` forwards to `path`. The program ends with its standard input, so that it does not outlive this
 * process. `explain`: why there is nobody.
 */
export async function openForwarded(
  program: (path: string) => ChannelProgram,
  explain: (end: ProgramEnd) => BxError,
): Promise<Duplex> {
  // Others may not connect through it.
  const directory = makePrivateDirectory('ssh');
  const path = join(directory, 'engine.sock');
  const ssh = await startProgram(program(path), 'ignore');
  let exit: ProgramEnd | null = null;
  ssh.stdin.on('error', () => undefined);
  void ssh.ended.then((end) => {
    exit = end;
  });
  const deadlineMs = Date.now() + LISTENS_WITHIN_MS;
  let socket: net.Socket | null = null;
  while (socket === null && exit === null && Date.now() < deadlineMs) {
    socket = await connectTo(path);
    if (socket === null) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  // What is connected stays so without the name.
  await rm(directory, { recursive: true, force: true });
  if (socket === null) {
    ssh.stop();
    throw explain(exit ?? { exitCode: null, said: ssh.said() });
  }
  let isOpen = false;
  return new ChannelStream(
    {
      input: socket,
      output: socket,
      close() {
        socket.destroy();
        ssh.stop();
      },
    },
    {
      decode(chunk) {
        isOpen = true;
        return [chunk];
      },
      // ssh takes the connection at once, and ends it when there is no such socket on the other side.
      async endError() {
        if (isOpen) return null;
        await new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
        return explain({ exitCode: null, said: ssh.said() });
      },
    },
  );
}

/** Null while nobody listens. */
function connectTo(path: string): Promise<net.Socket | null> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    socket.once('error', () => resolve(null));
    socket.once('connect', () => resolve(socket));
  });
}
