/** A SOCKS5 proxy (RFC 1928) that knows where the hosts of a test are, whose names nobody else knows. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface SocksProxy {
  /** `socks5://127.0.0.1:PORT`. */
  readonly address: string;
  /** What it was asked for, `host:port`, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

const NO_LOGIN = Buffer.from([5, 0]);
const answer = (reply: number): Buffer => Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]);
const DONE = 0;
const UNREACHABLE = 4;

/** `hosts`: ports of this machine by `host:port`. */
export async function startSocksProxy(hosts: Readonly<Record<string, number>>): Promise<SocksProxy> {
  const open = new Set<Socket>();
  const asked: string[] = [];
  const follow = (socket: Socket): Socket => {
    open.add(socket);
    return socket.on('error', () => undefined).on('close', () => open.delete(socket));
  };
  const serve = async (socket: Socket): Promise<void> => {
    const [, methods = 0] = await take(socket, 2);
    await take(socket, methods);
    socket.write(NO_LOGIN);
    const [, , , kind] = await take(socket, 4);
    if (kind !== 3) throw new Error("a name is expected, which is the proxy's to look up");
    const name = (await take(socket, (await take(socket, 1))[0]!)).toString();
    const place = `${name}:${(await take(socket, 2)).readUInt16BE()}`;
    asked.push(place);
    const port = hosts[place];
    if (port === undefined) return void socket.end(answer(UNREACHABLE));
    const far = follow(connect(port, '127.0.0.1'));
    await once(far, 'connect');
    socket.write(answer(DONE));
    socket.pipe(far).pipe(socket);
    socket.on('close', () => far.destroy());
    far.on('close', () => socket.destroy());
  };
  const server = createServer((socket) => {
    serve(follow(socket)).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `socks5://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close() {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** So many bytes; what comes behind them stays in the socket. */
async function take(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(count) as Buffer | null;
    if (bytes !== null) return bytes;
    if (socket.readableEnded || socket.destroyed) throw new Error('closed');
    await once(socket, 'readable');
  }
}
