/** `ps`: the processes of the session, finished ones too. */
import type { ProcessSummary, SessionState } from '../../core/model/index.js';
import { printableLine } from '../../platform/printable.js';
import { type MonitorCommand, usageError } from '../command.js';
import { describeEnd } from '../resolve-process.js';
import { renderTable } from '../table.js';

export const ps: MonitorCommand = {
  name: 'ps',
  usage: 'ps',
  summary: 'lists the processes of this session, also those that have ended',
  details: [],
  async run({ session, now }, args) {
    if (args.length > 0) throw usageError(ps, 'ps takes no arguments');
    const { state } = session;
    if (state.processes.length === 0) return 'no process has been started; rollback starts a shell in a step';
    const rows = state.processes.map((process) => row(process, state, now()));
    return renderTable(['ID', 'STEP', 'STATE', 'STARTED', 'COMMAND'], rows);
  },
};

function row(process: ProcessSummary, state: SessionState, nowMs: number): string[] {
  const container = state.containers[process.container];
  const step = container === undefined ? '-' : `${container.step}${container.moment === 'after' ? '' : ` (${container.moment})`}`;
  return [process.id, step, describeEnd(process), `${age(nowMs - process.startedAtMs)} ago`, process.command].map(printableLine);
}

/** `4s`, `3m`, `2h`. */
function age(elapsedMs: number): string {
  const seconds = Math.max(0, Math.round(elapsedMs / 1000));
  if (seconds < 120) return `${seconds}s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)}m` : `${Math.floor(seconds / 3600)}h`;
}
