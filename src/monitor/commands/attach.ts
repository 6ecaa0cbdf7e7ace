/** `attach`: back to a process that was left, with what it printed meanwhile; or to another session. */
import { BxError } from '../../platform/errors.js';
import { type MonitorCommand, usageError } from '../command.js';
import { findProcess, isOver } from '../resolve-process.js';
import { matchSession, unknownId } from '../sessions.js';

export const attach: MonitorCommand = {
  name: 'attach',
  usage: 'attach ID',
  summary: 'shows a process again, with its scrollback, or goes to another session; the beginning of its id is enough',
  details: ['ID is looked for among the processes of this session (ps) first, then among the sessions (list).'],
  async run(context, args) {
    const [id, ...more] = args;
    if (id === undefined || more.length > 0) throw usageError(attach, 'attach takes the id of one process or session');
    const { current, sessions } = context;
    const process = current === null ? null : findProcess(current.state, id);
    if (process !== null) return context.attach(process.id, false);
    const session = matchSession([...(sessions?.ids() ?? []), ...(current === null ? [] : [current.state.id])], id);
    if (session === null) throw unknownId(id);
    if (session === current?.state.id)
      throw new BxError('state', `${session} is this session`, { hint: 'ps lists its processes.' });
    if (sessions === undefined) throw unknownId(id);
    return sessions.attach(session);
  },
  complete: ({ session, sessions }, words) => {
    if (words.length > 0) return [];
    const running = session?.state.processes.filter((process) => !isOver(process)).map((process) => process.id) ?? [];
    return [...running, ...(sessions?.ids() ?? []).filter((id) => id !== session?.state.id)];
  },
};
