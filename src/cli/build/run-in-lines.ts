/** A build without the screen: progress in one of its forms, then the line-mode monitor where it is wanted. */
import { selectCurrent } from '../../core/select/index.js';
import { buildEnd } from '../../monitor/build-end.js';
import { createTextSink, type TextSink } from '../../plain/index.js';
import { toBxError } from '../../platform/errors.js';
import { keyboard } from '../../platform/keyboard.js';
import { isTypedOut } from '../../platform/lost-terminal.js';
import { EXIT_FAILED, EXIT_HUNG_UP, EXIT_OK, EXIT_READER_GONE, exitStatusOfBuild } from '../exit-status.js';
import type { Interrupts } from '../interrupts.js';
import { chooseLeaveKeys } from '../screen/screen-settings.js';
import { writesToStdout } from '../values/output.js';
import { turn } from './connecting.js';
import { cleanupTimeout } from './disconnect.js';
import type { LineProgress } from './front-end.js';
import type { RunSession } from './line-session.js';
import type { BuildRun } from './open-session.js';

export interface LineRun {
  readonly run: Pick<BuildRun<LineProgress>, 'options' | 'frontEnd'>;
  readonly session: RunSession;
  /** Where the sessions are that the monitor can go to. */
  readonly root: string;
  readonly interrupts: Interrupts;
}

/** Resolves with the exit status: that of the session's last build, 0 when it was left to go on. Throws `BxError`. */
export async function runInLines(lineRun: LineRun): Promise<number> {
  const { run, session, interrupts } = lineRun;
  // The engine's answer to the dialing has come meanwhile.
  await turn();
  let outputGone: (status: number) => void = () => undefined;
  const gone = new Promise<number>((resolve) => {
    outputGone = resolve;
  });
  const sink = (stream: NodeJS.WriteStream): TextSink =>
    createTextSink(stream, () => outputGone(stream.isTTY ? EXIT_HUNG_UP : EXIT_READER_GONE));
  const [errors, output] = [sink(process.stderr), sink(process.stdout)];
  const progress = session.report(run.frontEnd.progress, output, errors);
  let isLeft = false;
  let endedWith: number | null = null;
  const asked = new AbortController();
  const ended = interrupts.ending.then(async ({ exitStatus }) => {
    endedWith = exitStatus;
    asked.abort();
    // The terminal is given back.
    await turn();
    if (exitStatus !== EXIT_HUNG_UP || !session.isServed) await stop(session);
    return exitStatus;
  });
  try {
    const debugged = buildAndDebug(lineRun, errors, output, asked.signal);
    const end = await Promise.race([debugged.then((how) => (asked.signal.aborted ? ended : how)), ended, gone]);
    const lost = endedWith === null ? await session.lost() : null;
    if (lost !== null) throw lost;
    // A terminal that goes away is no wish to end what can live without it.
    isLeft = end === 'left' || (end === EXIT_HUNG_UP && session.isServed);
    // The end of a build that a signal has stopped is that of the signal.
    return endedWith ?? (end === 'left' ? EXIT_OK : end);
  } finally {
    progress.dispose();
    if (isLeft) session.leave();
    else await session.end();
    errors.flush();
    output.flush();
  }
}

/** Resolves with the exit status, or when the session was left to go on. */
async function buildAndDebug(
  { run, session: lines, root, interrupts }: LineRun,
  errors: TextSink,
  output: TextSink,
  signal: AbortSignal,
): Promise<number | 'left'> {
  const { session } = lines;
  try {
    await lines.start();
  } catch (error) {
    // The session has reported an engine that is not there as a failed build already.
    if (selectCurrent(session.state)?.failure != null) return EXIT_FAILED;
    throw error;
  }
  const first = await buildEnd(session);
  const { monitor, openOn } = run.frontEnd;
  const { call, context, file } = run.options;
  const answer = selectCurrent(session.state)?.result;
  if (call !== null && answer != null) {
    const { printAnswer } = await import('../call/print-answer.js');
    errors.flush();
    const status = printAnswer(call, answer, { context, file, print: output.lines, printError: errors.lines });
    output.flush();
    return status;
  }
  const isWanted = first?.status === 'failed' || (first?.status === 'succeeded' && openOn === 'always');
  if (monitor !== 'none' && openOn !== 'never' && isWanted) {
    const toStdout = run.options.outputs.some(writesToStdout);
    const [{ runLineMode }, { createLineDirectory }, { historyPath, openHistory }] = await Promise.all([
      import('../../monitor/line/index.js'),
      import('../sessions/directory.js'),
      import('./line-history.js'),
    ]);
    const input = keyboard();
    const how = await runLineMode({
      home: lines,
      directory: createLineDirectory(root, errors),
      isTerminal: monitor === 'terminal',
      input,
      output: toStdout ? process.stderr : process.stdout,
      leaveKey: chooseLeaveKeys(run.options, (warning) => errors.lines([`WARNING: ${warning}`])),
      invoke: run.options.invoke,
      openOn,
      now: Date.now,
      onInterrupt: interrupts.onInterrupt,
      beforePrint: errors.flush,
      signal,
      ...(monitor === 'terminal' ? { history: openHistory(historyPath(process.env)) } : {}),
    });
    if (how === 'detached') {
      errors.lines([`session ${session.state.id} goes on: bxtui attach ${session.state.id}`]);
      return 'left';
    }
    if (monitor === 'terminal' && isTypedOut(input)) return EXIT_HUNG_UP;
  }
  return exitStatusOfBuild(selectCurrent(session.state));
}

/** The first Ctrl-C stops the build on the engine, so that nothing goes on running there. */
async function stop({ session }: RunSession): Promise<void> {
  await session.execute({ type: 'build.cancel' }).catch((error) => toBxError(error));
  await Promise.race([buildEnd(session), cleanupTimeout()]);
}
