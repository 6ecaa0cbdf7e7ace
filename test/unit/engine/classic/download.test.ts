/** Through a real proxy on the loopback: what is asked for is a host that only the proxy knows. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { download } from '../../../../src/engine/classic/source/download.js';
import { createAuthority, hasOpenssl } from '../../../helpers/certificates.js';

let proxy: Server;
let site: Server;
let dir: string;
let asked: string[] = [];
const port = (server: Server): number => (server.address() as AddressInfo).port;
const listening = (server: Server): Promise<void> => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const authorization: Array<string | undefined> = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-download-'));
  proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    authorization.push(request.headers['proxy-authorization']);
    answer(request.url ?? '', response);
  });
  proxy.on('connect', (request, socket, head) => {
    asked.push(`CONNECT ${request.url}`);
    if (request.url?.startsWith('refused')) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const far = connect(port(site), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      far.write(head);
      socket.pipe(far).pipe(socket);
    });
    for (const end of [far, socket]) end.on('error', () => {});
  });
  await listening(proxy);
});
beforeEach(() => {
  asked = [];
  authorization.length = 0;
});
afterAll(() => {
  proxy.close();
  proxy.closeAllConnections();
  rmSync(dir, { recursive: true, force: true });
});

function answer(url: string, response: ServerResponse): void {
  if (url.endsWith('/locked')) response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end('who are you');
  else if (url.endsWith('/gone')) response.writeHead(502).end('nobody is there');
  else if (url.endsWith('/moved')) response.writeHead(302, { location: `http://127.0.0.1:${port(proxy)}/direct` }).end();
  else response.end(`got ${url}`);
}

const get = async (url: string, env: Record<string, string>): Promise<string> => {
  const path = join(dir, 'file');
  await download(url, path, AbortSignal.timeout(5_000), env);
  return readFileSync(path, 'utf8');
};
const refusal = (url: string, env: Record<string, string>): Promise<{ message: string; hint?: string }> =>
  get(url, env).then(
    () => expect.fail('it was downloaded'),
    (error) => error,
  );
const through = (credentials = ''): Record<string, string> => {
  const address = `http://${credentials}127.0.0.1:${port(proxy)}`;
  return { HTTP_PROXY: address, HTTPS_PROXY: address };
};

describe('download', () => {
  it('asks the proxy for the whole URL, with the credentials that stand in its address', async () => {
    expect(await get('http://files.test/a.tar', through('me:p%40ss@'))).toBe('got http://files.test/a.tar');
    expect(authorization).toEqual([`Basic ${Buffer.from('me:p@ss').toString('base64')}`]);
  });

  it('follows a redirection past the proxy where none is named for its host', async () => {
    expect(await get('http://files.test/moved', through())).toBe('got /direct');
    expect(asked).toEqual(['GET http://files.test/moved', 'GET /direct']);
  });

  it('goes past the proxy for a host of NO_PROXY', async () => {
    const { message } = await refusal('http://files.test/a', { ...through(), NO_PROXY: '.test' });
    expect(asked).toEqual([]);
    expect(message).toMatch(/^cannot get http:\/\/files\.test\/a: .*files\.test/);
  });

  it('names the proxy that refuses, without its password', async () => {
    const locked = await refusal('http://files.test/locked', through('me:secret@'));
    expect(locked.message).toContain(`the proxy http://127.0.0.1:${port(proxy)}`);
    expect(locked.message).toContain('407');
    expect(locked.message).not.toContain('secret');
    const gone = await refusal('http://files.test/gone', through());
    expect(gone.message).toMatch(/or the proxy http:\/\/127.*, answered 502 Bad Gateway: nobody is there/);
    const tunnel = await refusal('https://refused.test/a', through());
    expect(tunnel.message).toMatch(/by the proxy http:\/\/127.*403/);
    expect(tunnel.hint).toContain('NO_PROXY');
    const nobody = await refusal('http://files.test/a', { HTTP_PROXY: '127.0.0.1:1' });
    expect(nobody.message).toMatch(/by the proxy http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
    const wrong = await refusal('http://files.test/a', { HTTP_PROXY: 'http://a b' });
    expect(wrong.message).toBe('HTTP_PROXY is no address of a proxy');
  });

  it.skipIf(!hasOpenssl)('has TLS through a tunnel, checked with the authorities of the machine', async () => {
    const issued = createAuthority().issue('site', { subject: 'DNS:files.test' });
    const [cert, key] = ['cert.pem', 'key.pem'].map((file) => readFileSync(join(issued, file)));
    site = createTlsServer({ cert, key }, (request, response) => response.end(`safe ${request.url}`));
    await listening(site);
    try {
      const trusting = { ...through(), SSL_CERT_FILE: join(issued, 'ca.pem') };
      expect(await get('https://files.test/a.tar', trusting)).toBe('safe /a.tar');
      expect(asked).toEqual(['CONNECT files.test:443']);
      expect((await refusal('https://files.test/a.tar', through())).message).toMatch(/certificate/);
    } finally {
      site.close();
      site.closeAllConnections();
    }
  });
});
