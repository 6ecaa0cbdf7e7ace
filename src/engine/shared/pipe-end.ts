/**
 * A named pipe of Windows has no end of one direction. Engines take an empty message for it, and send one (microsoft/go-winio, pipe.go), which Node
 * does not tell.
 */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 250;

/**
 * Lets `end()` end what this side sends alone; Node would close the pipe a moment later, and what the other side still has to say were lost. Not for
 * a socket that HTTP/2 has: Node ends the process for a write beside its own.
 */
export function endAlone<S extends Socket>(socket: S): S {
  const endBoth = socket._final.bind(socket);
  socket._final = (done) => {
    if (socket.readableEnded) endBoth(done);
    else socket._write(Buffer.alloc(0), 'buffer' as BufferEncoding, done);
  };
  return socket;
}

/** Ends what is read of the socket once `isOver` says that its sender is gone and nothing more comes. */
export async function endWhenOver(socket: Socket, isOver: () => Promise<boolean>): Promise<void> {
  let isSenderGone = false;
  for (let heard = 0; ; heard = socket.bytesRead) {
    await sleep(POLL_MS, undefined, { ref: false });
    if (socket.destroyed || socket.readableEnded) return;
    if (socket.bytesRead !== heard || socket.readableLength > 0 || socket.isPaused()) continue;
    if (isSenderGone) return void socket.push(null);
    isSenderGone = await isOver();
  }
}
