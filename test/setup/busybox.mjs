/** The one program of the sample images: a statically linked busybox, so that no registry is needed. */
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installDebianPackages } from './apt.mjs';
import { capture, which } from './command.mjs';
import { SetupError } from './say.mjs';

const PT_INTERP = 3;

/**
 * @returns {string} path of a static busybox for this machine's architecture; installed or unpacked from Debian's busybox-static when missing
 */
export function findBusybox() {
  const present = ['/bin/busybox', '/usr/bin/busybox', which('busybox')].find((path) => path !== null && isStaticElf(path));
  if (present) return present;
  if (process.getuid?.() === 0 && which('apt-get') !== null) {
    installDebianPackages(['busybox-static'], 'the base image of the sample is a static busybox');
    if (isStaticElf('/bin/busybox')) return '/bin/busybox';
  }
  return unpackWithoutRoot();
}

/** Anybody may download a Debian package and unpack it. */
function unpackWithoutRoot() {
  const dir = mkdtempSync(join(tmpdir(), 'bxtui-busybox-'));
  capture('apt-get', ['download', 'busybox-static'], { cwd: dir, timeoutMs: 120_000 });
  const archive = readdirSync(dir).find((name) => name.endsWith('.deb'));
  if (archive !== undefined) capture('dpkg-deb', ['-x', archive, '.'], { cwd: dir });
  const found = ['bin/busybox', 'usr/bin/busybox'].map((path) => join(dir, path)).find(isStaticElf);
  if (found !== undefined) return found;
  throw new SetupError('there is no statically linked busybox for the base image', 'Install it: apt-get install busybox-static');
}

/**
 * A dynamic executable names its loader in a program header (System V ABI, chapter 5).
 * @param {string} path
 */
function isStaticElf(path) {
  if (!existsSync(path)) return false;
  const file = readFileSync(path);
  const is64LittleEndian = file.length > 64 && file.readUInt32BE(0) === 0x7f454c46 && file[4] === 2 && file[5] === 1;
  if (!is64LittleEndian) return false;
  const tableOffset = Number(file.readBigUInt64LE(32));
  const [entryBytes, entries] = [file.readUInt16LE(54), file.readUInt16LE(56)];
  return !Array.from({ length: entries }, (_, i) => file.readUInt32LE(tableOffset + i * entryBytes)).includes(PT_INTERP);
}
