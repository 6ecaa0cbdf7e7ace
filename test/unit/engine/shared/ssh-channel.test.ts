import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Endpoint } from '../../../../src/builders/endpoint.js';
import { dialProgram, explainSsh, forwardProgram } from '../../../../src/engine/shared/channel/ssh.js';
import { openSocket } from '../../../../src/engine/shared/open-socket.js';
import { eventually } from '../../../helpers/eventually.js';

const never = new AbortController().signal;
let host = 0;
/** What an address has been found to lack is remembered, so each test has its own. */
const far = (kind: Endpoint['kind'] = 'docker'): Endpoint => ({
  kind,
  address: `ssh://me@host${++host}`,
  source: 'DOCKER_HOST',
  tls: null,
});

describe('the ssh command', () => {
  const docker = (address: string) => dialProgram({ kind: 'docker', address }).args.join(' ');

  it('runs the command of the engine on the other side, and asks no question', () => {
    expect(docker('ssh://me@host:2222')).toMatch(/^-T -o BatchMode=yes .*-l me -p 2222 -- host docker system dial-stdio$/);
    expect(dialProgram({ kind: 'buildkitd', address: 'ssh://host' }).args.slice(-4)).toEqual([
      '--',
      'host',
      'buildctl',
      'dial-stdio',
    ]);
  });

  it('names the socket of the address', () => {
    expect(docker('ssh://host/run/user/7/docker.sock')).toMatch(
      /docker --host=unix:\/\/\/run\/user\/7\/docker\.sock system dial-stdio$/,
    );
    const forward = forwardProgram({ kind: 'docker', address: 'ssh://host' }, '/tmp/x.sock').args.join(' ');
    expect(forward).toMatch(/-L \/tmp\/x\.sock:\/var\/run\/docker\.sock -- host cat$/);
  });

  it('takes an IPv6 address without its brackets', () => {
    expect(docker('ssh://[::1]:22')).toMatch(/-p 22 -- ::1 docker/);
  });
});

describe('why ssh found nobody', () => {
  it.each([
    [255, 'Host key verification failed.', /key of the host is not known/, /ssh me@host/],
    [
      255,
      '@@@ REMOTE HOST IDENTIFICATION HAS CHANGED! @@@\nHost key verification failed.',
      /another key/,
      /ssh-keygen -R 'host', then ssh me@host/,
    ],
    [255, 'me@host: Permission denied (publickey).', /none of the keys/, /ssh-add/],
    [255, 'ssh: Could not resolve hostname host: Name or service not known', /cannot be resolved/, /~\/\.ssh\/config/],
    [255, 'ssh: connect to host host port 22: Connection refused', /nobody listens for ssh/, /sshd/],
    [255, 'ssh: connect to host host port 22: Connection timed out', /does not answer/, /firewall/],
    [1, 'permission denied while trying to connect to the Docker daemon socket', /may not use the engine's socket/, /usermod/],
    [1, 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.', /does not run there/, /systemctl start docker/],
    [1, 'something of its own', /something of its own/, /by hand: ssh me@host docker version/],
    [3, '', /status 3/, /by hand/],
  ])('with status %i and %j', (exitCode, said, message, hint) => {
    const endpoint: Endpoint = { kind: 'docker', address: 'ssh://me@host', source: 'DOCKER_HOST', tls: null };
    const error = explainSsh(endpoint, { exitCode, said });
    expect(error.code).toBe('endpoint');
    expect(error.message).toMatch(/^cannot connect to ssh:\/\/me@host \(DOCKER_HOST\): /);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });
});

describe('a channel through a program', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'bxtui-ssh-test-'));
    vi.stubEnv('PATH', `${dir}:${process.env.PATH}`);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(dir, { recursive: true, force: true });
  });
  const ssh = (script: string): void => {
    writeFileSync(join(dir, 'ssh'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(dir, 'ssh'), 0o755);
  };
  const errorOf = (stream: Duplex) => new Promise<Error>((resolve) => void stream.on('error', resolve).resume());

  it('carries bytes both ways, also many at once', async () => {
    ssh('exec cat');
    const stream = await openSocket(far(), never);
    const sent = Buffer.alloc(3 << 20, 'abcdefg');
    const got: Buffer[] = [];
    let bytes = 0;
    const all = new Promise<void>((resolve) =>
      stream.on('data', (chunk: Buffer) => {
        got.push(chunk);
        bytes += chunk.length;
        if (bytes >= sent.length) resolve();
      }),
    );
    stream.write(sent);
    await all;
    expect(Buffer.concat(got).equals(sent)).toBe(true);
    stream.destroy();
  });

  it('ends the program with the stream', async () => {
    ssh(`echo $$ > ${dir}/pid; echo ready; exec sleep 60`);
    const stream = await openSocket(far(), never);
    await new Promise((resolve) => stream.once('data', resolve));
    const { readFileSync } = await import('node:fs');
    const pid = Number(readFileSync(join(dir, 'pid'), 'utf8'));
    stream.destroy();
    await eventually(() => expect(() => process.kill(pid, 0)).toThrow());
  });

  it('fails with what the program has said', async () => {
    ssh('echo "Host key verification failed." >&2; exit 255');
    const stream = await openSocket(far(), never);
    stream.write('hello');
    expect(await errorOf(stream)).toMatchObject({ code: 'endpoint', message: expect.stringMatching(/is not known/) });
  });

  it('says when the program is missing', async () => {
    vi.stubEnv('PATH', dir);
    const stream = await openSocket(far(), never);
    expect(await errorOf(stream)).toMatchObject({ message: expect.stringMatching(/the program ssh is not there/) });
  });

  it('is cancelled before the first byte', async () => {
    ssh('exec sleep 60');
    const abort = new AbortController();
    const stream = await openSocket(far(), abort.signal);
    const failed = errorOf(stream);
    abort.abort();
    expect(await failed).toMatchObject({ code: 'cancelled' });
    await expect(openSocket(far(), abort.signal)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('goes over a forwarded socket where the command is missing, and says again what was written', async () => {
    // Stands for ssh -L: listens at the path, answers, and ends with its input.
    writeFileSync(
      join(dir, 'forward.mjs'),
      `import net from 'node:net';
       const path = process.argv[2].split(':')[0];
       net.createServer((socket) => socket.on('data', (chunk) => socket.write('echo ' + chunk))).listen(path);
       process.stdin.on('end', () => process.exit(0)).resume();`,
    );
    ssh(`for arg; do case "$last" in -L) exec "${process.execPath}" ${dir}/forward.mjs "$arg";; esac; last=$arg; done
echo "sh: docker: command not found" >&2; exit 127`);
    const endpoint = far();
    for (let round = 0; round < 2; round++) {
      const stream = await openSocket(endpoint, never);
      const answer = new Promise((resolve) => stream.once('data', (chunk: Buffer) => resolve(chunk.toString())));
      stream.write('hello');
      expect(await answer).toBe('echo hello');
      stream.destroy();
    }
  });
});
