/**
 * An sshd on loopback with keys made for the test, and the system's own ssh led to it: the person's own keys, config and known hosts are not touched.
 * It runs as whoever runs the tests.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { capture, which } from '../setup/command.mjs';
import { debianSuite, unpackDebianPackages } from '../setup/debian-package.mjs';
import { testDirectory } from './session-root.js';

export interface SshServer {
  /** `ssh://user@127.0.0.1:PORT`. */
  readonly address: string;
  readonly port: number;
  /** The file of a private key that it accepts. */
  readonly key: string;
  /** Leads ssh to its keys. */
  readonly env: Readonly<Record<string, string>>;
  /** Connections that are open. */
  connections(): number;
  forgetHostKey(): void;
  /** The known key becomes another one than the server shows. */
  changeHostKey(): void;
  refuseKeys(): void;
  stop(): Promise<void>;
}

interface Sshd {
  readonly program: string;
  readonly libraries: string;
  /** Lines of sshd_config(5) that tell it where it was unpacked. */
  readonly config: readonly string[];
}

/** Null, with the reason on standard error, where there is no sshd to be had, or no ssh. */
export function findSshd(): Sshd | null {
  const lacks = (what: string): null => {
    process.stderr.write(`ssh is not tested: ${what}\n`);
    return null;
  };
  if (which('ssh') === null) return lacks('there is no ssh');
  const installed = which('sshd');
  if (installed !== null) return { program: installed, libraries: '', config: [] };
  const suite = debianSuite();
  if (suite === null) return lacks('there is no sshd');
  try {
    const root = unpackDebianPackages(['openssh-server', 'libwrap0'], suite);
    const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
    const helpers = (['SshdSessionPath', 'SshdAuthPath'] as const)
      .map((key) => [key, join(root, 'usr/lib/openssh', key === 'SshdSessionPath' ? 'sshd-session' : 'sshd-auth')] as const)
      .filter(([, path]) => existsSync(path));
    return {
      program: join(root, 'usr/sbin/sshd'),
      libraries: ['lib', 'usr/lib'].map((dir) => join(root, dir, triplet)).join(delimiter),
      config: helpers.map(([key, path]) => `${key} ${path}`),
    };
  } catch (error) {
    return lacks(String(error));
  }
}

/** `path`: where commands are looked for on the other side. */
export async function startSshServer(sshd: Sshd, { path = '/usr/local/bin:/usr/bin:/bin' } = {}): Promise<SshServer> {
  const dir = testDirectory();
  const port = await freePort();
  const inside = (name: string): string => join(dir, name);
  for (const name of ['host', 'client', 'other']) {
    const made = capture('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', inside(name)]);
    if (made.status !== 0) throw new Error(`ssh-keygen: ${made.output}`);
  }
  copyFileSync(inside('client.pub'), inside('authorized'));
  const knownAs = (key: string): void =>
    writeFileSync(inside('known'), `[127.0.0.1]:${port} ${readFileSync(inside(`${key}.pub`), 'utf8')}`);
  knownAs('host');
  const serverConfig = [
    ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${inside('host')}`, `AuthorizedKeysFile ${inside('authorized')}`],
    ...['StrictModes no', 'UsePAM no', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'PermitRootLogin yes'],
    ...['PidFile none', 'LogLevel ERROR', `SetEnv PATH=${path}`, ...sshd.config],
  ];
  writeFileSync(inside('sshd_config'), `${serverConfig.join('\n')}\n`);
  const clientConfig = [
    ...['Host *', `IdentityFile ${inside('client')}`, 'IdentitiesOnly yes', 'IdentityAgent none'],
    ...[`UserKnownHostsFile ${inside('known')}`, 'GlobalKnownHostsFile /dev/null', 'StrictHostKeyChecking yes'],
  ];
  writeFileSync(inside('ssh_config'), `${clientConfig.join('\n')}\n`);
  mkdirSync(inside('bin'));
  writeFileSync(inside('bin/ssh'), `#!/bin/sh\nexec ${which('ssh')} -F ${inside('ssh_config')} "$@"\n`);
  chmodSync(inside('bin/ssh'), 0o755);
  const child = startDaemon(sshd, dir);
  await untilListening(child, port);
  return {
    address: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    ...{ port, key: inside('client') },
    env: { PATH: `${inside('bin')}${delimiter}${process.env.PATH ?? ''}` },
    connections: () => childrenOf(child.pid ?? 0),
    forgetHostKey: () => writeFileSync(inside('known'), ''),
    changeHostKey: () => knownAs('other'),
    refuseKeys: () => writeFileSync(inside('authorized'), ''),
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      if (child.exitCode === null) await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/**
 * As root it wants a user `sshd` and a directory /run/sshd (sshd(8)): both are there for it alone, in a mount namespace of its own.
 */
function startDaemon(sshd: Sshd, dir: string): ChildProcess {
  const daemon = [sshd.program, '-D', '-e', '-f', join(dir, 'sshd_config')];
  const env = { ...process.env, ...(sshd.libraries !== '' && { LD_LIBRARY_PATH: sshd.libraries }) };
  const options = { env, stdio: ['ignore', 'ignore', 'inherit'] as const };
  if (process.getuid?.() !== 0) return spawn(daemon[0]!, daemon.slice(1), { ...options, stdio: [...options.stdio] });
  const users = readFileSync('/etc/passwd', 'utf8');
  writeFileSync(join(dir, 'passwd'), `${users.trimEnd()}\nsshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n`);
  const script =
    'mount --bind "$0/passwd" /etc/passwd && mount -t tmpfs -o mode=755 tmpfs /run && mkdir -m 755 /run/sshd && exec "$@"';
  return spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, dir, ...daemon], {
    ...options,
    stdio: [...options.stdio],
  });
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error(`sshd ended with status ${child.exitCode}`);
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('sshd does not listen');
}

function childrenOf(pid: number): number {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).length;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
