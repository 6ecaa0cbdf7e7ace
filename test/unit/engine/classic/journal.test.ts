/** The note of what no label can be put on: written while it is there, read by the next start. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MARKS } from '../../../../src/engine/classic/build-mark.js';
import { openJournal, readJournals } from '../../../../src/engine/classic/journal.js';
import { isOrphan, ownerName } from '../../../../src/engine/classic/owner.js';

const ENGINE = 'unix:///a/docker.sock';
const ONE = '0123456789ab';
const TWO = 'ba9876543210';

describe('the journal of containers', () => {
  let home: string;
  let env: NodeJS.ProcessEnv;
  const files = (): string[] => readdirSync(join(home, 'bxtui/classic'));
  const fileOf = (name: string): string => join(home, 'bxtui/classic', name);
  /** As if its process had been killed. */
  const orphan = (): void => {
    for (const name of files())
      writeFileSync(fileOf(name), readFileSync(fileOf(name), 'utf8').replace(ownerName(), `${hostname()}/4194305/1`));
  };
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'bxtui-journal-'));
    env = { XDG_STATE_HOME: home };
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('stands on disk for this user alone until everything in it has gone', () => {
    const journal = openJournal(ENGINE, 1000, env);
    journal.add(ONE);
    journal.add(TWO);
    expect(statSync(fileOf(files()[0]!)).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, 'bxtui/classic')).mode & 0o777).toBe(0o700);
    journal.remove(ONE);
    journal.close();
    expect(files()).toHaveLength(1);
    journal.remove(TWO);
    journal.close();
    expect(files()).toEqual([]);
  });

  it('is read of processes that have gone, of the same engine, and forgotten when told', () => {
    const journal = openJournal(ENGINE, 1000, env);
    journal.add(ONE);
    expect(readJournals(ENGINE, env)).toEqual([]);
    journal.add(TWO);
    orphan();
    expect(readJournals('unix:///b/docker.sock', env)).toEqual([]);
    const [left] = readJournals(ENGINE, env)!;
    expect(left?.containers).toEqual([ONE, TWO]);
    left?.forget();
    expect(readJournals(ENGINE, env)).toEqual([]);
  });

  it('has what the containers of its builds are marked with, until they have been told', () => {
    const journals = Array.from({ length: 3 }, () => openJournal(ENGINE, 1000, env));
    const marks = journals.map((journal) => journal.beginBuild());
    expect(new Set(marks).size).toBe(3);
    for (const mark of marks) expect(mark).toMatch(/^default$/i);
    for (const journal of journals.slice(1)) journal.endBuild();
    for (const journal of journals) journal.close();
    expect(files()).toHaveLength(1);
    orphan();
    const [left] = readJournals(ENGINE, env)!;
    expect(left).toMatchObject({ containers: [], build: { mark: marks[0], sinceS: 1000 }, seenS: null });
    left?.see(1005);
    left?.see(1009);
    expect(readJournals(ENGINE, env)![0]?.seenS).toBe(1005);
  });

  it('marks nothing where all marks are in use, or the engine tells no time, and notes all the same', () => {
    const marks = Array.from({ length: MARKS }, () => openJournal(ENGINE, 1000, env).beginBuild());
    expect(new Set(marks).size).toBe(MARKS);
    const [late, timeless] = [openJournal(ENGINE, 1000, env), openJournal(ENGINE, null, env)];
    expect([late.beginBuild(), timeless.beginBuild()]).toEqual([null, null]);
    late.add(ONE);
    timeless.add(TWO);
    orphan();
    const left = readJournals(ENGINE, env)!;
    expect(left.flatMap(({ containers }) => containers).sort()).toEqual([ONE, TWO].sort());
  });

  it('takes nothing for an id that was cut short or is none', () => {
    openJournal(ENGINE, 1000, env).add(ONE);
    orphan();
    const [name] = files();
    writeFileSync(fileOf(name!), `${readFileSync(fileOf(name!), 'utf8')}../images\n0123`);
    expect(readJournals(ENGINE, env)?.[0]?.containers).toEqual([ONE]);
  });

  it('lets a build go on where the disk refuses it', () => {
    const journal = openJournal(ENGINE, 1000, { XDG_STATE_HOME: '/proc/none' });
    expect(() => journal.add(ONE)).not.toThrow();
    expect(journal.beginBuild()).toBeNull();
    expect(() => journal.close()).not.toThrow();
    expect(readJournals(ENGINE, { XDG_STATE_HOME: '/proc/none' })).toBeNull();
  });
});

describe('an owner', () => {
  const started = (pid: number): string | null => (pid === 7 ? '100' : null);
  it.each([
    ['h/7/100', false],
    ['h/7/99', true],
    ['h/8/100', true],
    ['elsewhere/8/100', false],
    ['', false],
    ['h', false],
    ['h/x/1', false],
  ])('%j is gone: %s', (owner, expected) => expect(isOrphan(owner, 'h', started)).toBe(expected));
});
