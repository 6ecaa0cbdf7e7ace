/**
 * Loads the bundle's chunks, each once, with the code that was compiled at the build. Node refuses code that another version or other
 * flags have compiled, and compiles the chunk then.
 */
const { readFileSync } = require('node:fs');
const { createRequire, isBuiltin } = require('node:module');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

const CACHE_SUFFIX = '.cache';
const LENGTH_BYTES = 4;

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
  const { code, compiled } = readChunk(file);
  const script = new Script(wrap(code), { filename: file, cachedData: compiled });
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

/**
 * What the build puts beside a chunk: the compiled code, which has to begin where a number may, the code itself, so that one file is opened, and
 * the code's length. @param {string} code @param {Buffer} compiled
 */
function pack(code, compiled) {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(code.length);
  return Buffer.concat([compiled, Buffer.from(code, 'latin1'), length]);
}

/** The build refuses anything but ASCII. @param {string} file @returns {{ code: string, compiled: Buffer | undefined }} */
function readChunk(file) {
  try {
    const bytes = readFileSync(`${file}${CACHE_SUFFIX}`);
    const end = bytes.length - LENGTH_BYTES;
    const begin = end - bytes.readUInt32LE(end);
    return { code: bytes.latin1Slice(begin, end), compiled: bytes.subarray(0, begin) };
  } catch {
    return { code: readFileSync(file, 'latin1'), compiled: undefined };
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

module.exports = { load, wrap, pack, CACHE_SUFFIX };
