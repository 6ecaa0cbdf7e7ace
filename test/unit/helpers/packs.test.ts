/** The bundle's packs: what is in them, and that a chunk is run once and maps back to its source, whichever pack it came with. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packsOf } from '../../../bin/packs.mjs';

const LOADER = join(import.meta.dirname, '../../../bin/start.cjs');
const { wrap, pack } = createRequire(import.meta.url)(LOADER);

const output = (statics: readonly string[], dynamics: readonly string[] = []) => ({
  imports: [
    ...statics.map((path) => ({ path, kind: 'import-statement' })),
    ...dynamics.map((path) => ({ path, kind: 'dynamic-import' })),
    { path: 'node:fs', kind: 'import-statement', external: true },
  ],
});

describe('a pack', () => {
  it('has what its chunk needs, but not what is there whichever way leads to it', () => {
    const packs = packsOf(
      {
        main: output(['base'], ['build', 'attach']),
        base: output([]),
        build: output(['base', 'flags'], ['screen']),
        flags: output(['words']),
        words: output([]),
        attach: output(['words'], ['screen']),
        screen: output(['base', 'flags', 'words', 'grid']),
        grid: output(['words']),
        parser: output(['base', 'words']),
      },
      'main',
      ['parser'],
    );
    expect(Object.fromEntries(packs)).toEqual({
      main: ['main', 'base'],
      build: ['build', 'flags', 'words'],
      attach: ['attach', 'words'],
      // From attach without the flags, from both with the words.
      screen: ['screen', 'flags', 'grid'],
      parser: ['parser', 'words'],
    });
  });
});

describe('the loader', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'bxtui-packs-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const CODE: Readonly<Record<string, string>> = {
    'one.cjs': '"use strict";\nconst two=require("./two.js");exports.said=[two.name,require("./three.js").name,typeof this];',
    'two.cjs': 'global.runs=(global.runs??0)+1;exports.name="two"+global.runs;exports.late=()=>require("./three.js").name;',
    'three.cjs': 'exports.name=require("./two.js").name+"3";',
  };
  const write = (root: string, names: readonly string[], withCompiled: boolean): void => {
    const { code } = wrap(names.map((name) => ({ name, code: CODE[name]! })));
    const compiled = withCompiled ? new Script(code).createCachedData() : Buffer.from('of another Node, long enough to be read');
    writeFileSync(join(dir, `${root}.pack`), pack(code, compiled));
  };
  const said = (): unknown =>
    JSON.parse(
      execFileSync(process.execPath, [
        '-e',
        `console.log(JSON.stringify([require(${JSON.stringify(LOADER)}).load(${JSON.stringify(join(dir, 'one.cjs'))}).said, global.runs]))`,
      ]).toString(),
    );
  const RIGHT = [['two1', 'two13', 'undefined'], 1];

  it.each([true, false])('runs each chunk once, from the pack that has it (compiled by this Node: %s)', (withCompiled) => {
    write('one.cjs', ['one.cjs', 'two.cjs'], withCompiled);
    write('three.cjs', ['three.cjs', 'two.cjs'], withCompiled);
    expect(said()).toEqual(RIGHT);
  });

  it('takes a chunk that is in no pack from its own file', () => {
    for (const [name, code] of Object.entries(CODE)) writeFileSync(join(dir, name), code);
    expect(said()).toEqual(RIGHT);
  });

  it('knows where the code of each chunk begins', () => {
    const { code, starts } = wrap(Object.entries(CODE).map(([name, text]) => ({ name, code: text })));
    const lines: string[] = code.split('\n');
    const begins = Object.values(CODE).map((text) => text.split('\n')[0]);
    expect(starts.map(({ line, column }: { line: number; column: number }) => lines[line]!.slice(column))).toEqual(begins);
  });
});
