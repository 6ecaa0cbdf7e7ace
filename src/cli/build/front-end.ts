/** Which front end a run gets: a pure decision. */
import { BxError } from '../../platform/errors.js';
import type { ProgressMode } from './progress-mode.js';

export interface Surroundings {
  /** Keys can be read: of standard input, or of the terminal itself where that is taken. */
  readonly stdinIsTerminal: boolean;
  /** Standard input is what is built. */
  readonly stdinIsTaken?: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** `TERM`; empty when unset. */
  readonly term: string;
  /** A session can have a process of its own, which the screen needs. */
  readonly canServe?: boolean;
}

/** Progress without the screen. */
export type LineProgress = Exclude<ProgressMode, 'auto'>;

export interface FrontEnd {
  readonly progress: 'screen' | LineProgress;
  /** After the build, as `--on` says: prompt on a terminal, commands from a pipe, or none. */
  readonly monitor: 'terminal' | 'script' | 'none';
  /** When a shell opens by itself. */
  readonly openOn: 'error' | 'always' | 'never';
  /** The screen ends by itself after a build that succeeds. */
  readonly endsOnSuccess: boolean;
}

interface Wish {
  readonly progress: ProgressMode;
  readonly on: 'error' | 'always' | null;
  readonly hasInvoke: boolean;
  /** Nothing in it can be looked into: a question in place of a build, or several builds in one. */
  readonly isUnattended?: boolean;
  /** The result goes to standard output, which the screen would write over. */
  readonly writesToStdout: boolean;
}

/**
 * `--on` says when a shell opens. `--invoke` without it opens one on success too; neither of them, on the screen, opens one after an error.
 * Without a screen they turn the monitor on. Throws `BxError('usage')` for compact progress where nothing can be drawn.
 */
export function chooseFrontEnd(wish: Wish, around: Surroundings): FrontEnd {
  const isTerminal = around.stdinIsTerminal && around.stdoutIsTerminal;
  const hasScreen =
    (around.canServe ?? true) &&
    wish.progress === 'auto' &&
    isTerminal &&
    around.term !== 'dumb' &&
    !wish.writesToStdout &&
    !wish.isUnattended;
  const isDebug = wish.on !== null || wish.hasInvoke;
  const openOn = wish.on ?? (wish.hasInvoke ? 'always' : hasScreen ? 'error' : 'never');
  if (hasScreen) return { progress: 'screen', monitor: 'none', openOn, endsOnSuccess: wish.on === 'error' };
  const canPrompt = isTerminal && !wish.writesToStdout;
  const monitor = !isDebug ? 'none' : canPrompt ? 'terminal' : around.stdinIsTerminal || around.stdinIsTaken ? 'none' : 'script';
  return {
    progress: chooseProgress(wish.progress, around, monitor !== 'none'),
    monitor,
    openOn: monitor === 'none' ? 'never' : openOn,
    endsOnSuccess: true,
  };
}

/** As buildx has it: compact where the messages go to a terminal. With the monitor the lines stay, for they are part of the conversation. */
function chooseProgress(wish: ProgressMode, { stderrIsTerminal, term }: Surroundings, hasMonitor: boolean): LineProgress {
  if (wish === 'tty' && !stderrIsTerminal) {
    throw new BxError('usage', '--progress=tty: standard error is no terminal that could be drawn on', {
      hint: 'Say --progress=plain, or leave it to auto.',
    });
  }
  if (wish !== 'auto' && wish !== 'tty') return wish;
  return stderrIsTerminal && term !== 'dumb' && !hasMonitor ? 'tty' : 'plain';
}
