/** What is said instead of the screen on a terminal that is too small for it. Pure. */
import type { GenerationStatus, SessionState } from '../../core/model/index.js';
import { selectCurrent } from '../../core/select/index.js';
import { MIN_COLS, MIN_ROWS } from '../layout/layout.js';

const STANDING: Readonly<Record<GenerationStatus, string>> = {
  planning: 'continues',
  running: 'continues',
  exporting: 'continues',
  succeeded: 'is done',
  failed: 'has failed',
  cancelled: 'was cancelled',
};

/** Whether the build goes on or how it ended, and what runs still. */
export function tooSmallText(state: SessionState, isReplay: boolean): string {
  const needed = `bxtui needs ${MIN_COLS}x${MIN_ROWS} cells`;
  return isReplay ? `${needed}.` : `${needed}; ${standing(state)}.`;
}

function standing(state: SessionState): string {
  if (state.engineStatus.kind === 'lost') return 'the engine is lost';
  const status = selectCurrent(state)?.status ?? 'planning';
  const running = state.processes.filter(({ endedAtMs }) => endedAtMs === null).length;
  const more = running === 0 ? '' : running === 1 ? ', a program runs on' : `, ${running} programs run on`;
  return `the build ${STANDING[status]}${more}`;
}
