/**
 * Vitest's global set-up of the suites that need an engine: takes the ones named by BXTUI_TEST_ENGINES (as `npm test` does, once for
 * all suites), else acquires one for this run, and makes sure that the bundle is fresh.
 */
import { acquireEngine } from './engine.mjs';
import { ensureBuild } from './toolchain.mjs';

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.BXTUI_TEST_BUILD !== 'as-is') ensureBuild();
  if (process.env.BXTUI_TEST_ENGINES) return undefined;
  const engine = await acquireEngine({ prefer: 'private' });
  process.env.BXTUI_TEST_ENGINES = engine.address;
  process.env.BXTUI_TEST_CGROUP = engine.cgroup ?? '';
  return async () => {
    const leftovers = await engine.stop();
    if (leftovers !== null) throw new Error(`the private engine left something behind: ${JSON.stringify(leftovers)}`);
  };
}
