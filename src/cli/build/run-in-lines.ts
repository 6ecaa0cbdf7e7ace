/** A build without the screen: plain or quiet progress, then the line-mode monitor where it is wanted. */
import { selectCurrent } from '../../core/select/index.js';
import { buildEnd } from '../../monitor/build-end.js';
import { createTextSink, startPlainProgress, startQuiet, type TextSink } from '../../plain/index.js';
import { toBxError } from '../../platform/errors.js';
import type { LocalSession } from '../../session/index.js';
import { EXIT_FAILED, exitStatusOfBuild } from '../exit-status.js';
import { type Interrupts, listenForInterrupts } from '../interrupts.js';
import { chooseLeaveKey, readSettings } from '../screen/screen-settings.js';
import { writesToStdout } from '../values/output.js';
import { turn } from './connecting.js';
import { cleanupTimeout, disconnect } from './disconnect.js';
import { type BuildRun, openSession } from './open-session.js';

/** 128 + SIGPIPE: whoever read the output has gone. */
const EXIT_READER_GONE = 141;

export async function runInLines(run: BuildRun<'plain' | 'quiet'>): Promise<number> {
  // The engine's answer to the dialing has come meanwhile.
  await turn();
  const isUnattended = run.frontEnd.monitor === 'none' || run.frontEnd.openOn === 'never';
  const session = openSession({ ...run, connect: run.connecting.take }, 'never', { isUnattended });
  const interrupts = listenForInterrupts();
  let readerGone: (status: number) => void = () => undefined;
  const gone = new Promise<number>((resolve) => {
    readerGone = resolve;
  });
  const errors = createTextSink(process.stderr, () => readerGone(EXIT_READER_GONE));
  const output = createTextSink(process.stdout, () => readerGone(EXIT_READER_GONE));
  if (run.frontEnd.progress === 'plain') startPlainProgress({ session, sink: errors });
  else startQuiet({ session, output, errors });

  try {
    return await Promise.race([
      buildAndDebug(run, session, interrupts, errors),
      interrupts.ending.then(({ exitStatus }) => stop(session, exitStatus)),
      gone,
    ]);
  } finally {
    await disconnect(session);
    errors.flush();
    output.flush();
    interrupts.dispose();
  }
}

async function buildAndDebug(run: BuildRun, session: LocalSession, interrupts: Interrupts, errors: TextSink): Promise<number> {
  try {
    await session.start();
  } catch (error) {
    // The session has reported an engine that is not there as a failed build already.
    if (selectCurrent(session.state)?.failure != null) return EXIT_FAILED;
    throw error;
  }
  const first = await buildEnd(session);
  const { monitor, openOn } = run.frontEnd;
  const isWanted = first?.status === 'failed' || (first?.status === 'succeeded' && openOn === 'always');
  if (monitor !== 'none' && openOn !== 'never' && isWanted) {
    const toStdout = run.options.outputs.some(writesToStdout);
    const { runLineMode } = await import('../../monitor/index.js');
    await runLineMode({
      session,
      isTerminal: monitor === 'terminal',
      input: process.stdin,
      output: toStdout ? process.stderr : process.stdout,
      leaveKey: chooseLeaveKey(
        run.options,
        readSettings((warning) => errors.lines([`WARNING: ${warning}`])),
      ),
      invoke: run.options.invoke,
      openOn,
      now: Date.now,
      onInterrupt: interrupts.onInterrupt,
      beforePrint: errors.flush,
    });
  }
  return exitStatusOfBuild(selectCurrent(session.state));
}

/** The first Ctrl-C stops the build on the engine, so that nothing goes on running there. */
async function stop(session: LocalSession, exitStatus: number): Promise<number> {
  await session.execute({ type: 'build.cancel' }).catch((error) => toBxError(error));
  await Promise.race([buildEnd(session), cleanupTimeout()]);
  return exitStatus;
}
