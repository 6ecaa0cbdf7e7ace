/** Files as they arrive, in a directory of their own; nothing outside of it is touched before `moveInto`. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { BxError } from '../../../../platform/errors.js';
import { GoMode } from '../../../shared/files/file-tree.js';
import { cleanPath } from '../../../shared/files/go-path.js';
import type { DecodedStat } from '../filesync/packets.js';
import { setXattrs, type XattrToSet } from './set-xattrs.js';

export interface StagedTree {
  /** Makes the entry. True: its content has to be asked for. Throws `BxError('engine')` for a path that leads out of the tree, `BxError('input')` for a device that this user may not make. */
  add(stat: DecodedStat): boolean;
  write(stat: DecodedStat, data: Buffer): void;
  finishFile(stat: DecodedStat): void;
  /** Moves everything to its place; entries there are replaced, directories are merged. */
  moveInto(dest: string): void;
  closeAll(): void;
}

export function createStagedTree(root: string): StagedTree {
  const directories = new Map<string, DecodedStat | null>([['.', null]]);
  const open = new Map<string, number>();
  const withXattrs: DecodedStat[] = [];

  const add = (stat: DecodedStat): boolean => {
    const { path } = stat;
    // Parents must be directories of this very tree: a symlink in it must not be written through.
    if (path !== cleanPath(path) || path.startsWith('/') || path === '.' || !directories.has(dirname(path))) {
      throw new BxError('engine', `the engine sent a path that does not belong into the result: ${JSON.stringify(path)}`);
    }
    if (stat.xattrs.size > 0) withXattrs.push(stat);
    const target = join(root, path);
    if (hasBit(stat.mode, GoMode.dir)) {
      fs.mkdirSync(target, { mode: 0o700 });
      directories.set(path, stat);
    } else if (stat.mode & GoMode.symlink) {
      fs.symlinkSync(stat.linkName, target);
      fs.lutimesSync(target, ...times(stat));
    } else if (stat.mode & (GoMode.device | GoMode.fifo)) {
      makeNode(target, stat);
      fs.chmodSync(target, unixMode(stat.mode));
      fs.utimesSync(target, ...times(stat));
    } else if (stat.linkName !== '') {
      const source = cleanPath(`/${stat.linkName}`).slice(1);
      if (!directories.has(dirname(source)))
        throw new BxError('engine', `the engine sent a link that leads out of the result: ${JSON.stringify(path)}`);
      fs.linkSync(join(root, source), target);
    } else {
      fs.closeSync(fs.openSync(target, 'wx', 0o600));
      return true;
    }
    return false;
  };

  return {
    add,
    write(stat, data) {
      let fd = open.get(stat.path);
      if (fd === undefined) {
        fd = fs.openSync(join(root, stat.path), 'r+');
        open.set(stat.path, fd);
      }
      for (let at = 0; at < data.length; ) at += fs.writeSync(fd, data, at);
    },
    finishFile(stat) {
      const fd = open.get(stat.path);
      if (fd !== undefined) fs.closeSync(fd);
      open.delete(stat.path);
      const target = join(root, stat.path);
      fs.chmodSync(target, unixMode(stat.mode));
      fs.utimesSync(target, ...times(stat));
    },
    moveInto(dest) {
      merge(root, dest);
      setXattrs(withXattrs.flatMap((stat) => xattrsOf(stat, dest)));
      // Deepest first: giving a directory its time comes after everything in it, taking away its write permission too.
      for (const [path, stat] of [...directories].reverse()) {
        if (!stat) continue;
        takeOver(join(dest, path));
        fs.chmodSync(join(dest, path), unixMode(stat.mode));
        fs.utimesSync(join(dest, path), ...times(stat));
      }
    },
    closeAll() {
      for (const fd of open.values()) fs.closeSync(fd);
      open.clear();
    },
  };
}

function xattrsOf(stat: DecodedStat, dest: string): XattrToSet[] {
  return [...stat.xattrs].map(([name, value]) => ({ path: join(dest, stat.path), name, value }));
}

function merge(from: string, to: string): void {
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    const present = fs.lstatSync(target, { throwIfNoEntry: false });
    if (entry.isDirectory() && present?.isDirectory()) {
      merge(source, target);
      continue;
    }
    if (present && (entry.isDirectory() || present.isDirectory())) fs.rmSync(target, { recursive: true, force: true });
    fs.renameSync(source, target);
  }
}

/** What was there already becomes this user's, as everything in the result is (fsutil in docker/buildx). */
function takeOver(directory: string): void {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  const found = fs.statSync(directory);
  if (uid !== undefined && gid !== undefined && (found.uid !== uid || found.gid !== gid)) fs.chownSync(directory, uid, gid);
}

/** Node has no call that makes pipes and devices. */
function makeNode(target: string, stat: DecodedStat): void {
  const permissions = (stat.mode & GoMode.permissions).toString(8);
  const kind =
    stat.mode & GoMode.fifo ? ['p'] : [stat.mode & GoMode.charDevice ? 'c' : 'b', String(stat.devMajor), String(stat.devMinor)];
  try {
    execFileSync('mknod', ['-m', permissions, '--', target, ...kind], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const { stderr } = error as { readonly stderr?: Buffer };
    const reason = lastWords(stderr?.toString() ?? '') || String(error);
    const what = kind.length === 1 ? 'pipe' : 'device';
    throw new BxError('input', `the ${what} ${JSON.stringify(stat.path)} of the result cannot be made: ${reason}`, {
      hint:
        what === 'device'
          ? 'Only root makes devices: write the result into an archive (--output type=tar,dest=FILE), or build as root.'
          : null,
      cause: error,
    });
  }
}

/** `mknod: /out/null: Operation not permitted`: the last of it. */
function lastWords(said: string): string {
  return said.trim().split(/:\s+/).at(-1) ?? '';
}

function unixMode(goMode: number): number {
  let mode = goMode & GoMode.permissions;
  if (goMode & GoMode.setuid) mode |= 0o4000;
  if (goMode & GoMode.setgid) mode |= 0o2000;
  if (goMode & GoMode.sticky) mode |= 0o1000;
  return mode;
}

/** Seconds as Node takes them, exact to about a quarter of a microsecond; before 1970 it takes only dates, exact to the millisecond. */
function times(stat: DecodedStat): [accessed: number | Date, modified: number | Date] {
  const seconds = Number(stat.mtimeNs / 1_000_000_000n) + Number(stat.mtimeNs % 1_000_000_000n) / 1e9;
  const time = stat.mtimeNs < 0n ? new Date(Math.floor(seconds * 1000)) : seconds;
  return [time, time];
}

/** The directory bit is the sign bit of a 32-bit integer. */
function hasBit(mode: number, bit: number): boolean {
  return Math.floor(mode / bit) % 2 === 1;
}
