/** The sample build: a copy of the demo's context with its base program, in a directory of its own that may be edited and thrown away. */
import { chmodSync, copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBusybox } from './busybox.mjs';
import { projectRoot } from './toolchain.mjs';

/**
 * @returns {{ dir: string, lineOf: (text: string) => number, remove: () => void }} `lineOf`: the first line of the Dockerfile with the text, from 1
 */
export function createSample() {
  const dir = mkdtempSync(join(tmpdir(), 'bxtui-demo-'));
  cpSync(join(projectRoot, 'test/fixtures/demo'), dir, { recursive: true });
  copyFileSync(findBusybox(), join(dir, 'busybox'));
  chmodSync(join(dir, 'busybox'), 0o755);
  return {
    dir,
    lineOf: (text) => {
      const lines = readFileSync(join(dir, 'Dockerfile'), 'utf8').split('\n');
      const index = lines.findIndex((line) => line.includes(text));
      if (index < 0) throw new Error(`the sample's Dockerfile has no line with ${text}`);
      return index + 1;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
