/**
 * Loads the bundle's chunks, each once, with the code that was compiled at the build. Node refuses code that another version or other
 * flags have compiled, and compiles the chunk then.
 */
const { readFileSync } = require('node:fs');
const { createRequire, isBuiltin } = require('node:module');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

const CACHE_SUFFIX = '.cache';

/**
 * Of Node's modules those that many chunks name and few runs use. Each takes milliseconds to load, so the first use of what it has loads it;
 * `import * as` is a use.
 */
const LATE = new Set(['node:child_process', 'node:crypto', 'node:fs/promises', 'node:tls', 'node:zlib']);

/** @type {Map<string, { exports: any }>} */
const modules = new Map();

/** @param {string} code */
const wrap = (code) => `(function(exports,require,module,bxModule){${code}\n})`;

/** @param {string} file absolute @returns {any} what the chunk exports */
function load(file) {
  const known = modules.get(file);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  modules.set(file, module);
  // The build refuses anything but ASCII.
  const code = readFileSync(file, 'latin1');
  const script = new Script(wrap(code), { filename: file, cachedData: readCompiled(file) });
  script.runInThisContext()(module.exports, requireFrom(file), module, place(file));
  return module.exports;
}

/** What `import.meta` is to a chunk. Few ask where they are, and Node takes its time to say it as a URL. @param {string} file */
function place(file) {
  return {
    get url() {
      return require('node:url').pathToFileURL(file).href;
    },
  };
}

/** @param {string} file */
function readCompiled(file) {
  try {
    return readFileSync(`${file}${CACHE_SUFFIX}`);
  } catch {
    return undefined;
  }
}

/** @param {string} file */
function requireFrom(file) {
  /** @type {NodeJS.Require | null} */
  let others = null;
  return (/** @type {string} */ name) => {
    if (name.startsWith('./') || name.startsWith('../')) return load(join(dirname(file), name.replace(/\.js$/, '.cjs')));
    if (LATE.has(name)) return late(name);
    if (isBuiltin(name)) return require(name);
    others ??= createRequire(file);
    return others(name);
  };
}

/** Stands for a module of Node that is not loaded yet. @param {string} name */
function late(name) {
  return new Proxy(Object.create(null), {
    get: (_, key) => require(name)[key],
    has: (_, key) => key in require(name),
    ownKeys: () => Reflect.ownKeys(require(name)),
    getOwnPropertyDescriptor: (_, key) => ({ ...Reflect.getOwnPropertyDescriptor(require(name), key), configurable: true }),
  });
}

module.exports = { load, wrap, CACHE_SUFFIX };
