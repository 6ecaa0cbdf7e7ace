/**
 * Vitest's global set-up of the suites that need an engine: takes the ones named by BXTUI_TEST_ENGINES (as `npm test` does, once for
 * all suites), else acquires one for this run, makes sure that the bundle is fresh, and has a directory for what the tests put down.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireEngine } from './engine.mjs';
import { ensureBuild } from './toolchain.mjs';

export default async function setup(): Promise<() => Promise<void>> {
  if (process.env.BXTUI_TEST_BUILD !== 'as-is') ensureBuild();
  const directory = mkdtempSync(join(tmpdir(), 'bxs-'));
  // What is below it is closed or opened by the tests themselves.
  chmodSync(directory, 0o711);
  process.env.BXTUI_TEST_DIRECTORY = directory;
  const removeDirectory = (): void => rmSync(directory, { recursive: true, force: true });
  if (process.env.BXTUI_TEST_ENGINES) return async () => removeDirectory();
  const engine = await acquireEngine({ prefer: 'private' });
  process.env.BXTUI_TEST_ENGINES = engine.address;
  process.env.BXTUI_TEST_CGROUP = engine.cgroup ?? '';
  return async () => {
    removeDirectory();
    const leftovers = await engine.stop();
    if (leftovers !== null) throw new Error(`the private engine left something behind: ${JSON.stringify(leftovers)}`);
  };
}
