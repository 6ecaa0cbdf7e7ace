/**
 * What this process has on an engine and no label can be put on: the containers of commands that run or have failed. They stand in a file of the
 * state directory for as long as they are there, so that the next start can take away what a process that was killed has left.
 */
import { accessSync, appendFileSync, constants, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../../platform/make-directory.js';
import { stateDirectory } from '../../platform/state-directory.js';
import { isOrphan, ownerName } from './owner.js';

export interface Journal {
  /** Called before anything can go wrong with it. A disk that refuses it is no reason to stop a build. */
  add(container: string): void;
  /** It is on the engine no more. */
  remove(container: string): void;
  /** Takes the file away when nothing is left to say. */
  close(): void;
}

export interface LeftBehind {
  readonly containers: readonly string[];
  /** They are gone. */
  forget(): void;
}

let files = 0;

/** `address`: of the engine. */
export function openJournal(address: string, env: NodeJS.ProcessEnv = process.env): Journal {
  const file = join(directory(env), `${process.pid}-${Date.now()}-${++files}`);
  const there = new Set<string>();
  let isBegun = false;
  const append = (line: string): void => {
    try {
      if (!isBegun) makeDirectory(directory(env));
      appendFileSync(file, isBegun ? `${line}\n` : `${ownerName()}\n${address}\n${line}\n`, { mode: 0o600 });
      isBegun = true;
    } catch {}
  };
  return {
    add(container) {
      there.add(container);
      append(container);
    },
    remove: (container) => void there.delete(container),
    close() {
      if (isBegun && there.size === 0) rmSync(file, { force: true });
    },
  };
}

/** What processes of this machine that are gone have noted of the engine at this address. Null: nobody can note anything here. */
export function readJournals(address: string, env: NodeJS.ProcessEnv = process.env): LeftBehind[] | null {
  let names: string[] = [];
  try {
    makeDirectory(directory(env));
    accessSync(directory(env), constants.W_OK);
    names = readdirSync(directory(env));
  } catch {
    return null;
  }
  return names.flatMap((name): LeftBehind[] => {
    const file = join(directory(env), name);
    try {
      const [owner = '', engine, ...noted] = readFileSync(file, 'utf8').split('\n');
      if (engine !== address || !isOrphan(owner)) return [];
      // The last line may have been cut by the end of its process; it is no id then.
      const containers = noted.filter((id) => /^[0-9a-f]{12,64}$/.test(id));
      return [{ containers, forget: () => rmSync(file, { force: true }) }];
    } catch {
      return [];
    }
  });
}

function directory(env: NodeJS.ProcessEnv): string {
  return join(stateDirectory(env), 'classic');
}
