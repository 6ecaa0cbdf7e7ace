/** The bundler's chunks with exports that cost less at the start: the same names and the same values, also those that change. */
import { createRequire } from 'node:module';
import { runInNewContext } from 'node:vm';
import { transform } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { withPlainExports } from '../../../bin/exports.mjs';

async function chunkOf(source: string): Promise<string> {
  const { code } = await transform(source, {
    format: 'cjs',
    platform: 'node',
    supported: { 'dynamic-import': false },
    minifySyntax: true,
    minifyWhitespace: true,
  });
  return code;
}

function run(code: string, others: Readonly<Record<string, object>> = {}): Record<string, unknown> {
  const module = { exports: {} };
  const load = createRequire(import.meta.url);
  const require = (name: string): unknown => others[name] ?? load(name);
  runInNewContext(`(function(exports,require,module){${code}})`)(module.exports, require, module);
  return module.exports;
}

const SOURCE = `
export let count = 0;
export function add() { count++; }
const inner = 'a', $odd = 1;
export { inner as outer, $odd, inner as default };
export class Thing {}
`;

describe('the exports of a chunk', () => {
  it('have the names and values that the bundler gives them', async () => {
    const code = await chunkOf(SOURCE);
    const [plain, theirs] = [run(withPlainExports(code)), run(code)];
    expect(withPlainExports(code)).not.toContain('__toCommonJS(stdin_exports)');
    expect(Object.keys(plain).toSorted()).toEqual([...Object.keys(theirs), '__esModule'].toSorted());
    expect([plain.outer, plain.default, plain.$odd, typeof plain.Thing]).toEqual(['a', 'a', 1, 'function']);
  });

  it('change as what they stand for does', async () => {
    const plain = run(withPlainExports(await chunkOf(SOURCE)));
    (plain.add as () => void)();
    expect(plain.count).toBe(1);
  });

  it('leave each line of the code where its source map expects it', async () => {
    const code = await chunkOf(`${SOURCE} export const later = () => import('./other.js'); throw new Error('where');`);
    expect(withPlainExports(code).indexOf('throw')).toBe(code.indexOf('throw'));
  });

  it('are given whole to who imports the chunk lazily', async () => {
    const other = run(withPlainExports(await chunkOf(SOURCE)));
    const { later } = run(withPlainExports(await chunkOf(`export const later = () => import('./other.js');`)), {
      './other.js': other,
    });
    expect(await (later as () => Promise<unknown>)()).toBe(other);
  });

  it('may use a module of Node by all the ways of importing it', async () => {
    const code = await chunkOf(
      `import * as path from 'node:path'; import fs, { sep } from 'node:fs'; export const all = [path.join('a', 'b'), fs.existsSync('/'), typeof path.default.join];`,
    );
    expect(withPlainExports(code)).toContain('bxNames(require("node:path")');
    expect(run(withPlainExports(code)).all).toEqual(['a/b', true, 'function']);
    expect(withPlainExports(code).indexOf('existsSync')).toBe(code.indexOf('existsSync'));
  });

  it('stay as they are where a chunk hands on what another module has', async () => {
    const code = await chunkOf(`export * from 'node:path'; export const own = 1;`);
    expect(withPlainExports(code)).toBe(code);
    expect(run(withPlainExports(code)).own).toBe(1);
  });
});
