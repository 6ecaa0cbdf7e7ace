/**
 * The cache that GitHub keeps for its jobs, in its second version (actions/toolkit, packages/cache; blobs as in Azure's Blob service REST API): as much
 * of it as BuildKit asks for, on a port of the engine's loopback, with all blobs in memory.
 */
import { createHmac } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { openLoopbackPort } from './engine-loopback.js';
import { testDirectory } from './session-root.js';

export interface GithubCache {
  /** `http://127.0.0.1:PORT/`, what a job has in `ACTIONS_RESULTS_URL`. */
  readonly url: string;
  stop(): Promise<void>;
}

interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

export async function startGithubCache(engine: string): Promise<GithubCache> {
  const dir = testDirectory();
  const socket = join(dir, 'cache.sock');
  const blobs = new Blobs();
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
      const call: Call = { method: request.method ?? '', url, headers: request.headers, body };
      send(response, url.pathname.startsWith('/twirp/') ? answerJob(call, blobs) : answerBlob(call, blobs));
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const port = await openLoopbackPort(engine, socket);
  return {
    url: `http://${port.host}/`,
    async stop() {
      await port.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The token of a job, as the engine reads it: who may write where, and until when. */
export function githubToken(scope: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { ac: JSON.stringify([{ Scope: scope, Permission: 3 }]), nbf: 1_500_000_000, exp: 4_000_000_000 };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', 'of one test').update(signed).digest('base64url')}`;
}

class Blobs {
  readonly #whole = new Map<string, Buffer>();
  /** Blocks of what is still being written, by blob and name. */
  readonly #blocks = new Map<string, Map<string, Buffer>>();

  put(name: string, body: Buffer): void {
    this.#whole.set(name, body);
  }

  putBlock(name: string, block: string, body: Buffer): void {
    const blocks = this.#blocks.get(name) ?? new Map<string, Buffer>();
    this.#blocks.set(name, blocks.set(block, body));
  }

  join(name: string, blocks: readonly string[]): void {
    const kept = this.#blocks.get(name);
    this.#blocks.delete(name);
    this.put(name, Buffer.concat(blocks.map((block) => kept?.get(block) ?? Buffer.alloc(0))));
  }

  get(name: string): Buffer | undefined {
    return this.#whole.get(name);
  }

  /** The newest whose name begins so. */
  find(prefix: string): string | undefined {
    return [...this.#whole.keys()].filter((name) => name.startsWith(prefix)).at(-1);
  }
}

/** The three calls of a job, which has to say its token. */
function answerJob({ url, headers, body }: Call, blobs: Blobs): Answer {
  if (!headers.authorization?.startsWith('Bearer ')) return { status: 401, body: '{}' };
  const { key } = JSON.parse(body.toString()) as { readonly key: string };
  const found = blobs.find(key);
  const addressOf = (name: string): string => `http://${url.host}/blobs/${encodeURIComponent(name)}`;
  const answers: Readonly<Record<string, object>> = {
    GetCacheEntryDownloadURL:
      found === undefined ? { ok: false } : { ok: true, signed_download_url: addressOf(found), matched_key: found },
    CreateCacheEntry: { ok: true, signed_upload_url: addressOf(key) },
    FinalizeCacheEntryUpload: { ok: found !== undefined, entry_id: '1' },
  };
  const answer = answers[url.pathname.split('/').at(-1) ?? ''];
  return answer === undefined
    ? { status: 404 }
    : { status: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(answer) };
}

/** Whoever has the address may read and write. */
function answerBlob({ method, url, headers, body }: Call, blobs: Blobs): Answer {
  const name = decodeURIComponent(url.pathname.replace('/blobs/', ''));
  if (method === 'PUT') {
    const kind = url.searchParams.get('comp');
    if (kind === 'block') blobs.putBlock(name, url.searchParams.get('blockid') ?? '', body);
    else if (kind === 'blocklist')
      blobs.join(
        name,
        [...body.toString().matchAll(/<Latest>([^<]*)</g)].map(([, block = '']) => block),
      );
    else blobs.put(name, body);
    return { status: 201, headers: { ETag: '"all"', 'x-ms-request-id': 'one' } };
  }
  const blob = blobs.get(name);
  if (blob === undefined) return { status: 404, headers: { 'x-ms-error-code': 'BlobNotFound' } };
  const [, from] = /^bytes=(\d+)-/.exec(String(headers['x-ms-range'] ?? '')) ?? [];
  if (from === undefined) return { status: 200, body: blob };
  const range = { 'Content-Range': `bytes ${from}-${blob.length - 1}/${blob.length}` };
  return { status: 206, headers: range, body: blob.subarray(Number(from)) };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  response.writeHead(status, { 'x-ms-version': '2020-10-02', ...headers, 'Content-Length': String(Buffer.byteLength(body)) });
  response.end(body);
}
