/**
 * Directories for what nobody else may read, below the system's one for temporary files. Each is named after its process, so that the next
 * one that is made removes what a process that was killed has left.
 */
import { lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSameProcess, processBirth } from './process-birth.js';

/** `bxtui-PURPOSE-PID.BIRTH.NAMESPACE-RANDOM`: birth and the namespace of process ids are empty where there is no /proc. */
const NAME = /^bxtui-[a-z]+-(\d+)\.(\d*)\.(\d*)-\w{6}$/;

/** Of this process. */
const made = new Set<string>();

/**
 * Makes one; whoever asks for it removes it, at the latest the end of this process does. `purpose`: lower-case letters, they tell people what
 * it is. `parent` is the system's. Throws what the file system throws.
 */
export function makePrivateDirectory(purpose: string, parent = tmpdir()): string {
  removeAbandoned(parent);
  const birth = processBirth(process.pid)?.bornAt ?? '';
  const directory = mkdtempSync(join(parent, `bxtui-${purpose}-${process.pid}.${birth}.${pidNamespace()}-`));
  if (made.size === 0) process.once('exit', removeMade);
  made.add(directory);
  return directory;
}

function removeMade(): void {
  for (const directory of made) {
    try {
      rmSync(directory, { recursive: true, force: true });
    } catch {
      // The next process that makes one tries again.
    }
  }
}

function removeAbandoned(parent: string): void {
  const namespace = pidNamespace();
  for (const name of entriesOf(parent)) {
    const [, pid, birth, itsNamespace] = NAME.exec(name) ?? [];
    // Who lives in another namespace is not known here.
    if (pid === undefined || itsNamespace !== namespace || isSameProcess(Number(pid), birth || null)) continue;
    const path = join(parent, name);
    try {
      // Windows has 0 for the owner of anything; the directory for temporary files is the user's own there.
      if (lstatSync(path).uid === (process.getuid?.() ?? 0)) rmSync(path, { recursive: true, force: true });
    } catch {
      // Somebody else removes it at this moment.
    }
  }
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
  } catch {
    return '';
  }
}
