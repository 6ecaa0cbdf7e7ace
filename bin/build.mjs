#!/usr/bin/env node
/**
 * Bundles the program: src/cli/main.ts -> dist/cli/main.cjs with its lazily loaded parts in dist/chunks, and beside each the code that
 * this Node compiles from it. Start-up decides what is bundled: pure JavaScript libraries go in, what reads files beside itself or is
 * native stays in node_modules. bin/start.cjs loads all of it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { runScript, SetupError } from '../test/setup/say.mjs';
import { ensureDependencies, projectRoot } from '../test/setup/toolchain.mjs';
import { withPlainExports } from './exports.mjs';
import { packsOf } from './packs.mjs';
import { moduleAt, originsOf, withStraightImports } from './straight-imports.mjs';

const KEEP_OLD_CHUNKS_MS = 15 * 60_000;
const ENTRY = join(projectRoot, 'dist/cli/main.cjs');
const { wrap, pack, PACK_SUFFIX } = createRequire(import.meta.url)('./start.cjs');

const BOOT_FILE = join(projectRoot, 'src/engine/buildkit/proto/boot-file.ts');

/** Stands for `import.meta.url`; the loader gives it to each chunk. */
const MODULE_URL = 'bxModule.url';

/** Of the indexes that were read. @type {Map<string, import('./straight-imports.mjs').Origins>} */
const origins = new Map();

const BLESSED_PARTS = join(projectRoot, 'src/ui/host/blessed-parts.ts');

/** Half a megabyte of code that few Dockerfiles need: a chunk of its own, loaded by the first call. */
const LATE_PARSER = 'dockerfile-ast';
const PARSER_FILE = /core\/dockerfile\/parser\.ts$/;

/** Libraries that are imported by their index, and where its modules lie. */
const INDEXED = {
  '@bufbuild/protobuf': 'dist/esm/index.js',
  '@bufbuild/protobuf/codegenv2': 'dist/esm/codegenv2/index.js',
  '@bufbuild/protobuf/reflect': 'dist/esm/reflect/index.js',
  '@bufbuild/protobuf/wire': 'dist/esm/wire/index.js',
  '@bufbuild/protobuf/wkt': 'dist/esm/wkt/index.js',
  '@connectrpc/connect': 'dist/esm/index.js',
};

/** Native, or load native code. */
const EXTERNAL = ['node-pty', '@lydell/node-pty', 'dockerode', 'ssh2', 'cpu-features'];

await runScript(async () => {
  ensureDependencies();
  const { build, transform } = await import('esbuild');
  const { withBootedDescriptor } = await import('./descriptors.mjs');
  const result = await build({
    absWorkingDir: projectRoot,
    entryPoints: { 'cli/main': 'src/cli/main.ts', [`chunks/${LATE_PARSER}`]: LATE_PARSER },
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: EXTERNAL,
    // Every free mention of Headers is this class: the global one loads Node's whole HTTP client.
    inject: ['src/engine/buildkit/transport/headers.ts'],
    plugins: [
      {
        name: 'blessed',
        setup(bundler) {
          // From blessed itself, `../` is the whole of it.
          bundler.onResolve({ filter: /^(blessed|\.\.\/)$/ }, ({ path, importer }) =>
            path === 'blessed' || /\/blessed\/lib\/[^/]+$/.test(importer) ? { path: BLESSED_PARTS } : undefined,
          );
        },
      },
      {
        name: 'late parser',
        setup(bundler) {
          const late = `./${LATE_PARSER}.js`;
          bundler.onResolve({ filter: /^\.\/dockerfile-ast\.js$/ }, ({ path }) => ({ path, external: true }));
          bundler.onLoad({ filter: PARSER_FILE }, () => ({
            contents: `export const parseLines = (text) => require('${late}').default.DockerfileParser.parse(text);`,
          }));
        },
      },
      {
        name: 'straight imports and descriptors',
        setup(bundler) {
          const filter = /[\\/](src[\\/].*\.ts|@(bufbuild|connectrpc)[\\/].*\.js)$/;
          bundler.onLoad({ filter }, ({ path }) => {
            const code = readFileSync(path, 'utf8');
            const described = path.includes('_pb.') ? withBootedDescriptor(code, BOOT_FILE) : null;
            const contents = withStraightImports(described ?? code, (from) => originsFrom(path, from));
            return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' };
          });
        },
      },
    ],
    sourcemap: 'inline',
    sourcesContent: false,
    define: { 'import.meta.url': MODULE_URL },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    write: false,
    metafile: true,
    logLevel: 'warning',
  }).catch(() => null);
  // The bundler has printed what is wrong, with the place in the source.
  if (result === null) return 1;

  const scripts = await Promise.all(result.outputFiles.map((file) => toScript(file, transform)));
  const byPath = new Map(scripts.map((script) => [script.path, script]));
  const pathOf = (/** @type {string} */ output) => join(projectRoot, output).replace(/\.js$/, '.cjs');
  const packs = packsOf(result.metafile.outputs, 'dist/cli/main.js', [`dist/chunks/${LATE_PARSER}.js`]);
  const outputFiles = [
    ...scripts.flatMap(({ path, code, map }) => [
      { path, contents: code + mapComment(`${path}.map`) },
      { path: `${path}.map`, contents: map },
    ]),
    ...[...packs].flatMap(([root, members]) => {
      const chunks = members.flatMap((member) => byPath.get(pathOf(member)) ?? []);
      return packFiles(pathOf(root), chunks);
    }),
  ];
  // The entry comes last and at once, so that a build that was interrupted never looks complete or newer than its sources.
  for (const file of outputFiles.toSorted((a, b) => Number(a.path === ENTRY) - Number(b.path === ENTRY))) {
    mkdirSync(dirname(file.path), { recursive: true });
    writeFileSync(`${file.path}.${process.pid}`, file.contents);
    renameSync(`${file.path}.${process.pid}`, file.path);
  }
  const chunks = join(projectRoot, 'dist/chunks');
  const current = new Set(outputFiles.map((file) => file.path));
  // Programs that run at this moment may still load a chunk of the build before.
  for (const name of readdirSync(chunks)) {
    const path = join(chunks, name);
    if (!current.has(path) && Date.now() - statSync(path).mtimeMs > KEEP_OLD_CHUNKS_MS) rmSync(path, { force: true });
  }
  // By the tables that parse the flags.
  writeFileSync(join(projectRoot, 'dist/bxtui.1'), execFileSync(process.execPath, [join(projectRoot, 'bin/start.cjs'), 'man']));
  const bytes = scripts.reduce((sum, { code }) => sum + code.length, 0);
  process.stdout.write(`dist: ${scripts.length} files, ${Math.round(bytes / 1024)} KiB\n`);
  return 0;
});

