/** A TCP port before the engine's socket, with TLS or without: how an engine of another machine is reached. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';

export interface EngineProxy {
  readonly port: number;
  /** Connections that are open. */
  connections(): number;
  /** Nothing that the engine says behind this text reaches anybody, on the connection where it is said. Resolves when it is. */
  withholdAfter(text: string): Promise<void>;
  /** Puts bytes between those that the engine says, on all that are open. */
  garble(bytes: Uint8Array): void;
  /** Breaks those that are open; new ones go through. */
  dropAll(): void;
  close(): Promise<void>;
}

/** `tlsDir`: its certificate is shown, and one of its authority is asked for. */
export async function startEngineProxy(engine: string, tlsDir: string | null = null): Promise<EngineProxy> {
  const sockets = new Set<Socket>();
  const carried = new Set<Socket>();
  let withheld: { readonly text: string; readonly onSaid: () => void } | null = null;
  const answer = (): Transform => {
    let said = '';
    let isSilent = false;
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        if (isSilent) return done();
        said = (said + chunk.toString('latin1')).slice(-chunk.length - 1000);
        const at = withheld === null ? -1 : said.indexOf(withheld.text);
        if (withheld === null || at < 0) return done(null, chunk);
        const { text, onSaid } = withheld;
        [isSilent, withheld] = [true, null];
        onSaid();
        done(null, chunk.subarray(0, Math.max(0, chunk.length - said.length + at + text.length)));
      },
    });
  };
  const carry = (socket: Socket): void => {
    const toEngine = connect(engine.replace(/^unix:\/\//, ''));
    for (const end of [socket, toEngine]) {
      sockets.add(end);
      end.on('error', () => undefined).on('close', () => sockets.delete(end));
    }
    socket.pipe(toEngine).pipe(answer()).pipe(socket);
    carried.add(socket);
    socket.on('close', () => carried.delete(socket) && toEngine.destroy());
    toEngine.on('close', () => socket.destroy());
  };
  const server: Server = tlsDir === null ? createServer(carry) : createTlsServer(tlsOptions(tlsDir), carry);
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dropAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => sockets.size / 2,
    withholdAfter: (text) =>
      new Promise((resolve) => {
        withheld = { text, onSaid: resolve };
      }),
    garble(bytes) {
      for (const socket of carried) socket.write(bytes);
    },
    dropAll,
    close() {
      dropAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function tlsOptions(dir: string) {
  const read = (file: string): string => readFileSync(join(dir, file), 'utf8');
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem'), requestCert: true, rejectUnauthorized: true };
}
