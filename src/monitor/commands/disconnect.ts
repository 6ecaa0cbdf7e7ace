/** `disconnect`: ends a process, or a session. */
import { type MonitorCommand, type MonitorContext, usageError } from '../command.js';
import { findProcess, isOver } from '../resolve-process.js';
import { matchSession, unknownId } from '../sessions.js';

export const disconnect: MonitorCommand = {
  name: 'disconnect',
  usage: 'disconnect [ID]',
  summary: 'ends a process or a session; without an id this session',
  details: [
    'ID is looked for among the processes of this session (ps) first, then among the sessions (list). Ending a session ' +
      'cancels its build, ends its processes and releases everything on the engine.',
  ],
  async run(context, args) {
    const [id, ...more] = args;
    if (more.length > 0) throw usageError(disconnect, 'disconnect takes one id');
    const { current, sessions } = context;
    if (id === undefined) return endThis(context);
    const process = current === null ? null : findProcess(current.state, id);
    if (process !== null) {
      if (isOver(process)) return `${process.id} has ended already`;
      await context.session.execute({ type: 'process.disconnect', process: process.id }, context.signal);
      return `${process.id} ended`;
    }
    const session = matchSession([...(sessions?.ids() ?? []), ...(current === null ? [] : [current.state.id])], id);
    if (session === null) throw unknownId(id);
    if (session === current?.state.id) return endThis(context);
    await sessions?.end(session);
    return `session ${session} ended`;
  },
  complete: ({ session, sessions }, words) => {
    if (words.length > 0) return [];
    const running = session?.state.processes.filter((process) => !isOver(process)).map((process) => process.id) ?? [];
    return [...running, ...(sessions?.ids() ?? [])];
  },
};

async function endThis(context: MonitorContext): Promise<string> {
  // Throws where there is none.
  void context.session;
  if (context.endSession !== undefined) return context.endSession(false);
  await context.exit();
  return '';
}
