/**
 * A tar into an empty directory of ours. Nothing is ever written outside of it, whatever the names and the links in the archive are
 * (moby/go-archive: names that lead out are refused, links are followed as if the directory were the root).
 */
import { execFile } from 'node:child_process';
import {
  chmodSync,
  createWriteStream,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { Header } from 'tar-stream';
import { BxError, toBxError } from '../../../platform/errors.js';
import { loadTar } from '../tar.js';
import { resolveInScope } from './in-scope.js';

/** Throws `BxError('input')` for an archive that is damaged or leads out, `BxError('unsupported')` for what cannot be made here. */
export async function unpackTar(tar: Readable, root: string, signal: AbortSignal): Promise<void> {
  const extract = (await loadTar()).extract();
  /** Modes and times of directories are set when nothing more comes into them. */
  const directories: Array<readonly [path: string, header: Header]> = [];
  const fed = pipeline(tar, extract, { signal });
  fed.catch(() => {});
  try {
    for await (const entry of extract) {
      const { header } = entry;
      const path = placeOf(root, header.name);
      if (path === root) entry.resume();
      else if (header.type === 'directory') directories.push([makeDirectory(path), header]);
      else await makeEntry(entry as unknown as Readable, header, path, root);
      entry.resume();
    }
    await fed;
  } catch (error) {
    await fed.catch((cause: unknown) => {
      if (cause instanceof BxError) throw cause;
    });
    if (error instanceof BxError) throw error;
    throw new BxError('input', `the context is no whole archive: ${toBxError(error).message}`, {
      hint: 'Pack it anew; it may have been cut off.',
      cause: error,
    });
  }
  for (const [path, header] of directories.reverse()) {
    if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) continue;
    // Who is not root has to read it all the same.
    chmodSync(path, modeOf(header, 0o755) | 0o700);
    utimesSync(path, header.mtime ?? new Date(0), header.mtime ?? new Date(0));
  }
}

function placeOf(root: string, name: string): string {
  const path = normalize(`./${name}`).replace(/\/+$/, '');
  if (path === '..' || path.startsWith('../')) {
    throw new BxError('input', `the archive has a name that leads out of it: ${JSON.stringify(name)}`, {
      hint: 'Pack it anew, from the directory that is the context: tar -C DIR -c .',
    });
  }
  return path === '.' ? root : resolveInScope(root, path, true);
}

async function makeEntry(body: Readable, header: Header, path: string, root: string): Promise<void> {
  const { type, linkname, mtime = new Date(0) } = header;
  mkdirSync(dirname(path), { recursive: true });
  // The last of a name counts.
  rmSync(path, { recursive: true, force: true });
  switch (type) {
    case 'symlink':
      symlinkSync(linkname ?? '', path);
      lutimesSync(path, mtime, mtime);
      return;
    case 'link':
      return makeLink(root, header.name, linkname ?? '', path);
    case 'fifo':
    case 'character-device':
    case 'block-device':
      return makeSpecial(header, type, path);
    default: {
      await pipeline(body, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
      chmodSync(path, modeOf(header, 0o644) | 0o400);
      utimesSync(path, mtime, mtime);
    }
  }
}

/** Node has no call for it. Nobody opens one here: what is packed of it is its header. */
async function makeSpecial(header: Header, type: 'fifo' | 'character-device' | 'block-device', path: string): Promise<void> {
  const { name, devmajor = 0, devminor = 0 } = header;
  const command =
    type === 'fifo'
      ? (['mkfifo', [path]] as const)
      : (['mknod', [path, type === 'block-device' ? 'b' : 'c', `${devmajor}`, `${devminor}`]] as const);
  try {
    await promisify(execFile)(command[0], command[1]);
    chmodSync(path, modeOf(header, 0o644));
  } catch (error) {
    const said = toBxError(error).message.trim().split('\n').at(-1);
    throw new BxError('unsupported', `the archive has a ${type.replace('-', ' ')}, ${name}, which cannot be made here: ${said}`, {
      hint: 'Pack the context without it; devices can be made by root only.',
      cause: error,
    });
  }
}

function makeLink(root: string, name: string, linkname: string, path: string): void {
  try {
    linkSync(placeOf(root, linkname), path);
  } catch (error) {
    if (error instanceof BxError) throw error;
    throw new BxError('input', `the archive has ${name} as another name of ${linkname}, which is not in it`, { cause: error });
  }
}

/** One that was there before, as a file or a link, gives way. */
function makeDirectory(path: string): string {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there && !there.isDirectory()) rmSync(path);
  mkdirSync(join(path), { recursive: true });
  return path;
}

function modeOf({ mode }: Header, usual: number): number {
  return (mode ?? usual) & 0o7777;
}
