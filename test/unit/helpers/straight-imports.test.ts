import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { moduleAt, originsOf, withStraightImports } from '../../../bin/straight-imports.mjs';

let dir = '';
const at = (path: string): string => join(dir, path);

const FILES = {
  'index.ts':
    "export { first, type Kind } from './first.js';\nexport type { Shape } from './first.js';\nexport { second as other } from './second.js';\nexport * from './inner/index.js';\n",
  'first.ts': 'export type Kind = 1;\nexport interface Shape {}\nexport async function first() {}\nexport const more = 1;\n',
  'second.ts': 'export class second {}\n',
  'inner/index.ts': "export * from './deep.js';\nexport { first } from '../first.js';\n",
  'inner/deep.ts': 'export enum Deep { one }\nexport abstract class Base {}\nconst hidden = 1;\n',
};

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-straight-'));
  mkdirSync(at('inner'));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(at(name), text);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('an index', () => {
  it('is read as the modules that have what it exports, through other indexes', () => {
    expect(Object.fromEntries(originsOf(at('index.ts')))).toEqual({
      first: at('first.ts'),
      // Under another name than its own it is known here only.
      other: at('index.ts'),
      Deep: at('inner/deep.ts'),
      Base: at('inner/deep.ts'),
    });
  });

  it('is found by the name that its compiler gives it', () => {
    expect(moduleAt(at('inner/deep.ts'), '../index.js')).toBe(at('index.ts'));
    expect(moduleAt(at('inner/deep.ts'), './elsewhere.js')).toBe(at('inner/elsewhere.js'));
  });
});

describe('imports from an index', () => {
  const straight = (code: string): string =>
    withStraightImports(code, (from) => (from === './index.js' ? originsOf(at('index.ts')) : null));

  it('lead to the modules, with the same names and on as many lines', () => {
    expect(straight("import {\n  first,\n  type Kind,\n  Deep as D,\n} from './index.js';\nfirst(D);\n")).toBe(
      `import { first } from "${at('first.ts')}"; import { Deep as D } from "${at('inner/deep.ts')}";\n\n\n\n\nfirst(D);\n`,
    );
  });

  it('of types alone are none', () => {
    expect(straight("import { type Kind } from './index.js';\nrest();")).toBe('\nrest();');
  });

  it.each([
    ["import { first, unknown } from './index.js';", 'a name of no known origin'],
    ["import { first } from './first.js';", 'no index'],
    ["import * as all from './index.js';", 'all of it'],
    ["export { first } from './index.js';", 'handed on'],
  ])('stay as they are: %s (%s)', (code) => {
    expect(straight(code)).toBe(code);
  });
});
