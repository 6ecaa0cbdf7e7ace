/** Which front end a run gets: a pure decision. */
import type { ProgressMode } from './build-options.js';

export interface Surroundings {
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  /** `TERM`; empty when unset. */
  readonly term: string;
}

export interface FrontEnd {
  readonly progress: 'screen' | 'plain' | 'quiet';
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
  /** The result goes to standard output, which the screen would write over. */
  readonly writesToStdout: boolean;
}

/**
 * `--on` says when a shell opens. `--invoke` without it opens one on success too; neither of them, on the screen, opens one after an error.
 * Without a screen they turn the monitor on.
 */
export function chooseFrontEnd(wish: Wish, around: Surroundings): FrontEnd {
  const isTerminal = around.stdinIsTerminal && around.stdoutIsTerminal;
  const hasScreen = wish.progress === 'auto' && isTerminal && around.term !== 'dumb' && !wish.writesToStdout;
  const isDebug = wish.on !== null || wish.hasInvoke;
  const openOn = wish.on ?? (wish.hasInvoke ? 'always' : hasScreen ? 'error' : 'never');
  if (hasScreen) return { progress: 'screen', monitor: 'none', openOn, endsOnSuccess: wish.on === 'error' };
  const canPrompt = isTerminal && !wish.writesToStdout;
  const monitor = !isDebug ? 'none' : canPrompt ? 'terminal' : around.stdinIsTerminal ? 'none' : 'script';
  return {
    progress: wish.progress === 'quiet' ? 'quiet' : 'plain',
    monitor,
    openOn: monitor === 'none' ? 'never' : openOn,
    endsOnSuccess: true,
  };
}
