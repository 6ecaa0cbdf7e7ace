/** What a container has of its step besides the filesystem: secrets, agents, hosts, privileges; and the states around a failed COPY. */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { BuildRequest } from '../../src/engine/engine.js';
import { expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject } from '../helpers/project.js';
import { addProgram } from './containers-programs.js';
import { contractEndpoints, keepRuns, type Observed, openAt, shell, skipClassic, stepWith } from './harness.js';

const SSH_ADD = '/usr/bin/ssh-add';
/** SSH_AGENT_IDENTITIES_ANSWER with none (draft-miller-ssh-agent, 4.4). */
const NO_IDENTITIES = Buffer.from([0, 0, 0, 5, 12, 0, 0, 0, 0]);

describe.each(contractEndpoints())('mounts and privileges on $label', (endpoint) => {
  skipClassic(endpoint);
  const servers: Server[] = [];
  afterAll(() => expectNoContainers());
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  const runs = keepRuns(endpoint);
  const observe = (dockerfile: string, overrides: Partial<BuildRequest> = {}, files = {}): Promise<Observed> =>
    runs.observe(createProject(dockerfile, files), overrides);

  it('show a cache that was made for a user, and let that user write there', async () => {
    const observed = await observe(`${BASE}USER 1000:1000
RUN --mount=type=cache,target=/cache,uid=1000,gid=1000,mode=0700 echo kept > /cache/kept
USER 0:0
RUN exit 1`);
    const container = await openAt(observed, 'echo kept');
    expect((await shell(container, 'id -u; cat /cache/kept; echo more > /cache/more && ls /cache')).output).toBe(
      '1000\nkept\nkept\nmore\n',
    );
  });

  it('take a bare user number where there is no passwd file', async () => {
    const observed = await observe(`${BASE}RUN rm -f /etc/passwd; true`);
    const container = await openAt(observed, 'rm -f');
    const spec = { args: ['/bin/id', '-u'], env: [], user: '7', cwd: '/', tty: false, cols: 80, rows: 24 };
    const process = await container.start(spec);
    let output = '';
    process.onData((data) => {
      output += Buffer.from(data).toString();
    });
    expect(await process.exited).toEqual({ code: 0, reason: null });
    expect(output).toBe('7\n');
  });

  it.skipIf(!existsSync(SSH_ADD))('reach the agent of the client through an ssh mount', async () => {
    const project = createProject(`${BASE}COPY tree/ /\nRUN --mount=type=ssh true`);
    addProgram(project, 'tree', SSH_ADD);
    project.write('tree/etc/passwd', 'root:x:0:0:root:/:/bin/sh\n');
    const socket = join(project.dir, 'agent.sock');
    let asked = 0;
    const agent = createServer((connection) => {
      connection.on('data', () => {
        asked++;
        connection.write(NO_IDENTITIES);
      });
    });
    servers.push(agent);
    await new Promise<void>((resolve) => agent.listen(socket, resolve));
    const observed = await runs.observe(project, { ssh: [{ id: 'default', socket }] });
    const container = await openAt(observed, 'type=ssh');
    expect(container.mounts).toEqual([expect.objectContaining({ kind: 'ssh', isMounted: true })]);
    expect((await shell(container, `${SSH_ADD} -l`)).output).toBe('The agent has no identities.\n');
    expect(asked).toBeGreaterThan(0);
  });

  it.skipIf(!existsSync(SSH_ADD))('reach keys of files through an ssh mount, and cannot change what holds them', async () => {
    const project = createProject(`${BASE}COPY tree/ /\nRUN --mount=type=ssh,id=deploy true`);
    addProgram(project, 'tree', SSH_ADD);
    project.write('tree/etc/passwd', 'root:x:0:0:root:/:/bin/sh\n');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    project.write('key', privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const observed = await runs.observe(project, { ssh: [{ id: 'deploy', keys: [project.path('key')] }] });
    const container = await openAt(observed, 'type=ssh');
    expect((await shell(container, `${SSH_ADD} -l`)).output).toMatch(/^256 SHA256:\S+ +\(ECDSA\)$/m);
    expect((await shell(container, `${SSH_ADD} -D`)).output).toMatch(/Failed|refused/i);
  });

  it('say which secrets and agents were not given, and open all the same', async () => {
    const observed = await observe(`${BASE}RUN --mount=type=secret,id=token --mount=type=ssh,id=deploy true`);
    const container = await openAt(observed, 'id=token');
    expect(container.mounts).toEqual([
      expect.objectContaining({ kind: 'secret', isMounted: false, detail: expect.stringContaining('--secret id=token') }),
      expect.objectContaining({ kind: 'ssh', isMounted: false, detail: expect.stringContaining('--ssh deploy') }),
    ]);
    expect((await shell(container, 'ls /run/secrets')).output).toMatch(/No such file|^$/);
  });

  it('have secrets as variables where the engine can pass them on', async () => {
    const observed = await observe(`${BASE}RUN --mount=type=secret,id=token,env=TOKEN test -n "$TOKEN"`, {
      secrets: [{ id: 'token', from: { kind: 'env', name: 'PATH' } }],
    });
    if (observed.last.type !== 'build.succeeded') {
      // The frontend of older engines does not know `env=`.
      expect(observed.last).toMatchObject({ failure: { message: expect.stringMatching(/env/) } });
      return;
    }
    const container = await openAt(observed, 'env=TOKEN');
    const { output } = await shell(container, 'echo "$TOKEN"');
    expect(output).toBe(`${process.env.PATH}\n`);
  });

  it('have the network of their step', async () => {
    const observed = await observe(`${BASE}RUN --network=none ls /sys/class/net > /interfaces`);
    if (observed.last.type !== 'build.succeeded') {
      // The frontend of an old engine does not know the flag.
      expect(observed.last).toMatchObject({ failure: { message: expect.stringMatching(/network/) } });
      return;
    }
    const container = await openAt(observed, 'network=none');
    const { output } = await shell(container, 'ls /sys/class/net');
    expect(output).not.toMatch(/eth0/);
    expect((await shell(container, 'cat /interfaces')).output).toBe(output);
  });

  it('come without a privilege that the engine refuses, and say so', async () => {
    const observed = await observe(`${BASE}RUN echo kept > /kept\nRUN --network=host true`);
    expect(observed.last.type).toBe('build.failed');
    if (/flag/i.test(JSON.stringify(observed.last))) return;
    for (const moment of ['auto', 'before'] as const) {
      const container = await openAt(observed, 'network=host', moment);
      expect(container.moment).toBe('before');
      expect(container.note).toMatch(/network of its own/);
      expect((await shell(container, 'cat /kept')).output).toBe('kept\n');
    }
  });

  it('show the state before a COPY, ADD or WORKDIR that failed', async () => {
    for (const [instruction, files] of [
      ['COPY missing.txt /there', {}],
      ['ADD missing.tar /there', {}],
      ['COPY one.txt /made', { 'one.txt': '1' }],
      ['WORKDIR /bin/sh/below', {}],
    ] as const) {
      const observed = await observe(`${BASE}RUN mkdir /made && echo kept > /kept\n${instruction}\nRUN true`, {}, files);
      const isCopyOntoDirectory = instruction === 'COPY one.txt /made';
      expect([instruction, observed.last.type]).toEqual([instruction, isCopyOntoDirectory ? 'build.succeeded' : 'build.failed']);
      const container = await openAt(observed, instruction);
      expect([instruction, container.moment]).toEqual([instruction, isCopyOntoDirectory ? 'after' : 'before']);
      expect((await shell(container, 'cat /kept')).output).toBe('kept\n');
      if (isCopyOntoDirectory) continue;
      const { key } = stepWith(observed, instruction);
      await expect(openAt(observed, 'RUN true')).rejects.toMatchObject({
        code: 'engine',
        message: expect.stringContaining(`behind step ${key}`),
      });
      await expect(openAt(observed, instruction, 'after')).rejects.toMatchObject({ code: 'engine' });
    }
  });

  it('of a step that is running come when it is done', async () => {
    let opened: Promise<string> | null = null;
    const project = createProject(`${BASE}RUN echo go; sleep 2; echo made > /made\nRUN sleep 1; true`);
    const observed = await runs.observe(project, {}, (event, run) => {
      if (event.type !== 'log.appended' || !event.text.includes('go') || opened !== null) return;
      opened = run
        .openContainer({ step: '5', moment: 'auto', exclusiveCaches: 'mount' }, AbortSignal.timeout(30_000))
        .then(async (container) => (await shell(container, 'cat /made')).output);
    });
    expect(await opened).toBe('made\n');
    expect(observed.last.type).toBe('build.succeeded');
  });
});
