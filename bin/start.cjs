/**
 * Starts the bundle in dist, which `npm run build` makes. It loads the bundle's chunks, each once, with the code that was compiled at the build and
 * the chunks that it needs in turn (packs.mjs). Node refuses code that another version or other flags have compiled, and compiles the pack then.
 * One file, and CommonJS: to find and read another one takes longer than all that stands here.
 */
const { existsSync, readFileSync } = require('node:fs');
const { basename, dirname, join, sep } = require('node:path');
const { Script } = require('node:vm');

const PACK_SUFFIX = '.pack';
const LENGTH_BYTES = 4;

/** Of Node's modules those that many chunks name and few runs use. Each takes milliseconds to load, so the first use of what it has loads it. */
const LATE = new Set(['node:child_process', 'node:crypto', 'node:fs/promises', 'node:tls', 'node:zlib']);

/** @type {Map<string, { exports: any }>} */
const modules = new Map();

/** @typedef {(exports: any, require: any, module: any, bxModule: any) => void} ChunkFunction */

/** Of chunks that came with another one and were not asked for yet. @type {Map<string, ChunkFunction>} */
const functions = new Map();

/**
 * A script whose value is a table of the chunks' functions, and where in it each chunk's own code begins.
 * @param {readonly { name: string, code: string }[]} chunks ASCII; the name as it is seen from the file of the pack
 */
function wrap(chunks) {
  let code = '({';
  let line = 0;
  const starts = [];
  for (const chunk of chunks) {
    const before = `${JSON.stringify(chunk.name)}:function(exports,require,module,bxModule){`;
    starts.push({ line, column: (line === 0 ? code.length : 0) + before.length });
    const text = `${before}${chunk.code}\n},\n`;
    code += text;
    line += text.split('\n').length - 1;
  }
  return { code: `${code}})`, starts };
}

/** @param {string} file absolute @returns {any} what the chunk exports */
function load(file) {
  const known = modules.get(file);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  modules.set(file, module);
  if (!functions.has(file)) takePack(file);
  functions.get(file)?.(module.exports, requireFrom(file), module, place(file));
  functions.delete(file);
  return module.exports;
}

/** @param {string} file */
function takePack(file) {
  const { code, compiled } = readPack(file);
  const script = new Script(code, { filename: file, cachedData: compiled });
  /** @type {Record<string, ChunkFunction>} */
  const table = script.runInThisContext();
  const dir = dirname(file);
  for (const name in table) {
    const path = beside(dir, name);
    if (!modules.has(path) || path === file) functions.set(path, /** @type {ChunkFunction} */ (table[name]));
  }
}

/**
 * The path that a name leads to. Hundreds are asked for in a run, and for Node's general way the engine would begin to optimise.
 * @param {string} dir absolute @param {string} name relative
 */
function beside(dir, name) {
  let base = dir;
  let rest = name.startsWith('./') ? name.slice('./'.length) : name;
  for (; rest.startsWith('../'); rest = rest.slice('../'.length)) base = dirname(base);
  // One file has one name, or it would be loaded again under the other.
  return `${base}${sep}${sep === '/' ? rest : rest.replaceAll('/', sep)}`;
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

/** A chunk that comes with others alone has no pack. @param {string} file @returns {{ code: string, compiled: Buffer | undefined }} */
function readPack(file) {
  try {
    const bytes = readFileSync(`${file}${PACK_SUFFIX}`);
    const end = bytes.length - LENGTH_BYTES;
    const begin = end - bytes.readUInt32LE(end);
    return { code: bytes.latin1Slice(begin, end), compiled: bytes.subarray(0, begin) };
  } catch {
    const { code } = wrap([{ name: basename(file), code: readFileSync(file, 'latin1') }]);
    return { code, compiled: undefined };
  }
}

/** @param {string} file */
function requireFrom(file) {
  /** @type {NodeJS.Require | null} */
  let others = null;
  const dir = dirname(file);
  return (/** @type {string} */ name) => {
    if (name.startsWith('.')) return load(beside(dir, `${name.slice(0, -'.js'.length)}.cjs`));
    if (LATE.has(name)) return late(name);
    if (name.startsWith('node:') || isBuiltin(name)) return require(name);
    others ??= require('node:module').createRequire(file);
    return others(name);
  };
}

/** @param {string} name */
function isBuiltin(name) {
  return require('node:module').isBuiltin(name);
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

function start() {
  // The launcher keeps them from Node, which would read them before the first line here; whatever this process starts gets them under their own name.
  const { BXTUI_EXTRA_CA_CERTS: certificates } = process.env;
  if (certificates !== undefined) {
    process.env.NODE_EXTRA_CA_CERTS = certificates;
    delete process.env.BXTUI_EXTRA_CA_CERTS;
  }
  const entry = join(__dirname, '../dist/cli/main.cjs');
  if (existsSync(entry)) {
    load(entry).start();
  } else {
    process.stderr.write(`ERROR: bxtui is not built yet\nRun npm run build in ${join(__dirname, '..')}\n`);
    process.exitCode = 1;
  }
}

if (require.main === module) start();

module.exports = { load, wrap, pack, PACK_SUFFIX };
