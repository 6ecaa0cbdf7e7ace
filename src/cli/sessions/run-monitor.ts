/** The line-mode monitor without a build: it goes to the sessions that there are. */
import { setImmediate as turn } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { runLineMode } from '../../monitor/line/index.js';
import { createTextSink } from '../../plain/index.js';
import { keyboard } from '../../platform/keyboard.js';
import { isTypedOut } from '../../platform/lost-terminal.js';
import { historyPath, openHistory } from '../build/line-history.js';
import { EXIT_HUNG_UP, EXIT_OK } from '../exit-status.js';
import { listenForInterrupts } from '../interrupts.js';
import { chooseLeaveKeys } from '../screen/screen-settings.js';
import { createLineDirectory } from './directory.js';

/** `root`: where the sessions are. `leaveKey`: of the command line, null: as the settings have it. Resolves with the exit status. */
export async function runMonitor(root: string, leaveKey: string | null): Promise<number> {
  const isTerminal = isatty(0) && isatty(1);
  const errors = createTextSink(process.stderr);
  const keys = chooseLeaveKeys({ leaveKey }, (warning) => errors.lines([`WARNING: ${warning}`]));
  const interrupts = listenForInterrupts();
  const asked = new AbortController();
  const ended = interrupts.ending.then(async ({ exitStatus }) => {
    asked.abort();
    // The terminal is given back.
    await turn();
    return exitStatus;
  });
  const input = keyboard();
  if (isTerminal) errors.lines(['No build: list shows the sessions, attach ID goes to one, help says more.']);
  try {
    return await Promise.race([
      runLineMode({
        home: null,
        directory: createLineDirectory(root, errors),
        isTerminal,
        input,
        output: process.stdout,
        leaveKey: keys,
        invoke: null,
        openOn: 'error',
        now: Date.now,
        onInterrupt: interrupts.onInterrupt,
        beforePrint: errors.flush,
        signal: asked.signal,
        ...(isTerminal ? { history: openHistory(historyPath(process.env)) } : {}),
      }).then(() => {
        if (asked.signal.aborted) return ended;
        return isTerminal && isTypedOut(input) ? EXIT_HUNG_UP : EXIT_OK;
      }),
      ended,
    ]);
  } finally {
    interrupts.dispose();
    errors.flush();
  }
}
