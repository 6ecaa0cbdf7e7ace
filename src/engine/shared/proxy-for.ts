/** Which proxy the environment names for a URL, as programs written in Go take it (golang.org/x/net/http/httpproxy). Pure. */
import { BlockList, isIP } from 'node:net';

export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

const PROXY_SCHEMES = ['http:', 'https:', 'socks5:', 'socks5h:'];
const USUAL_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** Null: no proxy is named for it. Throws `TypeError` for one that is no address. */
export function proxyFor(url: URL, env: ProxyEnvironment): URL | null {
  const named = variable(env, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (named === '' || isDirect(url, variable(env, 'NO_PROXY'))) return null;
  const [scheme = ''] = /^[^:/]+:(?=\/\/)/.exec(named) ?? [];
  return new URL(PROXY_SCHEMES.includes(scheme.toLowerCase()) ? named : `http://${named}`);
}

export interface EngineProxy {
  readonly url: URL;
  /** The variable that names it. */
  readonly source: string;
}

/**
 * Which proxy the environment names for a Docker Engine: as for any URL, or else by ALL_PROXY a SOCKS proxy, which older docker commands go by
 * (docker/go-connections, sockets). Null: none. Throws `TypeError` for one that is no address.
 */
export function proxyForEngine(host: string, port: number, usesTls: boolean, env: ProxyEnvironment): EngineProxy | null {
  const engine = new URL(`${usesTls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`);
  const url = proxyFor(engine, env);
  if (url !== null) return { url, source: usesTls ? 'HTTPS_PROXY' : 'HTTP_PROXY' };
  const all = variable(env, 'ALL_PROXY');
  if (!isSocks(all) || isDirect(engine, variable(env, 'NO_PROXY'))) return null;
  return { url: new URL(all), source: 'ALL_PROXY' };
}

export function isSocks(address: string): boolean {
  return /^socks5h?:/i.test(address);
}

/** The upper case counts first. */
function variable(env: ProxyEnvironment, name: string): string {
  return env[name] || env[name.toLowerCase()] || '';
}

function isDirect(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || isLoopback(host)) return true;
  const port = url.port || (USUAL_PORTS[url.protocol] ?? '');
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && matches(entry, host, port));
}

function isLoopback(host: string): boolean {
  const kind = isIP(host);
  return kind !== 0 && (kind === 4 ? /^127\./.test(host) : isInNetwork(host, '::1', 128) || isInNetwork(host, '127.0.0.0', 8));
}

/** `*`, a network, an address, a name (with all below it), `.name` or `*.name` (only what is below it); each but a network may have a port. */
function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const [, network = '', bits = ''] = /^([^/]+)\/(\d+)$/.exec(entry) ?? [];
  if (isIP(network)) return isInNetwork(host, network, Number(bits));
  const [, name = entry, onlyPort = ''] = isIP(entry) ? [] : (/^(.*?)(?::(\d+))?$/.exec(entry) ?? []);
  if (onlyPort !== '' && onlyPort !== port) return false;
  const address = name.replace(/^\[|\]$/g, '');
  if (isIP(address)) return isInNetwork(host, address, isIP(address) === 4 ? 32 : 128);
  const below = name.replace(/^\*(?=\.)/, '');
  return below.startsWith('.') ? host.endsWith(below) : host === below || host.endsWith(`.${below}`);
}

function isInNetwork(host: string, network: string, bits: number): boolean {
  const kind = isIP(host);
  if (kind === 0 || bits > (isIP(network) === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, isIP(network) === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, kind === 4 ? 'ipv4' : 'ipv6');
}
