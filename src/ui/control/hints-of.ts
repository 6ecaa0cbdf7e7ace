/** What the bottom row says in each mode. Pure. */
import type { ActionContext } from '../../actions/index.js';
import type { SessionState } from '../../core/model/index.js';
import { cleanText } from '../../platform/text-width.js';
import { type HintsProps, normalHints } from '../panels/hints.js';
import { placeLabel, stepOfProcess } from '../panels/processes.js';
import { replayBar } from '../select/replay-bar.js';
import type { Glyphs } from '../theme/glyphs.js';
import type { ViewState } from '../view-state.js';

export function hintsOf(
  state: SessionState,
  view: ViewState,
  context: ActionContext,
  leaveLabel: string,
  glyphs: Glyphs,
): HintsProps {
  const { isAscii } = glyphs;
  if (context.replay !== null) {
    const message = replayBar(context.replay.status, view.cols, isAscii);
    return { badge: 'REPLAY', badgeRole: 'badge.prompt', message, hints: normalHints(context, isAscii) };
  }
  if (view.mode !== 'terminal') {
    const badge = view.areKeysHeld ? 'ENDED' : 'NORMAL';
    return { badge, badgeRole: 'badge.normal', message: '', hints: normalHints(context, isAscii) };
  }
  const process = state.processes.find((candidate) => candidate.id === view.activeTab);
  const place = process === undefined ? null : stepOfProcess(state, process);
  const where = place === null ? '' : ` in ${placeLabel(place, state)}`;
  const message = process === undefined ? '' : `keys go to ${process.id} ${cleanText(process.command)}${where}`;
  return {
    badge: 'TERMINAL',
    badgeRole: 'badge.terminal',
    message,
    hints: [
      { key: leaveLabel, text: 'leave', actionId: null },
      { key: `${leaveLabel}${leaveLabel}`, text: `send ${leaveLabel}`, actionId: null },
    ],
  };
}
