/**
 * Imports from an index, led to the modules that have what is imported. The bundler puts into a chunk whatever its modules import by name, an
 * index with all that this names included: used there or not, as long as another chunk uses it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const IMPORT = /^import \{([^}]*)\} from (["'])([^"']+)\2;/gm;
const ALL_OF = /^export \* from (["'])(\.[^"']+)\1;/gm;
const SOME_OF = /^export \{([^}]*)\} from (["'])(\.[^"']+)\2;/gm;
const DECLARED = /^export (?:async )?(?:function\*?|const|let|var|(?:abstract )?class|enum) (\w+)/gm;

/** @typedef {ReadonlyMap<string, string>} Origins absolute paths of modules by the names that they export */

/** @param {string} index absolute path of an ES module @param {Map<string, Origins>} [known] @returns {Origins} */
export function originsOf(index, known = new Map()) {
  const found = known.get(index);
  if (found !== undefined) return found;
  /** @type {Map<string, string>} */
  const origins = new Map();
  known.set(index, origins);
  const code = readFileSync(index, 'utf8');
  for (const [, , path = ''] of code.matchAll(ALL_OF))
    for (const [name, origin] of originsOf(moduleAt(index, path), known)) origins.set(name, origin);
  for (const [, names = '', , path = ''] of code.matchAll(SOME_OF)) {
    const others = originsOf(moduleAt(index, path), known);
    for (const { name, as, isType } of namesIn(names)) {
      const origin = others.get(name);
      // What got another name on the way is only known under it here.
      if (!isType && origin !== undefined) origins.set(as, name === as ? origin : index);
    }
  }
  for (const [, name = ''] of code.matchAll(DECLARED)) origins.set(name, index);
  return origins;
}

/** The file that a relative import means; TypeScript names its sources as what the compiler makes of them. @param {string} importer @param {string} path */
export function moduleAt(importer, path) {
  const file = join(dirname(importer), path);
  const source = file.replace(/\.js$/, '.ts');
  return existsSync(source) ? source : file;
}

/**
 * The code with each import from an index led on, lines kept; left as it is where one name of it has no known origin.
 * @param {string} code TypeScript or JavaScript
 * @param {(from: string) => Origins | null} indexOf null: no index
 */
export function withStraightImports(code, indexOf) {
  return code.replace(IMPORT, (statement, names, _quote, from) => {
    const origins = indexOf(from);
    const wanted = namesIn(names).filter(({ isType }) => !isType);
    if (origins === null || !wanted.every(({ name }) => origins.has(name))) return statement;
    const straight = wanted.map(
      ({ name, as }) => `import { ${name === as ? name : `${name} as ${as}`} } from ${JSON.stringify(origins.get(name))};`,
    );
    return straight.join(' ') + '\n'.repeat(statement.split('\n').length - 1);
  });
}

/** @param {string} list what stands between the braces @returns {Array<{ name: string, as: string, isType: boolean }>} */
function namesIn(list) {
  return list
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => {
      const [name = '', as = name] = one.replace(/^type /, '').split(/\s+as\s+/);
      return { name, as, isType: one.startsWith('type ') };
    });
}
