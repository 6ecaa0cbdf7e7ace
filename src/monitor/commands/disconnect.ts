/** `disconnect`: ends a process, or the session. */
import { type MonitorCommand, usageError } from '../command.js';
import { isOver, resolveProcess } from '../resolve-process.js';

export const disconnect: MonitorCommand = {
  name: 'disconnect',
  usage: 'disconnect [ID]',
  summary: 'ends a process; without an id, or with that of the session, ends the session',
  details: ['Ending the session cancels its build, ends its processes and releases everything on the engine.'],
  async run(context, args) {
    const [id, ...more] = args;
    if (more.length > 0) throw usageError(disconnect, 'disconnect takes one id');
    const { state } = context.session;
    if (id === undefined || id === state.id) {
      await context.exit();
      return '';
    }
    const process = resolveProcess(state, id);
    if (isOver(process)) return `${process.id} has ended already`;
    await context.session.execute({ type: 'process.disconnect', process: process.id }, context.signal);
    return `${process.id} ended`;
  },
  complete: ({ session }) => session.state.processes.filter((process) => !isOver(process)).map((process) => process.id),
};
