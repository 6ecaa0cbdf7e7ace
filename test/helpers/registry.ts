/**
 * A registry on the loopback of an engine, which takes it as one without TLS: Debian's docker-registry, unpacked and never installed, with all its
 * images in memory. Images are put into it over the protocol of registries (OCI distribution-spec), by no engine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { findBusybox } from '../setup/busybox.mjs';
import { which } from '../setup/command.mjs';
import { debianSuite, unpackDebianPackages } from '../setup/debian-package.mjs';
import { openLoopbackPort, whyNoLoopback } from './engine-loopback.js';
import { CLASSIC, testEngine } from './engines.js';
import { testDirectory } from './session-root.js';

/** Who may come where credentials are asked for. */
export const REGISTRY_USER = { username: 'builder', password: 'let-me-in' } as const;
const HTPASSWD = 'builder:$2b$05$abcdefghijklmnopqrstuu3Jd./u/rH1RxB6auX5v7gLP6uWhKCgG\n';

const MANIFESTS = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
] as const;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Registry {
  /** `127.0.0.1:PORT`, the first part of its images' names. */
  readonly host: string;
  /** Puts in a small image with a shell, and these files below `/`; `image`: `private/base:latest`. Resolves with the manifest's digest. */
  push(image: string, files?: Readonly<Record<string, string>>): Promise<string>;
  /** Its manifest as it stands there; null when it has none of that name. */
  manifest(image: string): Promise<Record<string, unknown> | null>;
  /** What its name stands for there; null when there is none of that name. */
  digest(image: string): Promise<string | null>;
  blob(repository: string, digest: string): Promise<Buffer>;
  /** A call of the protocol, with the credentials where it asks for them; `path` begins behind `/v2/`. */
  call(method: string, path: string, body?: Buffer, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** What was asked of it, one request a line: `GET /v2/private/base/manifests/latest 401`. */
  requests(): readonly string[];
  stop(): Promise<void>;
}

/** Where docker-registry is; else why it is not tested with one. */
export function findRegistry(engine: string = testEngine()): { readonly program: string } | { readonly lacks: string } {
  const lacks = whyNoLoopback(engine.replace(CLASSIC, ''));
  if (lacks !== null) return { lacks };
  const installed = which('docker-registry');
  if (installed !== null) return { program: installed };
  const suite = debianSuite();
  if (suite === null) return { lacks: 'there is no docker-registry' };
  try {
    return { program: join(unpackDebianPackages(['docker-registry'], suite), 'usr/bin/docker-registry') };
  } catch (error) {
    return { lacks: String(error) };
  }
}

/** `isPrivate`: it asks everybody for the credentials of `REGISTRY_USER`. */
export async function startRegistry(
  program: string,
  { engine = testEngine(), isPrivate = false }: { readonly engine?: string; readonly isPrivate?: boolean } = {},
): Promise<Registry> {
  const dir = testDirectory();
  const socket = join(dir, 'registry.sock');
  const users = join(dir, 'users');
  writeFileSync(users, HTPASSWD);
  const config = {
    version: 0.1,
    log: { level: 'error' },
    storage: { inmemory: {}, delete: { enabled: true } },
    http: { net: 'unix', addr: socket, relativeurls: true, secret: 'of one test' },
    ...(isPrivate && { auth: { htpasswd: { realm: 'bxtui', path: users } } }),
  };
  // YAML has all of JSON in it.
  writeFileSync(join(dir, 'config.yml'), JSON.stringify(config));
  const child = spawn(program, ['serve', join(dir, 'config.yml')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'none' },
  });
  const log: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text));
  const endWithTest = (): boolean => child.kill('SIGKILL');
  process.once('exit', endWithTest);
  await untilThere(child, socket, log);
  const asked: string[] = [];
  // The common log format, one line a request.
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [, what, status] = /"(\S+ \S+) HTTP\/[\d.]+" (\d+)/.exec(line) ?? [];
    if (what !== undefined) asked.push(`${what.replace(/\?.*/, '')} ${status}`);
  });
  const port = await openLoopbackPort(engine.replace(CLASSIC, ''), socket);
  const call: Registry['call'] = (method, path, body, headers) => callRegistry(socket, method, path, body, headers);
  return {
    host: port.host,
    call,
    requests: () => asked,
    push: (image, files = {}) => pushImage(call, image, files),
    async manifest(image) {
      const { status, body } = await callManifest(call, 'GET', image);
      return status === 200 ? JSON.parse(body.toString()) : null;
    },
    async digest(image) {
      const { status, headers } = await callManifest(call, 'HEAD', image);
      return status === 200 ? String(headers['docker-content-digest']) : null;
    },
    async blob(repository, digest) {
      const { status, body } = await call('GET', `${repository}/blobs/${digest}`);
      if (status !== 200) throw new Error(`${repository} has no ${digest}: ${status}`);
      return body;
    },
    async stop() {
      await port.close();
      process.off('exit', endWithTest);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Its socket is there once it listens. */
async function untilThere(child: ChildProcess, socket: string, log: readonly string[]): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended with status ${child.exitCode}: ${log.join('')}`);
    if (existsSync(socket)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`docker-registry does not listen: ${log.join('')}`);
}

function callRegistry(
  socketPath: string,
  method: string,
  path: string,
  body: Buffer = Buffer.alloc(0),
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { username, password } = REGISTRY_USER;
  const Authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return new Promise((resolve, reject) => {
    const call = request({
      ...{ socketPath, method, path: `/v2/${path}`, timeout: 10_000 },
      headers: { Host: 'registry', Authorization, 'Content-Length': String(body.length), ...headers },
    });
    call.on('timeout', () => call.destroy(new Error(`the registry does not answer ${method} ${path}`)));
    call.on('error', reject);
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    call.end(body);
  });
}

function callManifest(call: Registry['call'], method: string, image: string): Promise<Answer> {
  const { repository, tag } = partsOf(image);
  return call(method, `${repository}/manifests/${tag}`, undefined, { Accept: MANIFESTS.join(', ') });
}

async function pushImage(call: Registry['call'], image: string, files: Readonly<Record<string, string>>): Promise<string> {
  const { repository, tag } = partsOf(image);
  const layer = await layerOf(files);
  const config = Buffer.from(
    JSON.stringify({
      ...{ architecture: process.arch === 'arm64' ? 'arm64' : 'amd64', os: 'linux', created: '2024-01-01T00:00:00Z' },
      config: { Env: ['PATH=/bin'], Cmd: ['/bin/sh'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
      history: [{ created: '2024-01-01T00:00:00Z', created_by: 'made for a test' }],
    }),
  );
  const zipped = gzipSync(layer, { level: 1 });
  for (const blob of [zipped, config]) await pushBlob(call, repository, blob);
  const described = (mediaType: string, blob: Buffer) => ({ mediaType, size: blob.length, digest: digestOf(blob) });
  const manifest = {
    ...{ schemaVersion: 2, mediaType: MANIFESTS[0] },
    config: described('application/vnd.docker.container.image.v1+json', config),
    layers: [described('application/vnd.docker.image.rootfs.diff.tar.gzip', zipped)],
  };
  const body = Buffer.from(JSON.stringify(manifest));
  const put = await call('PUT', `${repository}/manifests/${tag}`, body, { 'Content-Type': MANIFESTS[0] });
  if (put.status !== 201) throw new Error(`the registry takes no manifest of ${image}: ${put.status} ${put.body}`);
  return digestOf(body);
}

async function pushBlob(call: Registry['call'], repository: string, blob: Buffer): Promise<void> {
  const begun = await call('POST', `${repository}/blobs/uploads/`);
  const location = new URL(String(begun.headers.location), 'http://registry');
  location.searchParams.set('digest', digestOf(blob));
  const path = `${location.pathname}${location.search}`.replace(/^\/v2\//, '');
  const put = await call('PUT', path, blob, { 'Content-Type': 'application/octet-stream' });
  if (put.status !== 201) throw new Error(`the registry takes no blob of ${repository}: ${put.status} ${put.body}`);
}

/** `sh` and its friends, as one program. */
async function layerOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  const mtime = new Date(0);
  tar.entry({ name: 'bin', type: 'directory', mode: 0o755, mtime });
  tar.entry({ name: 'bin/busybox', mode: 0o755, mtime }, readFileSync(findBusybox()));
  for (const name of ['sh', 'cat', 'ls', 'id', 'echo', 'sleep', 'grep', 'wc'])
    tar.entry({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox', mtime });
  for (const [name, text] of Object.entries(files)) tar.entry({ name, mode: 0o644, mtime }, text);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function partsOf(image: string): { readonly repository: string; readonly tag: string } {
  const [, repository = image, tag = 'latest'] = /^(.*?)(?:[:@]((?:sha256:)?[\w.-]+))?$/.exec(image) ?? [];
  return { repository, tag };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
