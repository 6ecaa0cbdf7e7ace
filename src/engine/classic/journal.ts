/**
 * What this process has on an engine and no label can be put on: the containers of commands that run or have failed, and those that a build makes
 * and has not told of yet. They stand in a file of the state directory for as long as they may be there, so that the next start can take away what a
 * process that was killed has left.
 */
import { accessSync, appendFileSync, constants, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../../platform/make-directory.js';
import { stateDirectory } from '../../platform/state-directory.js';
import { isMark, MARKS, markAt } from './build-mark.js';
import { isOrphan, ownerName } from './owner.js';

export interface Journal {
  /** Before anything with the label of this process is made: the next start looks for that only where something was noted. */
  begin(): void;
  /** Called before anything can go wrong with it. A disk that refuses it is no reason to stop a build. */
  add(container: string): void;
  /** It is on the engine no more. */
  remove(container: string): void;
  /** Before a build is sent: what its containers are to be marked with, which no other process of this user has. Null: nothing can be noted. */
  beginBuild(): string | null;
  /** All containers that it has made have been told. */
  endBuild(): void;
  /** Takes the file away when nothing is left to say. */
  close(): void;
}

/** Containers of builds that nobody has been told of: by their mark, made since a time of the engine's clock. */
export interface UntoldBuild {
  readonly mark: string;
  readonly sinceS: number;
}

export interface LeftBehind {
  readonly containers: readonly string[];
  readonly build: UntoldBuild | null;
  /** When a process first saw that its own is gone, by the engine's clock; null: that is now. */
  readonly seenS: number | null;
  see(atS: number): void;
  /** They are gone. */
  forget(): void;
}

let files = 0;

/** `address`: of the engine. `sinceS`: its clock now; null where it does not say. */
export function openJournal(address: string, sinceS: number | null, env: NodeJS.ProcessEnv = process.env): Journal {
  const there = new Set<string>();
  let builds = 0;
  let own: { readonly file: string; readonly mark: string | null } | null = null;
  const begun = (): typeof own => {
    try {
      own ??= begin(directory(env), `${ownerName()}\n${address}\n`, sinceS);
    } catch {}
    return own;
  };
  return {
    begin: () => void begun(),
    add(container) {
      there.add(container);
      try {
        appendFileSync(begun()?.file ?? '', `${container}\n`);
      } catch {}
    },
    remove: (container) => void there.delete(container),
    beginBuild() {
      const mark = begun()?.mark ?? null;
      if (mark !== null) builds++;
      return mark;
    },
    endBuild: () => void builds--,
    close() {
      if (own !== null && there.size === 0 && builds === 0) remove(own.file);
    },
  };
}

/** A file with a mark's number for its name is made once, so that the mark is its process's alone. */
function begin(directory: string, head: string, sinceS: number | null): { readonly file: string; readonly mark: string | null } {
  makeDirectory(directory);
  const first = Math.floor(Math.random() * MARKS);
  for (let index = 0; sinceS !== null && index < MARKS; index++) {
    const number = (first + index) % MARKS;
    const [file, mark] = [join(directory, `${number}`), markAt(number)];
    try {
      writeFileSync(file, `${head}build ${mark} ${sinceS}\n`, { flag: 'wx', mode: 0o600 });
      return { file, mark };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  const file = join(directory, `${process.pid}-${Date.now()}-${++files}`);
  writeFileSync(file, head, { mode: 0o600 });
  return { file, mark: null };
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
      return [
        {
          // The last line may have been cut by the end of its process; it is no id then.
          containers: noted.filter((line) => /^[0-9a-f]{12,64}$/.test(line)),
          build: buildIn(noted),
          seenS: Number(noted.flatMap((line) => /^seen (\d+)$/.exec(line)?.[1] ?? [])[0] ?? Number.NaN) || null,
          see(atS) {
            try {
              appendFileSync(file, `\nseen ${atS}\n`);
            } catch {}
          },
          forget: () => remove(file),
        },
      ];
    } catch {
      return [];
    }
  });
}

/** `rmSync` would load what removes trees. */
function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function buildIn(noted: readonly string[]): UntoldBuild | null {
  const [, mark = '', sinceS] = noted.map((line) => /^build (\w+) (\d+)$/.exec(line)).find((found) => found !== null) ?? [];
  return isMark(mark) ? { mark, sinceS: Number(sinceS) } : null;
}

function directory(env: NodeJS.ProcessEnv): string {
  return join(stateDirectory(env), 'classic');
}
