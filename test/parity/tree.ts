/** A tree of files as lines that can be compared: what kind, mode, owner, time, links, attributes, content. */
import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join, relative } from 'node:path';
import tar from 'tar-stream';
import { createXattrReader } from '../../src/engine/buildkit/session/filesync/xattrs.js';

/** Whatever is younger was made by a build, of this run or an earlier one: an equal file is taken from the cache with its time. */
const NOW_SINCE_MS = Date.UTC(2024, 0);

export async function describeTree(root: string): Promise<string[]> {
  const paths = walk(root);
  const xattrs = createXattrReader();
  try {
    const found = await xattrs?.read(
      root,
      paths.map((path) => relative(root, path) || '.'),
    );
    const names = new Map<string, string>();
    return paths.map((path, index) => {
      const stat = lstatSync(path);
      const name = relative(root, path);
      const key = `${stat.dev}:${stat.ino}`;
      const first = stat.nlink > 1 && !stat.isDirectory() ? names.get(key) : undefined;
      names.set(key, names.get(key) ?? name);
      return [
        `${name || '.'}:`,
        kindOf(stat),
        (stat.mode & 0o7777).toString(8),
        `${stat.uid}:${stat.gid}`,
        timeOf(stat),
        first === undefined ? contentOf(path, stat) : `same as ${first}`,
        ...attributes(found?.get(index)),
      ].join(' ');
    });
  } finally {
    xattrs?.dispose();
  }
}

/** The entries of an archive, in their order. */
export async function describeArchive(path: string): Promise<string[]> {
  const lines: string[] = [];
  const extract = tar.extract();
  createReadStream(path).pipe(extract);
  for await (const entry of extract) {
    const { name, type, mode, uid, gid, mtime, linkname, pax, devmajor, devminor } = entry.header;
    const hash = createHash('sha256');
    for await (const chunk of entry) hash.update(chunk as Uint8Array);
    const kept = Object.entries(pax ?? {}).filter(([key]) => !/^(?:mtime|atime|ctime|path|linkpath)$/.test(key));
    const time = mtime && mtime.getTime() >= NOW_SINCE_MS ? 'now' : mtime?.getTime();
    const device = devmajor || devminor ? ` ${devmajor},${devminor}` : '';
    lines.push(
      `${name}: ${type} ${mode?.toString(8)} ${uid}:${gid} ${time} ${linkname ?? ''} ${hash.digest('hex').slice(0, 16)}${device} ${JSON.stringify(kept)}`,
    );
  }
  return lines;
}

function walk(path: string): string[] {
  if (!lstatSync(path).isDirectory()) return [path];
  const below = readdirSync(path).sort();
  return [path, ...below.flatMap((name) => walk(join(path, name)))];
}

function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return 'dir';
  if (stat.isSymbolicLink()) return 'link';
  if (stat.isFIFO()) return 'fifo';
  if (stat.isCharacterDevice() || stat.isBlockDevice()) return `device ${stat.rdev}`;
  return 'file';
}

/** Which directories keep their times where buildx receives them changes from run to run; archives have them all. */
function timeOf(stat: Stats): string {
  if (stat.isDirectory()) return '-';
  return stat.mtimeMs >= NOW_SINCE_MS ? 'now' : String(stat.mtimeMs);
}

function contentOf(path: string, stat: Stats): string {
  if (stat.isSymbolicLink()) return `-> ${readlinkSync(path)}`;
  if (!stat.isFile()) return '-';
  const content = readFileSync(path);
  return content.length < 64 ? JSON.stringify(content.toString('latin1')) : createHash('sha256').update(content).digest('hex');
}

function attributes(xattrs: Readonly<Record<string, Uint8Array>> | ReadonlyMap<string, Uint8Array> | undefined): string[] {
  if (xattrs === undefined) return [];
  const entries = xattrs instanceof Map ? [...xattrs] : Object.entries(xattrs);
  return entries.map(([name, value]) => `${name}=${Buffer.from(value as Uint8Array).toString('hex')}`).sort();
}
