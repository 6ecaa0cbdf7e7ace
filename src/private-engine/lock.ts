/**
 * Who may run the private engine: one keeper at a time, for as long as its process lives. Locks are numbered and the highest counts, so that a
 * dead process's is passed over without a moment in which two could take it away from each other.
 */
import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isKeeperAlive, type KeeperProcess } from './record.js';

const NAME = /^lock\.(\d+)$/;

export interface EngineLock {
  release(): void;
}

/** Null: another process that lives holds it. Throws what the system says. */
export function takeLock(dir: string, holder: KeeperProcess): EngineLock | null {
  const last = newest(dir);
  if (last !== null && isHeld(dir, last)) return null;
  const mine = (last ?? 0) + 1;
  const path = join(dir, `lock.${mine}`);
  const part = join(dir, `lock.${holder.pid}.part`);
  writeFileSync(part, JSON.stringify(holder), { mode: 0o600 });
  try {
    // It appears with its content, or not at all.
    linkSync(part, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw error;
  } finally {
    rmSync(part, { force: true });
  }
  const release = (): void => rmSync(path, { force: true });
  if (newest(dir) !== mine) {
    release();
    return null;
  }
  for (const older of numbers(dir)) if (older < mine) rmSync(join(dir, `lock.${older}`), { force: true });
  return { release };
}

function isHeld(dir: string, number: number): boolean {
  try {
    return isKeeperAlive(JSON.parse(readFileSync(join(dir, `lock.${number}`), 'utf8')) as KeeperProcess);
  } catch {
    // Released since, or cut off by a full disk: nobody stands behind it.
    return false;
  }
}

function newest(dir: string): number | null {
  const all = numbers(dir);
  return all.length === 0 ? null : Math.max(...all);
}

function numbers(dir: string): number[] {
  return readdirSync(dir).flatMap((name) => {
    const number = NAME.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}
