/** A file by its URL, through the proxy that the environment names for it, which Node's own client does not ask for. */
import { createWriteStream } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Agent, type buildConnector, Client, fetch, ProxyAgent } from 'undici';
import { BxError, toBxError } from '../../../platform/errors.js';
import { type ProxyEnvironment, proxyFor } from '../../shared/proxy-for.js';
import { systemRoots } from '../../shared/system-roots.js';

const SAID_MAX_CHARS = 200;
const CONNECT_WITHIN_MS = 30_000;

/** To a new file at `path`. Throws `BxError('input' | 'cancelled')`. */
export async function download(
  url: string,
  path: string,
  signal: AbortSignal,
  env: ProxyEnvironment = process.env,
): Promise<void> {
  let proxy: URL | null = null;
  // A redirection may lead to where another proxy, or none, is named.
  const agent = new Agent({
    factory(origin, options) {
      const target = new URL(String(origin));
      proxy = namedProxy(target, env);
      return proxy === null
        ? new Client(origin, { ...(options as Client.Options), connect: tlsTo(target, env) })
        : new ProxyAgent(proxyOptions(proxy, target, env));
    },
  });
  try {
    const answer = await fetch(url, { signal, dispatcher: agent });
    if (!answer.ok) {
      const said = (await answer.text()).trim().slice(0, SAID_MAX_CHARS);
      const who = proxy === null ? 'the server' : `the server, or ${nameOf(proxy)},`;
      throw new BxError(
        'input',
        `cannot get ${url}: ${who} answered ${answer.status} ${STATUS_CODES[answer.status] ?? ''}: ${said}`,
        {
          hint: 'Check the URL.',
        },
      );
    }
    const body =
      answer.body === null ? Readable.from([]) : Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]);
    await pipeline(body, createWriteStream(path, { mode: 0o600 }));
  } catch (error) {
    if (signal.aborted) throw new BxError('cancelled', `getting ${url} was cancelled`, { cause: error });
    if (error instanceof BxError) throw error;
    throw failure(url, proxy, error);
  } finally {
    void agent.destroy().catch(() => {});
  }
}

/** A tunnel only where TLS goes through: proxies seldom allow one to port 80. */
function proxyOptions(proxy: URL, target: URL, env: ProxyEnvironment): ProxyAgent.Options {
  const { username, password } = proxy;
  const secret = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    uri: proxy.href.replace(/^socks5h:/, 'socks5:'),
    proxyTunnel: false,
    proxyTls: tlsTo(proxy, env),
    requestTls: tlsTo(target, env),
    ...(username !== '' && { token: `Basic ${Buffer.from(secret).toString('base64')}` }),
  };
}

function tlsTo({ protocol, hostname }: URL, env: ProxyEnvironment): buildConnector.BuildOptions {
  const servername = isIP(hostname.replace(/^\[|\]$/g, '')) ? undefined : hostname;
  const tls = protocol === 'https:' ? { ca: systemRoots(env), ...(servername && { servername }) } : {};
  return { timeout: CONNECT_WITHIN_MS, ...tls };
}

function namedProxy(origin: URL, env: ProxyEnvironment): URL | null {
  try {
    return proxyFor(origin, env);
  } catch (error) {
    const variable = origin.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
    throw new BxError('input', `${variable} is no address of a proxy`, {
      hint: `Such as: ${variable}=http://HOST:PORT`,
      cause: error,
    });
  }
}

function failure(url: string, proxy: URL | null, error: unknown): BxError {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) {
    deepest = deepest.cause;
    if (deepest instanceof BxError) return deepest;
  }
  const by = proxy === null ? '' : ` by ${nameOf(proxy)}`;
  return new BxError('input', `cannot get ${url}${by}: ${toBxError(deepest).message}`, {
    hint:
      proxy === null
        ? 'It is downloaded on this machine: check the URL and the network here; a proxy is named with HTTP_PROXY and HTTPS_PROXY.'
        : 'It is downloaded on this machine: check the proxy, or name the host in NO_PROXY.',
    cause: error,
  });
}

/** Without the password that may be in it. */
function nameOf({ protocol, host }: URL): string {
  return `the proxy ${protocol}//${host}`;
}
