/** `bxtui build`: reads the command line, chooses the front end and runs it. */

import { isatty } from 'node:tty';
import { BxError } from '../../platform/errors.js';
import { buildInLines } from '../build/build-in-lines.js';
import { locateBuildInput } from '../build/build-input.js';
import { readBuildOptions } from '../build/build-options.js';
import { chooseFrontEnd } from '../build/front-end.js';
import { offerEngine } from '../build/offer-engine.js';
import { listenForInterrupts } from '../interrupts.js';
import { readServerOptions } from '../sessions/server-options.js';
import { writesToStdout } from '../values/output.js';

/** Resolves with the exit status. Throws `BxError`. */
export async function runBuildCommand(args: readonly string[]): Promise<number> {
  const options = readBuildOptions(args, process.env, process.cwd());
  if (options === null) {
    const { buildHelp } = await import('../build/build-help.js');
    process.stdout.write(buildHelp(process.stdout.columns || 80));
    return 0;
  }
  const toStdout = options.outputs.some(writesToStdout);
  if (toStdout && process.stdout.isTTY) {
    throw new BxError('usage', 'the result would be written to the terminal', {
      hint: 'Send it to a file (bxtui build -o - . > image.tar) or name one with dest=FILE.',
    });
  }
  const frontEnd = chooseFrontEnd(
    { progress: options.progress, on: options.on, hasInvoke: options.invoke !== null, writesToStdout: toStdout },
    {
      stdinIsTerminal: isatty(0),
      stdoutIsTerminal: isatty(1),
      stderrIsTerminal: isatty(2),
      term: process.env.TERM ?? '',
    },
  );
  const input = locateBuildInput(options, process.cwd());
  await offerEngine(options);
  if (options.detach) {
    const { runDetached } = await import('../sessions/run-detached.js');
    return runDetached(options, args);
  }
  if (frontEnd.progress === 'screen') {
    const interrupts = listenForInterrupts();
    const { spawnServer } = await import('../sessions/spawn-server.js');
    const { root, logFile } = readServerOptions(options, process.env);
    const server = spawnServer({ root, logFile, buildArgs: args, openOn: frontEnd.openOn });
    const { runOnScreen } = await import('../build/run-on-screen.js');
    return runOnScreen({ options, input, frontEnd, server, interrupts });
  }
  return buildInLines({ options, input, frontEnd: { ...frontEnd, progress: frontEnd.progress }, args });
}
