/** An engine that goes away in mid-build, played by a relay in front of it that is cut. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../src/builders/endpoint.js';
import { socketTarget } from '../../src/engine/shared/address.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { build, connect, contractEndpoints, endpointAt, openAt } from './harness.js';

interface Relay {
  readonly address: string;
  cut(): void;
}

describe.each(contractEndpoints())('losing $label', (endpoint) => {
  let dir: string;
  let relay: Relay;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'bxtui-relay-'));
    relay = await startRelay(endpoint, join(dir, 'docker.sock'));
  });
  afterEach(() => {
    relay.cut();
    rmSync(dir, { recursive: true, force: true });
    removeProjects();
  });

  it('ends the build with a failure that says so, and tells whoever holds the engine', async () => {
    const engine = await connect({ ...endpointAt(relay.address), kind: endpoint.kind, builder: endpoint.builder });
    const project = createProject(`${BASE}RUN echo go; sleep 40`);
    const observed = await build(engine, project, {}, (event) => {
      if (event.type === 'log.appended') relay.cut();
    });
    expect(observed.last).toMatchObject({
      type: 'build.failed',
      failure: { digest: null, exitCode: null, message: expect.stringContaining('connection'), hint: expect.any(String) },
    });
    expect(await engine.lost).toMatchObject({ code: 'engine-lost' });
    const beganAtMs = Date.now();
    await engine.dispose();
    expect(Date.now() - beganAtMs).toBeLessThan(5_000);
  });

  it('ends containers and their processes with a reason', async () => {
    const engine = await connect({ ...endpointAt(relay.address), kind: endpoint.kind, builder: endpoint.builder });
    const observed = await build(engine, createProject(`${BASE}RUN true`));
    const container = await openAt(observed, 'RUN true');
    const process = await container.start({
      args: ['sleep', '5'],
      env: [],
      user: null,
      cwd: null,
      tty: false,
      cols: 80,
      rows: 24,
    });
    relay.cut();
    expect(await process.exited).toMatchObject({ code: null, reason: expect.any(String) });
    expect(await container.gone).toEqual(expect.any(String));
    await engine.dispose();
  });

  it('is noticed within five seconds when the engine only hangs, and ends what was open', async ({ skip }) => {
    skip(
      endpoint.builder !== 'classic' || !endpoint.address.startsWith('unix://'),
      'of the classic builder on a unix socket only',
    );
    const path = join(dir, 'hanging.sock');
    const child = await startStoppable(endpoint.address.slice('unix://'.length), path);
    try {
      const engine = await connect({ ...endpointAt(`unix://${path}`), builder: endpoint.builder, kind: endpoint.kind });
      let stoppedAtMs = 0;
      const observed = await build(engine, createProject(`${BASE}RUN echo go; sleep 60`), {}, (event) => {
        if (event.type !== 'log.appended' || !event.text.includes('go') || stoppedAtMs > 0) return;
        stoppedAtMs = Date.now();
        child.kill('SIGSTOP');
      });
      expect(Date.now() - stoppedAtMs).toBeLessThan(5_000);
      expect(observed.last).toMatchObject({
        type: 'build.failed',
        failure: { digest: null, message: expect.stringMatching(/connection .* has not answered/) },
      });
      expect(await engine.lost).toMatchObject({ code: 'engine-lost', message: expect.stringContaining('has not answered') });
      const beganAtMs = Date.now();
      await engine.dispose();
      expect(Date.now() - beganAtMs).toBeLessThan(3_000);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is an error that names the address when there is nobody to begin with', async () => {
    relay.cut();
    await expect(connect({ ...endpointAt(relay.address), kind: endpoint.kind, builder: endpoint.builder })).rejects.toMatchObject(
      {
        code: 'endpoint',
        message: expect.stringContaining(relay.address),
        hint: expect.any(String),
      },
    );
  });
});

/** A relay of its own process, so that it can be stopped; resolves when it listens. */
async function startStoppable(target: string, path: string): Promise<ChildProcess> {
  const script = `const net = require('node:net');
    net.createServer((near) => {
      const far = net.connect(process.argv[1]);
      for (const [from, to] of [[near, far], [far, near]])
        from.on('error', () => to.destroy()).on('close', () => to.destroy()).pipe(to);
    }).listen(process.argv[2], () => console.log('ready'));`;
  const child = spawn(process.execPath, ['-e', script, target, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');
  return child;
}

/** On a socket at `path`, or on this machine's loopback for an engine on tcp, whose certificate has to name that. */
function startRelay(endpoint: Endpoint, path: string): Promise<Relay> {
  const target = socketTarget(endpoint);
  const sockets = new Set<net.Socket>();
  const server = net.createServer((near) => {
    const far = target.kind !== 'tcp' ? net.connect(target.path) : net.connect(target.port, target.host);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  return new Promise((resolve) => {
    server.listen(target.kind === 'unix' ? { path } : { host: '127.0.0.1', port: 0 }, () =>
      resolve({
        address: target.kind === 'unix' ? `unix://${path}` : `tcp://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
        cut() {
          server.close();
          for (const socket of sockets) socket.destroy();
        },
      }),
    );
  });
}
