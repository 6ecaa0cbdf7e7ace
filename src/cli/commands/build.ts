/** `bxtui build`: reads the command line, chooses the front end and runs it. */

import { isatty } from 'node:tty';
import { BxError } from '../../platform/errors.js';
import { workingDirectory } from '../../platform/working-directory.js';
import { canOutliveItsProgram } from '../../session/records/root-dir.js';
import { buildInLines, type LineBuild } from '../build/build-in-lines.js';
import { locateBuildInput } from '../build/build-input.js';
import { readBuildOptions } from '../build/build-options.js';
import { checkSshKeys } from '../build/check-ssh-keys.js';
import { chooseFrontEnd, type FrontEnd } from '../build/front-end.js';
import { offerEngine } from '../build/offer-engine.js';
import { keepStandardInput, keysBeside } from '../build/standard-input.js';
import { listenForInterrupts } from '../interrupts.js';
import { readServerOptions } from '../sessions/server-options.js';
import { writesToStdout } from '../values/output.js';

/** Resolves with the exit status. Throws `BxError`. */
export async function runBuildCommand(args: readonly string[]): Promise<number> {
  const options = readBuildOptions(args, process.env, workingDirectory());
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
  const input = locateBuildInput(options, workingDirectory());
  const frontEnd = chooseFrontEnd(
    {
      ...{ progress: options.progress, on: options.on, hasInvoke: options.invoke !== null, writesToStdout: toStdout },
      isUnattended: options.call !== null,
    },
    {
      ...{ ...keysBeside(input), stdoutIsTerminal: isatty(1), stderrIsTerminal: isatty(2), term: process.env.TERM ?? '' },
      canServe: canOutliveItsProgram(),
    },
  );
  await checkSshKeys(options);
  await offerEngine(options);
  const kept = await keepStandardInput(input);
  try {
    return await runBuild({ options, input, frontEnd, args, stdinFile: kept?.path ?? null });
  } finally {
    kept?.dispose();
  }
}

async function runBuild(build: Omit<LineBuild, 'frontEnd'> & { readonly frontEnd: FrontEnd }): Promise<number> {
  const { options, input, frontEnd, args, stdinFile } = build;
  if (options.detach) {
    const { runDetached } = await import('../sessions/run-detached.js');
    return runDetached(options, args, stdinFile);
  }
  if (frontEnd.progress === 'screen') {
    const interrupts = listenForInterrupts();
    const { spawnServer } = await import('../sessions/spawn-server.js');
    const { root, logFile } = readServerOptions(options, process.env);
    const server = spawnServer({ root, logFile, buildArgs: args, openOn: frontEnd.openOn, stdinFile });
    const { runOnScreen } = await import('../build/run-on-screen.js');
    return runOnScreen({ options, input, frontEnd, server, interrupts });
  }
  return buildInLines({ ...build, frontEnd: { ...frontEnd, progress: frontEnd.progress } });
}
