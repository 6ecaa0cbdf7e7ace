/** Size and habits of the files: one concept each, opened by a comment, free of escapes from the type system. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSources } from '../../helpers/source-files.js';
import { projectRoot } from '../../setup/toolchain.mjs';

const LONGEST = 400;
const sources = readSources('src');
const everything = [...sources, ...readSources('test', ['.ts', '.mjs']), ...readSources('bin', ['.mjs'])];

describe('files', () => {
  it('are there', () => {
    expect(sources.length).toBeGreaterThan(30);
  });

  it(`have at most ${LONGEST} lines`, () => {
    expect(everything.filter((file) => file.lineCount > LONGEST).map((file) => `${file.path}: ${file.lineCount}`)).toEqual([]);
  });

  it('open with what they own', () => {
    expect(
      sources
        .filter((file) => !file.path.endsWith('/index.ts') && !/^(#!.*\n)?\/(\*\*|\/)/.test(file.text))
        .map((file) => file.path),
    ).toEqual([]);
  });

  it('are named in kebab-case', () => {
    const name = (path: string) => path.split('/').at(-1) ?? '';
    const wrong = everything.filter((file) => !/^_?[a-z0-9]+(-[a-z0-9]+)*(\.(test|bench|d))?\.(ts|mjs)$/.test(name(file.path)));
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  it('use no default exports, no `as any`, nothing left to do', () => {
    const habits = [/^export default /m, /\bas any\b/, /@ts-(ignore|nocheck)/, /\b(TODO|FIXME|XXX)\b/];
    const wrong = sources.flatMap((file) =>
      habits.filter((habit) => habit.test(file.text)).map((habit) => `${file.path}: ${habit}`),
    );
    expect(wrong).toEqual([]);
  });

  it('name no place of the machine they were written on', () => {
    expect(everything.filter((file) => file.text.includes(projectRoot)).map((file) => file.path)).toEqual([]);
  });

  it('import with the suffix that runs', () => {
    const wrong = sources.filter((file) => /from '\.[^']*(?<!\.js|\.json)'/.test(file.text));
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  it('have a map', () => {
    expect(existsSync(join(projectRoot, 'src/ARCHITECTURE.md'))).toBe(true);
  });
});
