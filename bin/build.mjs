#!/usr/bin/env node
/**
 * Bundles the program: src/cli/main.ts -> dist/cli/main.js with its lazily loaded parts in dist/chunks. Start-up decides what is
 * bundled: pure JavaScript libraries go in, what reads files beside itself or is native stays in node_modules.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runScript } from '../test/setup/say.mjs';
import { ensureDependencies, projectRoot } from '../test/setup/toolchain.mjs';

const KEEP_OLD_CHUNKS_MS = 15 * 60_000;
const ENTRY = join(projectRoot, 'dist/cli/main.js');

/** blessed loads its widgets and terminfo by path, contrib requires blessed, the others are native or load native code. */
const EXTERNAL = [
  'blessed',
  'blessed/*',
  'blessed-contrib',
  'blessed-contrib/*',
  'node-pty',
  '@lydell/node-pty',
  'dockerode',
  'ssh2',
  'cpu-features',
];

await runScript(async () => {
  ensureDependencies();
  const { build } = await import('esbuild');
  const result = await build({
    absWorkingDir: projectRoot,
    entryPoints: { 'cli/main': 'src/cli/main.ts' },
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
    sourcemap: 'linked',
    sourcesContent: false,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    // CommonJS libraries inside an ES module call require() for node's own modules.
    banner: { js: "import{createRequire as bxCreateRequire}from'node:module';const require=bxCreateRequire(import.meta.url);" },
    write: false,
    logLevel: 'warning',
  }).catch(() => null);
  // The bundler has printed what is wrong, with the place in the source.
  if (result === null) return 1;
  const { outputFiles } = result;
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
  const scripts = outputFiles.filter((file) => file.path.endsWith('.js'));
  const bytes = scripts.reduce((sum, file) => sum + file.contents.byteLength, 0);
  process.stdout.write(`dist: ${scripts.length} files, ${Math.round(bytes / 1024)} KiB\n`);
  return 0;
});
