/** `bxtui version` and `--version`. */
import { programVersion } from '../version.js';

export function runVersion(args: readonly string[]): number {
  if (args.length > 0 && args[0] !== '--help' && args[0] !== '-h') {
    process.stderr.write(`ERROR: bxtui version takes no arguments\n`);
    return 125;
  }
  process.stdout.write(args.length > 0 ? 'Usage:  bxtui version\n' : `bxtui ${programVersion()}\n`);
  return 0;
}
