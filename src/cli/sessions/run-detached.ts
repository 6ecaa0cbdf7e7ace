/** `bxtui build --detach`: a session in a process of its own, whose id is all that is printed. */
import { BxError } from '../../platform/errors.js';
import { sessionRoot } from '../../session/records/root-dir.js';
import type { BuildOptions } from '../build/build-options.js';
import { EXIT_OK } from '../exit-status.js';
import { writesToStdout } from '../values/output.js';
import { startServer } from './start-server.js';

/** `args`: the command line that the options were read from. Throws `BxError`. */
export async function runDetached(options: BuildOptions, args: readonly string[]): Promise<number> {
  if (options.outputs.some(writesToStdout)) {
    throw new BxError('usage', 'a session in the background has no standard output to write the result to', {
      hint: 'Name a file: -o type=tar,dest=FILE',
    });
  }
  const { record } = await startServer(sessionRoot(options.root, process.env), args);
  process.stdout.write(`${record.id}\n`);
  return EXIT_OK;
}
