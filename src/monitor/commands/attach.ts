/** `attach`: back to a process that was left, with what it printed meanwhile. */
import { BxError } from '../../platform/errors.js';
import { type MonitorCommand, usageError } from '../command.js';
import { isOver, resolveProcess } from '../resolve-process.js';

export const attach: MonitorCommand = {
  name: 'attach',
  usage: 'attach ID',
  summary: 'shows a process again, with its scrollback; the beginning of its id is enough',
  details: [],
  async run(context, args) {
    const [id, ...more] = args;
    if (id === undefined || more.length > 0) throw usageError(attach, 'attach takes one process id');
    const { state } = context.session;
    if (id === state.id) throw new BxError('state', `${id} is this session`, { hint: 'ps lists its processes.' });
    return context.attach(resolveProcess(state, id).id, false);
  },
  complete: ({ session }) => session.state.processes.filter((process) => !isOver(process)).map((process) => process.id),
};
