/** Writes the context of a case to disk, the same for both programs: every time in it lies in the past. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import tar from 'tar-stream';
import { writeImageLayout } from '../helpers/image-layout.js';
import { findBusybox } from '../setup/busybox.mjs';
import type { FileSpec, ParityCase } from './case.js';
import { writeClient, writeKeys } from './ssh.js';

const PAST_SECONDS = 981_173_106;

export async function writeContext(dir: string, { dockerfile, files = {}, keys, remote }: ParityCase): Promise<void> {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'Dockerfile'), dockerfile);
  if (dockerfile.includes('COPY busybox ')) copyFileSync(findBusybox(), join(dir, 'busybox'));
  if (dockerfile.includes('COPY ssh-client ')) writeClient(join(dir, 'ssh-client'));
  if (keys || dockerfile.includes('COPY key-')) writeKeys(dir, keys);
  const specs = Object.entries(files).map(([path, file]): [string, FileSpec] => [
    join(dir, path),
    typeof file === 'string' ? { text: file } : file,
  ]);
  for (const [path, spec] of specs) await writeEntry(dir, path, spec);
  if (remote !== undefined) commitAll(dir, remote);
  setTimes(dir);
  for (const [path, { mtime }] of specs) if (mtime !== undefined) lutimesSync(path, mtime, mtime);
}

function commitAll(dir: string, remote: string): void {
  const git = (...args: readonly string[]): void =>
    void execFileSync('git', ['-c', 'user.name=parity', '-c', 'user.email=parity@example.com', ...args], { cwd: dir });
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message=all');
  git('remote', 'add', 'origin', remote);
}

async function writeEntry(dir: string, path: string, spec: FileSpec): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  if (spec.layout) await writeImageLayout(path, spec.layout, 'one');
  else if (spec.dir) mkdirSync(path, { recursive: true });
  else if (spec.link !== undefined) symlinkSync(spec.link, path);
  else if (spec.hardLink !== undefined) linkSync(join(dir, spec.hardLink), path);
  else writeFileSync(path, spec.tar ? await archive(spec.tar) : (spec.text ?? ''));
  if (spec.owner) lchownSync(path, ...spec.owner);
  if (spec.mode !== undefined) chmodSync(path, spec.mode);
  for (const [name, value] of Object.entries(spec.xattrs ?? {})) setXattr(path, name, value);
}

async function archive(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const pack = tar.pack();
  for (const [name, text] of Object.entries(files)) pack.entry({ name, mtime: new Date(PAST_SECONDS * 1000), mode: 0o640 }, text);
  pack.finalize();
  return buffer(pack);
}

/** lsetxattr by its number, for Node has no call for it. */
function setXattr(path: string, name: string, value: string): void {
  const call = process.arch === 'arm64' ? 5 : 188;
  const script = 'exit(syscall($ARGV[0] + 0, $ARGV[1], $ARGV[2], $ARGV[3], length($ARGV[3]), 0) == 0 ? 0 : 1)';
  const { status } = spawnSync('perl', ['-e', script, String(call), path, name, value]);
  if (status !== 0) throw new Error(`cannot set ${name} of ${path}`);
}

function setTimes(dir: string): void {
  for (const { name } of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, name);
    lutimesSync(path, PAST_SECONDS, PAST_SECONDS);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() && !isLink(dir, name)) setTimes(path);
    lutimesSync(path, PAST_SECONDS, PAST_SECONDS);
  }
}

function isLink(dir: string, name: string): boolean {
  return readdirSync(dir, { withFileTypes: true }).some((entry) => entry.name === name && entry.isSymbolicLink());
}