/** Null: what is imported from is no index. @param {string} importer @param {string} from */
function originsFrom(importer, from) {
  const [, library = ''] = /^((?:@[^/]+\/)?[^/]+)/.exec(from) ?? [];
  const inside =
    from in INDEXED ? join(projectRoot, 'node_modules', library, INDEXED[/** @type {keyof INDEXED} */ (from)]) : null;
  if (inside !== null) return originsOf(inside, origins);
  return /^\.{1,2}\/(.*\/)?index\.js$/.test(from) ? originsOf(moduleAt(importer, from), origins) : null;
}

/**
 * Only the bundler's ES modules can be cut into chunks, and only scripts can be loaded with compiled code: so each chunk is turned into
 * a CommonJS module.
 * @param {import('esbuild').OutputFile} file
 * @param {typeof import('esbuild').transform} transform
 */
async function toScript(file, transform) {
  const { code, map } = await transform(file.text, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    supported: { 'dynamic-import': false },
    sourcemap: 'external',
    sourcesContent: false,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const path = file.path.replace(/\.js$/, '.cjs');
  refuseNonAscii(path, code);
  return { path, code: withPlainExports(code), map };
}

/**
 * The bundler escapes what is not ASCII in strings and leaves it in regular expressions, where it would match nothing: the loader reads
 * each byte as a character.
 * @param {string} path @param {string} code
 */
function refuseNonAscii(path, code) {
  const found = /[^\n]{0,40}[\u0080-\uffff]/.exec(code);
  if (found !== null)
    throw new SetupError(
      `${path} is not ASCII: ${found[0]}`,
      'Write the sign as \\uXXXX in the source, as in a regular expression.',
    );
}

/** @param {string} path of the chunk that brings the others @param {readonly { path: string, code: string, map: string }[]} chunks */
function packFiles(path, chunks) {
  const mapPath = `${path}${PACK_SUFFIX}.map`;
  const { code: table, starts } = wrap(chunks.map((chunk) => ({ name: relative(dirname(path), chunk.path), code: chunk.code })));
  const code = table + mapComment(mapPath);
  const map = {
    version: 3,
    sections: chunks.map((chunk, index) => ({ offset: starts[index], map: JSON.parse(chunk.map) })),
  };
  return [
    { path: `${path}${PACK_SUFFIX}`, contents: pack(code, compiled(path, code)) },
    { path: mapPath, contents: JSON.stringify(map) },
  ];
}

/** @param {string} path */
function mapComment(path) {
  return `\n//# sourceMappingURL=${basename(path)}\n`;
}

/** All functions, and not only those that run at the load: a run of the program then compiles next to nothing. @param {string} path @param {string} code */
function compiled(path, code) {
  setFlagsFromString('--no-lazy');
  const script = new Script(code, { filename: path });
  // What is compiled counts only for a Node with the flags of this moment.
  setFlagsFromString('--lazy');
  return script.createCachedData();
}
