/**
 * A Docker Engine on tcp, reached by the SOCKS proxy that the environment names, as the docker command reaches it (RFC 1928, 1929). An HTTP proxy is
 * not gone by: builds take their connections over whole, and such a proxy hands on requests. That is told where the engine cannot be reached.
 */
import { once } from 'node:events';
import { isIPv4, isIPv6, type Socket } from 'node:net';
import type { Endpoint } from '../../builders/endpoint.js';
import { BxError } from '../../platform/errors.js';
import { socketTarget } from './address.js';
import { describeEndpoint, dialCancelled, socketReason } from './connect-error.js';
import { DialTimeoutError, dialSocket } from './dial-socket.js';
import { type EngineProxy, isSocks, type ProxyEnvironment, proxyForEngine } from './proxy-for.js';

const SOCKS_PORT = 1080;
/** Until the proxy has a connection to the engine. */
const PROXY_TIMEOUT_MS = 3_700;

/**
 * `connect`: to the engine, by a connection that leads there already, or directly where that is null. Throws `BxError('endpoint' | 'cancelled')`.
 */
export async function openThroughProxy(
  endpoint: Endpoint,
  signal: AbortSignal,
  connect: (line: Socket | null) => Promise<Socket>,
  env: ProxyEnvironment = process.env,
): Promise<Socket> {
  const target = socketTarget(endpoint);
  const proxy = target.kind === 'tcp' ? namedProxy(endpoint, target.host, target.port, env) : null;
  if (proxy === null || target.kind !== 'tcp') return connect(null);
  if (!isSocks(proxy.url.href)) return connect(null).catch((error: unknown) => Promise.reject(withoutProxy(error, proxy)));
  return connect(await lineBy(proxy, endpoint, target, signal));
}

/** A connection to the engine that the proxy has made. */
async function lineBy(
  proxy: EngineProxy,
  endpoint: Endpoint,
  { host, port }: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Socket> {
  const { url } = proxy;
  const late = AbortSignal.timeout(PROXY_TIMEOUT_MS);
  const ending = AbortSignal.any([signal, late]);
  let socket: Socket | null = null;
  try {
    const place = { kind: 'tcp', host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || SOCKS_PORT) } as const;
    socket = await dialSocket(place, { signal: ending, timeoutMs: PROXY_TIMEOUT_MS });
    await askFor(host, port, socket, url, ending);
    return socket;
  } catch (error) {
    socket?.on('error', () => {}).destroy();
    if (signal.aborted) throw dialCancelled(endpoint, signal.reason);
    throw failure(
      endpoint,
      proxy,
      late.aborted || error instanceof DialTimeoutError ? 'it does not answer' : socketReason(error),
    );
  }
}

function namedProxy(endpoint: Endpoint, host: string, port: number, env: ProxyEnvironment): EngineProxy | null {
  try {
    return proxyForEngine(host, port, endpoint.tls !== null, env);
  } catch (cause) {
    const variable = endpoint.tls === null ? 'HTTP_PROXY' : 'HTTPS_PROXY';
    throw new BxError('endpoint', `${variable} is no address of a proxy for ${describeEndpoint(endpoint)}`, {
      hint: `Correct it (socks5://HOST:PORT), or name the engine's host in NO_PROXY.`,
      cause,
    });
  }
}

const REPLIES: Readonly<Record<number, string>> = {
  1: 'it failed',
  2: 'its rules do not allow the connection',
  3: 'the network of the engine cannot be reached',
  4: 'the host of the engine cannot be reached',
  5: 'the engine refused the connection',
  6: 'the engine did not answer in time',
  7: 'it makes no such connections',
  8: 'it knows no such addresses',
};
const VERSION = 5;
const NO_LOGIN = 0;
const PASSWORD = 2;
const CONNECT = 1;

/** Throws an error that says why the proxy does not lead there. */
async function askFor(
  host: string,
  port: number,
  socket: Socket,
  { username, password }: URL,
  signal: AbortSignal,
): Promise<void> {
  const methods = username === '' ? [NO_LOGIN] : [NO_LOGIN, PASSWORD];
  socket.write(Buffer.from([VERSION, methods.length, ...methods]));
  const [version, method] = await take(socket, 2, signal);
  if (version !== VERSION) throw new Error('it is no SOCKS5 proxy');
  if (method === PASSWORD && username !== '') {
    const [name, secret] = [username, password].map((text) => Buffer.from(decodeURIComponent(text)).subarray(0, 255));
    socket.write(Buffer.concat([Buffer.from([1, name!.length]), name!, Buffer.from([secret!.length]), secret!]));
    if ((await take(socket, 2, signal))[1] !== 0) throw new Error('it refused the user or the password');
  } else if (method !== NO_LOGIN) throw new Error('it asks for a user and a password');
  socket.write(Buffer.concat([Buffer.from([VERSION, CONNECT, 0]), addressBytes(host), Buffer.from([port >> 8, port & 0xff])]));
  const [, reply = 1, , kind = 1] = await take(socket, 4, signal);
  if (reply !== 0) throw new Error(REPLIES[reply] ?? `it answered ${reply}`);
  const length = kind === 4 ? 16 : kind === 3 ? (await take(socket, 1, signal))[0]! : 4;
  await take(socket, length + 2, signal);
}

/** A name is the proxy's to look up. */
function addressBytes(host: string): Buffer {
  if (isIPv4(host)) return Buffer.from([1, ...host.split('.').map(Number)]);
  if (isIPv6(host)) return Buffer.concat([Buffer.from([4]), ipv6Bytes(host)]);
  const name = Buffer.from(host);
  return Buffer.concat([Buffer.from([3, name.length]), name]);
}

function ipv6Bytes(host: string): Buffer {
  // `URL` writes a dotted end as two groups.
  const [head = '', tail] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const all = [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

/** So many bytes; what comes behind them stays in the socket. */
async function take(socket: Socket, count: number, signal: AbortSignal): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(count) as Buffer | null;
    if (bytes !== null && bytes.length === count) return bytes;
    if (socket.readableEnded || socket.destroyed || bytes !== null) throw new Error('it closed the connection');
    await once(socket, 'readable', { signal });
  }
}

function failure(endpoint: Endpoint, { url, source }: EngineProxy, why: string): BxError {
  return new BxError(
    'endpoint',
    `cannot reach ${describeEndpoint(endpoint)} by the proxy ${url.protocol}//${url.host} (${source}): ${why}`,
    {
      hint: `Check the proxy, or name the engine's host in NO_PROXY.`,
    },
  );
}

/** The docker command asks an HTTP proxy for what it calls; who has that works may wonder. */
function withoutProxy(error: unknown, { source }: EngineProxy): unknown {
  if (!(error instanceof BxError) || error.code !== 'endpoint') return error;
  const told = `${source} names an HTTP proxy, which is not gone by to an engine: a SOCKS proxy is (${source}=socks5://HOST:PORT).`;
  return new BxError('endpoint', error.message, { hint: `${error.hint} ${told}`.trimStart(), cause: error.cause });
}
