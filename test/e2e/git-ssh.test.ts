/** A repository over ssh whose URL has a query, which is given to the engine as a graph: with it go the keys that the host shows here. */
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LoopbackPort, openLoopbackPort, sharesLoopback, whyNoLoopback } from '../helpers/engine-loopback.js';
import { createRepository } from '../helpers/engine-network.js';
import { testEngine } from '../helpers/engines.js';
import { createProject, removeProjects } from '../helpers/project.js';
import { endRuns, runBxtui } from '../helpers/run.js';
import { testDirectory } from '../helpers/session-root.js';
import { findSshd, type SshServer, startSshServer } from '../helpers/ssh-server.js';
import { findBuildx } from '../parity/buildx.js';

const AS_INPUT = { BUILDX_SEND_GIT_QUERY_AS_INPUT: '1' };
const engine = testEngine();
const sshd = whyNoLoopback(engine) === null ? findSshd() : null;
const peer = findBuildx();

/** Docker Engine 20.10 takes such a URL for a host's name, and no buildx builds on it. */
const why = sshd === null ? 'there is no sshd that the engine could reach' : typeof peer === 'string' ? peer : null;

describe.skipIf(why !== null)(`a repository over ssh whose URL has a query${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let server: SshServer;
  let repository: ReturnType<typeof createRepository>;
  let relay: Server | null = null;
  let port: LoopbackPort | null = null;
  beforeAll(async () => {
    const files = (note: string) => ({ Dockerfile: 'FROM scratch\nCOPY note /\n', note });
    repository = createRepository({ main: files('main'), dev: files('dev') });
    server = await startSshServer(sshd!);
    if (sharesLoopback(engine)) return;
    // The engine finds the same host at the same port in its own network.
    const socket = join(testDirectory(), 'sshd.sock');
    const leading = createServer((end) => {
      const far = connect(server.port, '127.0.0.1');
      end.on('error', () => far.destroy()).pipe(far);
      far.on('error', () => end.destroy()).pipe(end);
    });
    relay = leading;
    await new Promise<void>((resolve) => leading.listen(socket, resolve));
    port = await openLoopbackPort(engine, socket, server.port);
  });
  afterAll(async () => {
    await port?.close();
    relay?.close();
    await server.stop();
    repository.remove();
  });
  afterEach(() => {
    endRuns();
    removeProjects();
  });

  const argsFor = (out: string): string[] => {
    const url = `ssh://${userInfo().username}@127.0.0.1:${server.port}${repository.dir}/app.git?branch=dev`;
    return ['--progress=plain', '--no-cache', '--ssh', `default=${server.key}`, '-o', out, url];
  };

  it('is got by the engine with the keys of its host, as with docker buildx', async () => {
    const project = createProject('FROM scratch\n');
    const out = project.path('out');
    if (typeof peer === 'string') throw new Error(peer);
    const programs = [
      () => runBxtui(['build', ...argsFor(out)], { env: AS_INPUT }),
      () => peer.docker(['buildx', 'build', ...argsFor(out)], { env: AS_INPUT }),
    ];
    for (const run of programs) {
      rmSync(out, { recursive: true, force: true });
      const { status, output } = await run();
      expect(status, output).toBe(0);
      expect(output).toContain('load git source ssh://');
      expect(readFileSync(join(out, 'note'), 'utf8')).toBe('dev');
    }
  });

  /** In the place of ssh-keyscan. */
  const buildWith = async (script: string) => {
    const project = createProject('FROM scratch\n', { 'ssh-keyscan': `#!/bin/sh\n${script}\n` });
    chmodSync(project.path('ssh-keyscan'), 0o755);
    const env = { ...AS_INPUT, PATH: `${project.dir}:${process.env.PATH}` };
    const { status, output } = await runBxtui(['build', ...argsFor(project.path('out'))], { env });
    return { status, output, hasFiles: existsSync(project.path('out/note')) };
  };

  it('is refused by the engine when its host shows another key there than here', async () => {
    const other = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g';
    const { status, output, hasFiles } = await buildWith(`echo "[127.0.0.1]:$2 ${other}"`);
    expect([status, hasFiles], output).toEqual([1, false]);
    expect(output).toMatch(/Host key verification failed/);
  });

  it('is built from with a warning when its host shows no key here: the engine takes any then', async () => {
    const { status, output, hasFiles } = await buildWith('exit 1');
    expect([status, hasFiles], output).toEqual([0, true]);
    expect(output).toContain(
      `ssh-keyscan tells no key of 127.0.0.1:${server.port} here: the engine takes whatever key is shown to it`,
    );
  });
});
