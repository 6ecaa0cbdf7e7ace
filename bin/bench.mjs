#!/usr/bin/env node
/**
 * `npm run bench`: brings engine, bundle and peers, runs the rows of test/bench and prints their table. Nothing is asserted: figures
 * belong to the machine, ratios to the table. `npm run bench -- cached prompt` runs the rows whose names hold one of the words.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { passThrough } from '../test/setup/command.mjs';
import { acquireEngine } from '../test/setup/engine.mjs';
import { runScript } from '../test/setup/say.mjs';
import { ensureBuild, ensureDependencies, projectRoot } from '../test/setup/toolchain.mjs';

await runScript(async () => {
  ensureDependencies();
  ensureBuild();
  const { build } = await import('esbuild');
  const outfile = join(projectRoot, 'node_modules/.cache/bxtui-bench/test/bench/main.mjs');
  mkdirSync(join(outfile, '..'), { recursive: true });
  await build({
    absWorkingDir: projectRoot,
    entryPoints: ['test/bench/main.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    // The set-up scripts find the project from their own place, so they stay where they are.
    plugins: [
      {
        name: 'set-up-stays',
        setup: (plugin) => {
          plugin.onResolve({ filter: /\/setup\/[\w-]+\.mjs$/ }, ({ path }) => ({
            path: join(projectRoot, 'test/setup', path.split('/').at(-1) ?? ''),
            external: true,
          }));
        },
      },
    ],
  });
  const named = process.env.BXTUI_TEST_ENGINES;
  const engine = named ? null : await acquireEngine({ prefer: 'private' });
  try {
    const env = { ...process.env, BXTUI_TEST_ENGINES: named ?? engine?.address };
    return await passThrough(process.execPath, [outfile, ...process.argv.slice(2)], { cwd: projectRoot, env });
  } finally {
    await engine?.stop();
  }
});
