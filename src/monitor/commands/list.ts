/** `list`: the sessions of this person, this one among them. */
import { type MonitorCommand, usageError } from '../command.js';
import { describeSession, renderSessions } from '../sessions.js';

export const list: MonitorCommand = {
  name: 'list',
  usage: 'list',
  summary: 'lists the sessions: state, context, age, engine, shells and who is attached',
  details: ['The current one is marked. attach ID goes to another one, disconnect ID ends it.'],
  async run({ current, sessions, now, textWidth }, args) {
    if (args.length > 0) throw usageError(list, 'list takes no arguments');
    const listed = (await sessions?.list()) ?? [];
    const isListed = listed.some(({ id }) => id === current?.state.id);
    const rows = current === null || isListed ? listed : [...listed, describeSession(current.state)];
    if (rows.length === 0) return 'there is no session; bxtui debug build PATH starts one';
    return renderSessions(rows, now(), textWidth?.(), current?.state.id ?? null);
  },
};
