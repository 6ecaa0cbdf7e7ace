/**
 * Programs for arm64 on a machine that is amd64, by Debian's qemu: what an engine needs for the RUNs of another platform. Registered with the kernel
 * under a name of this process (Linux, Documentation/admin-guide/binfmt-misc.rst), for which there need not be anything of it installed.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from '../setup/command.mjs';
import { unpackDebianPackages } from '../setup/debian-package.mjs';
import { CLASSIC, testEngine } from './engines.js';
import type { Project } from './project.js';
import { testDirectory } from './session-root.js';

export interface Emulation {
  /** Puts `busybox-amd64` and `busybox-arm64` into the context. */
  addPrograms(project: Project): void;
  stop(): void;
}

const MOUNTED = '/proc/sys/fs/binfmt_misc';
/** The suite in which qemu is one file that needs no other. */
const SUITE = 'bookworm';
const QEMU = 'usr/bin/qemu-aarch64-static';
const PREFIX = 'bxtui-test-';
/** Of an ELF program: 64 bits, little endian, EXEC or DYN, AArch64; the ABI is not looked at. */
const MAGIC = String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`;
const MASK = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`;

/** Null: it can be set up; else why not. */
export function whyNoEmulation(engine: string = testEngine()): string | null {
  if (!engine.replace(CLASSIC, '').startsWith('unix://')) return `${engine} may be on another machine`;
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'this machine is no Linux on amd64';
  if (process.getuid?.() !== 0) return 'only root may register a program with binfmt_misc';
  const mounted = mountBinfmt();
  if ('lacks' in mounted) return mounted.lacks;
  mounted.unmount();
  return null;
}

/** Throws where the packages are not to be had. Ends with `stop`, or with this process. */
export function startEmulation(): Emulation {
  const qemu = join(unpackDebianPackages(['qemu-user-static'], SUITE, { only: [QEMU] }), QEMU);
  const busybox = join(unpackDebianPackages(['busybox-static'], SUITE, { architecture: 'arm64' }), 'bin/busybox');
  const mounted = mountBinfmt();
  if ('lacks' in mounted) throw new Error(mounted.lacks);
  const { dir, unmount } = mounted;
  removeLeftovers(dir);
  const name = `${PREFIX}${process.pid}`;
  // F opens qemu now, since no container has it; P leaves argv[0] as it is, by which busybox knows what it is to be.
  writeFileSync(join(dir, 'register'), `:${name}:M::${MAGIC}:${MASK}:${qemu}:POCF`);
  const stop = (): void => {
    process.off('exit', stop);
    unregister(dir, name);
    unmount();
  };
  process.once('exit', stop);
  const { stdout, error } = spawnSync(busybox, ['uname', '-m'], { encoding: 'utf8' });
  if (stdout?.trim() === 'aarch64') return { addPrograms: (project) => addPrograms(project, busybox), stop };
  stop();
  throw new Error(`the kernel does not run ${busybox} with ${qemu}: ${error?.message ?? stdout}`);
}

function addPrograms({ path }: Project, arm64: string): void {
  for (const [arch, program] of Object.entries({ amd64: path('busybox'), arm64 })) {
    copyFileSync(program, path(`busybox-${arch}`));
    chmodSync(path(`busybox-${arch}`), 0o755);
  }
}

type Mounted = { readonly dir: string; unmount(): void };

function mountBinfmt(): Mounted | { readonly lacks: string } {
  if (existsSync(join(MOUNTED, 'register'))) return { dir: MOUNTED, unmount: () => undefined };
  const dir = join(testDirectory(), 'binfmt');
  mkdirSync(dir);
  const { status, output } = capture('mount', ['-t', 'binfmt_misc', 'none', dir], { timeoutMs: 5000 });
  if (status !== 0) return { lacks: `the kernel has no binfmt_misc: ${output.trim()}` };
  return { dir, unmount: () => void capture('umount', [dir], { timeoutMs: 5000 }) };
}

/** What tests have registered that were killed. */
function removeLeftovers(dir: string): void {
  for (const name of readdirSync(dir).filter((one) => one.startsWith(PREFIX))) {
    if (!existsSync(`/proc/${name.slice(PREFIX.length)}`)) unregister(dir, name);
  }
}

function unregister(dir: string, name: string): void {
  if (existsSync(join(dir, name))) writeFileSync(join(dir, name), '-1');
}
