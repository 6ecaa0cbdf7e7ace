/** `bxtui build --detach`: a session whose id is all that is printed. */
import { BxError } from '../../platform/errors.js';
import type { BuildOptions } from '../build/build-options.js';
import { EXIT_OK } from '../exit-status.js';
import { writesToStdout } from '../values/output.js';
import { readServerOptions } from './server-options.js';
import { startServer } from './start-server.js';
import { untilState } from './until-state.js';

/** `args`: the command line that the options were read from. Throws `BxError`, also when no engine is in reach. */
export async function runDetached(options: BuildOptions, args: readonly string[], stdinFile: string | null): Promise<number> {
  if (options.outputs.some(writesToStdout)) {
    throw new BxError('usage', 'a session in the background has no standard output to write the result to', {
      hint: 'Name a file: -o type=tar,dest=FILE',
    });
  }
  const openOn = options.on ?? (options.invoke === null ? 'error' : 'always');
  const { root, logFile } = readServerOptions(options, process.env);
  const server = startServer({ root, logFile, buildArgs: args, openOn, stdinFile }, { kind: 'command' });
  const session = await server.session;
  await untilState(session, ({ engine }) => engine !== null);
  session.leave();
  process.stdout.write(`${server.id}\n`);
  return EXIT_OK;
}
