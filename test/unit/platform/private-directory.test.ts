import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePrivateDirectory } from '../../../src/platform/private-directory.js';

let parent = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'private-directory-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** As if the process `pid` had made it. */
function madeBy(pid: number | undefined): string {
  const own = makePrivateDirectory('stdin', parent);
  const path = join(parent, basename(own).replace(`-${process.pid}.`, `-${pid}.`));
  renameSync(own, path);
  writeFileSync(join(path, 'stdin'), 'x');
  return path;
}

describe('a private directory', () => {
  it('is for nobody else', () => {
    expect(statSync(makePrivateDirectory('text', parent)).mode & 0o777).toBe(0o700);
  });

  it('is gone with its process', () => {
    const program = join(parent, 'program.mjs');
    const source = join(import.meta.dirname, '../../../src/platform/private-directory.ts');
    const makesTwo = `import { makePrivateDirectory as make } from '${source}'; console.log(make('text', '${parent}'), make('load', '${parent}'));`;
    const stdin = { contents: makesTwo, resolveDir: parent, loader: 'ts' } as const;
    buildSync({ stdin, bundle: true, platform: 'node', format: 'esm', outfile: program });
    const made = spawnSync(process.execPath, [program], { encoding: 'utf8' }).stdout.trim().split(' ');
    expect(made).toHaveLength(2);
    expect(made.map(existsSync)).toEqual([false, false]);
  });

  it('of a process that is gone is removed by the next', () => {
    const abandoned = madeBy(spawnSync('true').pid);
    makePrivateDirectory('load', parent);
    expect(existsSync(abandoned)).toBe(false);
  });

  it('of a process that lives stays, and so does all else', () => {
    const own = makePrivateDirectory('stdin', parent);
    mkdirSync(join(parent, 'bxtui-stdin-somebody'));
    const elsewhere = madeBy(spawnSync('true').pid).replace(/\.\d*-(?=\w{6}$)/, '.1-');
    mkdirSync(elsewhere);
    makePrivateDirectory('stdin', parent);
    expect(readdirSync(parent)).toEqual(expect.arrayContaining([own, elsewhere].map((path) => basename(path))));
    expect(readdirSync(parent)).toContain('bxtui-stdin-somebody');
  });
});
