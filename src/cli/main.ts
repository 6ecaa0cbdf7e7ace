/**
 * The entry: which command runs, and what its end means for the exit status. It imports nothing at the start that `--version` does not need.
 */
import { closeLostTerminal } from '../platform/lost-terminal.js';

/** Runs the program with the process's arguments and ends the process. */
export async function start(): Promise<void> {
  const [command = ''] = process.argv.slice(2);
  // What cannot be written is told at the end; standard error has nobody else to tell.
  let unwritten: Error | null = null;
  if (!SERVERS.has(command)) {
    process.stdout.on('error', (error) => {
      unwritten ??= error;
    });
    process.stderr.on('error', () => undefined);
  }
  process.on('exit', closeLostTerminal);
  let status: number;
  try {
    status = await Promise.race([main(process.argv.slice(2)), nothingLeft()]);
  } catch (error) {
    const { reportError } = await import('./report-error.js');
    status = reportError(error);
  }
  process.exitCode = status;
  const last = await drained(process.stdout);
  const failure = unwritten ?? last;
  if (status === 0 && failure !== null) {
    const { outputError } = await import('./output-error.js');
    const { reportError } = await import('./report-error.js');
    const error = outputError(failure);
    if (error !== null) status = reportError(error);
  }
  await drained(process.stderr);
  process.exit(status);
}

/**
 * Rejects when nothing is left that could end what is waited for: Node would end with 0, as after a success. A connection that is garbled on
 * its way does it (Node 20 reads no more of it, and says nothing).
 */
async function nothingLeft(): Promise<never> {
  await new Promise((resolve) => process.once('beforeExit', resolve));
  const { BxError } = await import('../platform/errors.js');
  throw new BxError('engine-lost', 'nothing that is waited for can come any more, and the work is not done', {
    hint: 'See whether the engine still runs and, where it is reached through a proxy or a tunnel, whether that is whole. Else it is a defect of bxtui.',
  });
}

/** They have nobody's terminal, and need not look at one. */
const SERVERS: ReadonlySet<string> = new Set(['session-server', 'early-server', 'engine-keeper', 'release-abandoned']);

/** Resolves with the exit status. Throws `BxError`, and whatever a defect throws. */
export async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case '--version':
    case '-v':
    case 'version':
      return (await import('./commands/version.js')).runVersion(rest);
    case 'build':
      return (await import('./commands/build.js')).runBuildCommand(rest);
    case 'debug':
      return (await import('./commands/debug.js')).runDebug(rest);
    case 'exec':
      return (await import('./commands/exec.js')).runExec(rest);
    case 'engine':
      return (await import('./commands/engine.js')).runEngine(rest);
    case 'engines':
      return (await import('./commands/engines.js')).runEngines(rest);
    case 'logs':
      return (await import('./commands/logs.js')).runLogs(rest);
    case 'ls':
    case 'list':
      return (await import('./commands/ls.js')).runLs(rest);
    case 'attach':
      return (await import('./commands/attach.js')).runAttach(rest);
    case 'kill':
      return (await import('./commands/kill.js')).runKill(rest);
    case 'replay':
      return (await import('./commands/replay.js')).runReplay(rest);
    case 'record':
      return (await import('./commands/record.js')).runRecord(rest);
    case 'completion':
      return (await import('./commands/completion.js')).runCompletion(rest);
    case 'complete':
      return (await import('./commands/complete.js')).runComplete(rest);
    case 'man':
      return (await import('./commands/man.js')).runMan(rest);
    case 'session-server':
      return (await import('./sessions/session-server.js')).runSessionServer(rest);
    case 'early-server':
      return (await import('./sessions/early-server.js')).runEarlyServer(rest);
    case 'engine-keeper':
      return (await import('./engine-keeper.js')).runEngineKeeper(rest);
    case 'release-abandoned':
      await (await import('../engine/buildkit/container/release-abandoned.js')).runReleaseAbandoned();
      return 0;
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      return (await import('./commands/help.js')).runHelp(rest, command === undefined);
    default:
      return (await import('./commands/help.js')).refuseCommand(command);
  }
}

/** A stream that has failed or was closed by its reader never calls back: that is an end as well. */
function drained(stream: NodeJS.WriteStream): Promise<Error | null> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.errored) resolve(stream.errored);
    else stream.once('error', resolve).write('', (error) => resolve(error ?? null));
  });
}
