/**
 * What the cases of ssh need: keys of OpenSSH's own making, an `ssh-agent` that holds them, and OpenSSH's client with its libraries as a directory
 * that goes into the build, where it asks whatever agent is mounted. Debian's openssh-client, unpacked beside the project where it is not installed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { testDirectory } from '../helpers/session-root.js';
import { capture, which } from '../setup/command.mjs';
import { debianSuite, unpackDebianPackages } from '../setup/debian-package.mjs';

export const KEYS = ['ed25519', 'rsa', 'ecdsa'] as const;
export type Key = (typeof KEYS)[number];

export interface Agent {
  readonly socket: string;
  stop(): Promise<void>;
}

let keyDirectory: string | null = null;

/** Else why there is none here. */
export function whyNoSsh(): string | null {
  try {
    const missing = ['ssh-add', 'ssh-agent', 'ssh-keygen'].find((name) => capture('ldd', [program(name)]).status !== 0);
    return missing === undefined ? null : `${missing} does not run`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Puts `key-NAME` and `key-NAME.pub` there, the same pair each time. */
export function writeKeys(dir: string, keys: readonly Key[] = KEYS): void {
  keyDirectory ??= makeKeys(testDirectory());
  for (const key of keys)
    for (const name of [`key-${key}`, `key-${key}.pub`])
      writeFileSync(join(dir, name), readFileSync(join(keyDirectory, name)), { mode: 0o600 });
}

function makeKeys(dir: string): string {
  for (const key of KEYS) {
    const size = key === 'rsa' ? ['-b', '2048'] : [];
    const made = capture(program('ssh-keygen'), [
      '-q',
      '-t',
      key,
      ...size,
      '-N',
      '',
      '-C',
      `of a ${key}`,
      '-f',
      join(dir, `key-${key}`),
    ]);
    if (made.status !== 0) throw new Error(`ssh-keygen: ${made.output}`);
  }
  return dir;
}

/** An agent at this path that holds these files' keys. */
export async function startAgent(socket: string, keyFiles: readonly string[]): Promise<Agent> {
  const child = spawn(program('ssh-agent'), ['-D', '-a', socket], { stdio: 'ignore' });
  await untilThere(child, socket);
  for (const file of keyFiles) {
    const added = capture(program('ssh-add'), ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    if (added.status !== 0) throw new Error(`ssh-add: ${added.output}`);
  }
  return {
    socket,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGTERM')) await ended;
    },
  };
}

async function untilThere(child: ChildProcess, socket: string): Promise<void> {
  for (let tries = 0; !existsSync(socket); tries++) {
    if (tries === 200 || child.exitCode !== null) throw new Error(`ssh-agent does not listen at ${socket}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** `ssh-add`, `ssh-keygen` and all that they are linked with, as a root directory. */
export function writeClient(dir: string): void {
  const programs = ['ssh-add', 'ssh-keygen'].map(program);
  const libraries = programs.flatMap((file) =>
    [...capture('ldd', [file]).output.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm)].map(([, path]) => path!),
  );
  for (const from of programs) place(from, join(dir, 'usr/bin', from.split('/').at(-1)!));
  for (const from of new Set(libraries)) place(from, join(dir, from));
  mkdirSync(join(dir, 'etc'));
  writeFileSync(join(dir, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\n');
}

function place(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

function program(name: string): string {
  const installed = which(name);
  if (installed !== null) return installed;
  const suite = debianSuite();
  if (suite === null) throw new Error(`there is no ${name}`);
  return join(unpackDebianPackages(['openssh-client'], suite), 'usr/bin', name);
}
