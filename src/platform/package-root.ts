/** Where this program lies: the same for the sources and for the bundle. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory with `package.json`, `themes`, `bin` and `dist`. */
export function packageRoot(): string {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, 'package.json')) && dir !== dirname(dir)) dir = dirname(dir);
  return dir;
}

/** What Node runs to start this program. */
export function launcherPath(): string {
  return join(packageRoot(), 'bin/start.cjs');
}
