/** `disconnect`: ends a process, or a session. */
import { isLeftOpen } from '../../core/select/index.js';
import { type MonitorCommand, type MonitorContext, usageError } from '../command.js';
import { findProcess, isOver } from '../resolve-process.js';
import { matchSession, unknownId } from '../sessions.js';

export const disconnect: MonitorCommand = {
  name: 'disconnect',
  usage: 'disconnect [ID]',
  summary: 'ends a process or a session; without an id this session',
  details: [
    'ID is looked for among the processes of this session (ps) first, then among the sessions (list). Ending a session ' +
      'cancels its build, ends its processes and releases everything on the engine. A container outlives its programs: once ' +
      'the last of them has ended, disconnect gives the container back.',
  ],
  async run(context, args) {
    const [id, ...more] = args;
    if (more.length > 0) throw usageError(disconnect, 'disconnect takes one id');
    const { current, sessions } = context;
    if (id === undefined) return endThis(context);
    const process = current === null ? null : findProcess(current.state, id);
    if (process !== null) {
      const isLeft = current !== null && isLeftOpen(current.state, process);
      if (isOver(process) && !isLeft) return `${process.id} has ended already`;
      await context.session.execute({ type: 'process.disconnect', process: process.id }, context.signal);
      return isLeft ? `the container of ${process.id} was given back` : `${process.id} ended`;
    }
    const session = matchSession([...(sessions?.ids() ?? []), ...(current === null ? [] : [current.state.id])], id);
    if (session === null) throw unknownId(id);
    if (session === current?.state.id) return endThis(context);
    await sessions?.end(session);
    return `session ${session} ended`;
  },
  complete: ({ session, sessions }, words) => {
    if (words.length > 0) return [];
    const state = session?.state;
    const open = state?.processes.filter((process) => !isOver(process) || isLeftOpen(state, process)) ?? [];
    return [...open.map(({ id }) => id), ...(sessions?.ids() ?? [])];
  },
};

async function endThis(context: MonitorContext): Promise<string> {
  // Throws where there is none.
  void context.session;
  if (context.endSession !== undefined) return context.endSession(false);
  await context.exit();
  return '';
}
