import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../../src/builders/endpoint.js';
import { createApi } from '../../../../src/engine/shared/engine-api.js';
import { proxyForEngine } from '../../../../src/engine/shared/proxy-for.js';

const VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];
const before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
const servers = new Set<Server>();
const endpoint: Endpoint = { kind: 'docker', address: 'tcp://engine.invalid:2375', source: 'DOCKER_HOST', tls: null };

afterEach(() => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  for (const server of servers) server.close();
  servers.clear();
});

async function listening(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => onConnection(socket.on('error', () => {})));
  servers.add(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

/** A SOCKS5 proxy behind which an engine answers everything with its version. */
function socksProxy(options: { login?: string; reply?: number } = {}) {
  const asked: string[] = [];
  const port = listening((socket) => {
    const answers = [
      () => socket.write(Buffer.from([5, options.login === undefined ? 0 : 2])),
      ...(options.login === undefined
        ? []
        : [
            (bytes: Buffer) => {
              const name = bytes.subarray(2, 2 + bytes[1]!).toString();
              const secret = bytes.subarray(3 + bytes[1]!).toString();
              socket.write(Buffer.from([1, `${name}:${secret}` === options.login ? 0 : 1]));
            },
          ]),
      (bytes: Buffer) => {
        const end = bytes.length - 2;
        const host = bytes[3] === 3 ? bytes.subarray(5, end).toString() : bytes.subarray(4, end).join('.');
        asked.push(`${host}:${bytes.readUInt16BE(end)}`);
        socket.write(Buffer.from([5, options.reply ?? 0, 0, 1, 127, 0, 0, 1, 0, 80]));
      },
      () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 15\r\n\r\n{"Version":"9"}'),
    ];
    socket.on('data', (bytes: Buffer) => answers.shift()?.(bytes));
  });
  return { port, asked };
}

const version = (to: Endpoint = endpoint) => createApi(to).json<{ Version: string }>('GET', '/version');

describe('the way to an engine on tcp', () => {
  it.each(['HTTP_PROXY', 'ALL_PROXY', 'http_proxy'])(
    'goes by the SOCKS proxy of %s, which looks the name up',
    async (variable) => {
      const { port, asked } = socksProxy();
      process.env[variable] = `socks5://127.0.0.1:${await port}`;
      expect(await version()).toEqual({ Version: '9' });
      expect(asked).toEqual(['engine.invalid:2375']);
    },
  );

  it('says the user and the password of the proxy', async () => {
    const { port, asked } = socksProxy({ login: 'me:p@ss' });
    process.env.HTTP_PROXY = `socks5h://me:p%40ss@127.0.0.1:${await port}`;
    expect(await version({ ...endpoint, address: 'tcp://192.0.2.77:2375' })).toEqual({ Version: '9' });
    expect(asked).toEqual(['192.0.2.77:2375']);
  });

  it('tells why the proxy does not lead there', async () => {
    const refusing = socksProxy({ reply: 5 });
    process.env.HTTP_PROXY = `socks5://127.0.0.1:${await refusing.port}`;
    await expect(version()).rejects.toMatchObject({
      message: `cannot reach tcp://engine.invalid:2375 (DOCKER_HOST) by the proxy socks5://127.0.0.1:${await refusing.port} (HTTP_PROXY): the engine refused the connection`,
      hint: "Check the proxy, or name the engine's host in NO_PROXY.",
    });
    const closed = await listening((socket) => socket.destroy());
    process.env.HTTP_PROXY = `socks5://127.0.0.1:${closed}`;
    await expect(version()).rejects.toThrow(/by the proxy socks5:.*: (?:it closed the connection|the connection was reset)$/);
    process.env.HTTP_PROXY = 'socks5://127.0.0.1:1';
    await expect(version()).rejects.toThrow(/by the proxy socks5:\/\/127.0.0.1:1 \(HTTP_PROXY\): connection refused$/);
    const asking = socksProxy({ login: 'me:secret' });
    process.env.HTTP_PROXY = `socks5://127.0.0.1:${await asking.port}`;
    await expect(version()).rejects.toThrow('it asks for a user and a password');
  });

  it('is direct by an HTTP proxy, which is told where there is none', async () => {
    process.env.HTTP_PROXY = 'http://127.0.0.1:9';
    await expect(version()).rejects.toMatchObject({
      hint: expect.stringContaining('HTTP_PROXY names an HTTP proxy, which is not gone by'),
    });
  });
});

describe('proxyForEngine', () => {
  it('takes the variable of the scheme, then ALL_PROXY where that is SOCKS, and none for this machine and what NO_PROXY names', () => {
    const named = (usesTls: boolean, env: Record<string, string>, host = 'far.example') => {
      const proxy = proxyForEngine(host, 2376, usesTls, env);
      return proxy === null ? null : `${proxy.source} ${proxy.url.host}`;
    };
    const env = { HTTP_PROXY: 'socks5://a:1', HTTPS_PROXY: 'socks5://b:1', ALL_PROXY: 'socks5://c:1' };
    expect(named(false, env)).toBe('HTTP_PROXY a:1');
    expect(named(true, env)).toBe('HTTPS_PROXY b:1');
    expect(named(true, { ALL_PROXY: 'socks5h://c:1' })).toBe('ALL_PROXY c:1');
    expect(named(true, { all_proxy: 'http://c:1' })).toBeNull();
    expect(named(false, env, '127.0.0.1')).toBeNull();
    expect(named(false, env, '::1')).toBeNull();
    expect(named(false, { ...env, NO_PROXY: '.example' })).toBeNull();
  });
});
