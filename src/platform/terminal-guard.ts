/**
 * The one owner of the host terminal's modes: whatever ends the program, the terminal is put back, written synchronously. It also owns the
 * handlers of signals and crashes, because a second owner would restore twice or not at all. It draws nothing.
 */
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import { errorText, writeCrashFile } from './crash-file.js';
import { createEnding } from './ending.js';
import { stopProcess } from './stop-process.js';
import { writeSyncAll } from './sync-write.js';
import type { EndCause, TerminalGuard, TerminalGuardOptions } from './terminal-guard-types.js';
import { mouseSequence, restoreSequence, takeSequence } from './terminal-modes.js';

export type * from './terminal-guard-types.js';

const END_SIGNALS = ['SIGHUP', 'SIGTERM', 'SIGINT', 'SIGQUIT'] as const;
const CRASH_EXIT_CODE = 70;
const DEFAULT_END_TIMEOUT_MS = 3000;
/** An editor keeps what is not written yet, and goes. */
const GIVEN_BACK_WITHIN_MS = 1000;

/** Makes the guard; nothing happens to the terminal before `enter`. */
export function createTerminalGuard(options: TerminalGuardOptions): TerminalGuard {
  const { stdin, stdout } = options;
  const fd = stdout.fd ?? 1;
  const releaseListeners = new Set<() => void>();
  const takeListeners = new Set<() => void>();
  const ending = createEnding(options.endTimeoutMs ?? DEFAULT_END_TIMEOUT_MS);
  const removers: (() => void)[] = [];
  let isMouseEnabled = options.mouse ?? true;
  let isActive = false;
  /** The terminal belongs to somebody else at the moment (an editor, the shell), and is to be taken back. */
  let isLent = false;
  let borrower: { readonly abort: AbortController; readonly done: Promise<unknown> } | null = null;
  let wasRaw = false;

  const take = () => {
    // A shell that had the terminal meanwhile changed its modes behind Node's back, which ignores a change to what it believes is set.
    stdin.setRawMode?.(false);
    stdin.setRawMode?.(true);
    writeSyncAll(fd, takeSequence(isMouseEnabled));
    isActive = true;
  };
  /** Safe at any time, any number of times. */
  const restore = () => {
    if (!isActive) return;
    isActive = false;
    writeSyncAll(fd, restoreSequence(true));
    try {
      stdin.setRawMode?.(wasRaw);
    } catch {
      // The terminal is gone; there is nothing to restore.
    }
  };
  const release = () => {
    for (const listener of [...releaseListeners]) listener();
    restore();
  };
  const takeBack = () => {
    take();
    for (const listener of [...takeListeners]) listener();
  };

  const crash = (error: unknown) => {
    restore();
    if (ending.isEnding) {
      writeSyncAll(2, `bxtui: internal error while ending\n${errorText(error)}\n`);
      process.exit(CRASH_EXIT_CODE);
    }
    const file =
      options.crashDir === null ? null : writeCrashFile(options.crashDir ?? os.tmpdir(), error, options.crashReport, new Date());
    const where = file === null ? '' : `\nDetails are in ${file}; please report them.`;
    writeSyncAll(2, `bxtui: internal error, this is a defect of the program\n${errorText(error)}${where}\n`);
    void end({ kind: 'crash', signal: null, error, exitCode: CRASH_EXIT_CODE });
  };
  const end = async (cause: EndCause) => {
    if (cause.kind === 'hangup') stdin.pause();
    restore();
    await reclaim(cause);
    await ending.run(cause);
    process.exit(cause.exitCode);
  };
  /** A program that outlives this one would read the keys that are meant for the shell. */
  const reclaim = async ({ kind }: EndCause) => {
    if (borrower === null) return;
    const { abort, done } = borrower;
    borrower = null;
    isLent = false;
    abort.abort();
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, GIVEN_BACK_WITHIN_MS))]);
    if (kind === 'hangup') return;
    writeSyncAll(fd, restoreSequence(true));
    // vim leaves the modes as they were in it. Node puts those of before back when it ends; until then lines are to be lines.
    spawnSync('stty', ['sane'], { stdio: [fd, 'ignore', 'ignore'], timeout: GIVEN_BACK_WITHIN_MS });
  };
  const hangup = (error: unknown) => {
    void end({ kind: 'hangup', signal: 'SIGHUP', error, exitCode: 128 + os.constants.signals.SIGHUP });
  };

  /** Ctrl-Z in a program that has the terminal (an editor): the whole job stops, the terminal is not ours to restore. */
  const onStop = () => (isLent ? stop(process.pid, () => {}) : guard.suspend());
  /** Continued after a stop that was not announced (SIGSTOP): the shell has used the terminal meanwhile. */
  const onContinue = () => {
    if (isActive && !isLent && !ending.isEnding) takeBack();
  };
  const stop = (pid: number, resumed: () => void) => {
    stopProcess(pid, onStop, () => {
      if (removers.length > 0) process.on('SIGTSTP', onStop);
      resumed();
    });
  };

  const install = () => {
    if (removers.length > 0) return;
    const on = (emitter: NodeJS.EventEmitter, event: string, listener: (...values: never[]) => void) => {
      emitter.on(event, listener as () => void);
      removers.push(() => emitter.off(event, listener as () => void));
    };
    for (const signal of END_SIGNALS) {
      on(process, signal, () => {
        // Keys of the program that has the terminal now: they are meant for it.
        if (isLent && (signal === 'SIGINT' || signal === 'SIGQUIT')) return;
        const exitCode = 128 + os.constants.signals[signal];
        // A second signal while the first is being dealt with: the person has no patience left.
        if (ending.isEnding && signal !== 'SIGHUP') process.exit(exitCode);
        void end({ kind: signal === 'SIGHUP' ? 'hangup' : 'signal', signal, error: null, exitCode });
      });
    }
    process.on('SIGTSTP', onStop);
    removers.push(() => process.off('SIGTSTP', onStop));
    on(process, 'SIGCONT', onContinue);
    on(process, 'uncaughtException', crash);
    on(process, 'unhandledRejection', crash);
    on(process, 'exit', restore);
    // Writing to or reading from a terminal that is gone: EIO, EPIPE. Without a listener it would count as a crash.
    on(stdout, 'error', (error: NodeJS.ErrnoException) => (isGone(error) ? hangup(error) : crash(error)));
    on(stdin, 'error', (error: NodeJS.ErrnoException) => (isGone(error) ? hangup(error) : crash(error)));
    on(stdin, 'end', () => hangup(null));
  };

  const guard: TerminalGuard = {
    get isActive() {
      return isActive;
    },
    get isMouseEnabled() {
      return isMouseEnabled;
    },
    enter() {
      if (isActive || isLent) return;
      install();
      wasRaw = stdin.isRaw ?? false;
      take();
    },
    leave() {
      isLent = false;
      restore();
    },
    setMouse(isEnabled) {
      if (isMouseEnabled === isEnabled) return;
      isMouseEnabled = isEnabled;
      if (isActive) writeSyncAll(fd, mouseSequence(isEnabled));
    },
    suspend() {
      if (!isActive || isLent || ending.isEnding) return;
      isLent = true;
      release();
      // To the whole job, as the terminal's own Ctrl-Z does.
      stop(0, () => {
        if (!isLent) return;
        isLent = false;
        takeBack();
      });
    },
    async suspendFor(run) {
      if (!isActive || isLent) return run(new AbortController().signal);
      isLent = true;
      release();
      const abort = new AbortController();
      const running = run(abort.signal);
      borrower = { abort, done: running.catch(() => undefined) };
      try {
        return await running;
      } finally {
        borrower = null;
        if (isLent && !ending.isEnding) {
          isLent = false;
          takeBack();
        }
      }
    },
    onRelease: (listener) => add(releaseListeners, listener),
    onTake: (listener) => add(takeListeners, listener),
    onSignal: ending.onEnd,
    dispose() {
      isLent = false;
      restore();
      for (const remove of removers.splice(0)) remove();
      releaseListeners.clear();
      takeListeners.clear();
    },
  };
  return guard;
}

function isGone(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EIO' || error.code === 'EPIPE' || error.code === 'ENXIO' || error.code === 'EBADF';
}

function add<T>(listeners: Set<T>, listener: T) {
  listeners.add(listener);
  return { dispose: () => void listeners.delete(listener) };
}
