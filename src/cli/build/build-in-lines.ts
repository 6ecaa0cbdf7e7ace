/** A build without the screen: who debugs it at a prompt gets a session that outlives the terminal, everything else lives in this process. */
import { canOutliveItsProgram } from '../../session/records/root-dir.js';
import { type Interrupts, listenForInterrupts } from '../interrupts.js';
import { readServerOptions } from '../sessions/server-options.js';
import type { BuildInput } from './build-input.js';
import type { BuildOptions } from './build-options.js';
import { startConnecting } from './connecting.js';
import type { FrontEnd, LineProgress } from './front-end.js';
import type { RunSession } from './line-session.js';

export interface LineBuild {
  readonly options: BuildOptions;
  readonly input: BuildInput;
  readonly frontEnd: FrontEnd & { readonly progress: LineProgress };
  /** The command line that the options were read from. */
  readonly args: readonly string[];
  /** Where standard input was kept, if it is to be built from. */
  readonly stdinFile: string | null;
}

/** Resolves with the exit status: that of the session's last build, 0 when it was left to go on. Throws `BxError`. */
export async function buildInLines(build: LineBuild): Promise<number> {
  const { options, frontEnd } = build;
  const interrupts = listenForInterrupts();
  try {
    // What the engine itself tells is heard by the process only that talks to it.
    const isServed =
      options.detach ?? (canOutliveItsProgram() && frontEnd.monitor === 'terminal' && frontEnd.progress !== 'rawjson');
    return isServed ? await served(build, interrupts) : await here(build, interrupts);
  } finally {
    interrupts.dispose();
  }
}

async function here({ options, input, frontEnd, stdinFile }: LineBuild, interrupts: Interrupts): Promise<number> {
  const connecting = await startConnecting(options);
  try {
    const [{ openHere }, { runInLines }] = await Promise.all([import('./line-session.js'), import('./run-in-lines.js')]);
    const session = openHere({ options, input, frontEnd, connecting }, stdinFile);
    const { root } = readServerOptions(options, process.env);
    return await runInLines({ run: { options, frontEnd }, session, root, interrupts });
  } finally {
    await connecting.abandon();
  }
}

async function served({ options, frontEnd, args, stdinFile }: LineBuild, interrupts: Interrupts): Promise<number> {
  const [{ openServed }, { runInLines }] = await Promise.all([import('./line-session.js'), import('./run-in-lines.js')]);
  const server = readServerOptions(options, process.env);
  const opening = openServed(server, args, stdinFile);
  const ending = await Promise.race([opening.then(() => null), interrupts.ending]);
  if (ending === null) {
    return runInLines({ run: { options, frontEnd }, session: await opening, root: server.root, interrupts });
  }
  // Nobody has seen it, nor would look for it.
  await opening.then(
    (session: RunSession) => session.end(),
    () => undefined,
  );
  return ending.exitStatus;
}
