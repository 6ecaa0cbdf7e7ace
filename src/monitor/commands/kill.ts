/** `kill`: ends the process that the session lives in, whatever state it is in. */
import { type MonitorCommand, usageError } from '../command.js';

export const kill: MonitorCommand = {
  name: 'kill',
  usage: 'kill',
  summary: 'ends the server of this session, by force when it does not answer, and the session with it',
  details: ['A session that lives in this program ends with it.'],
  async run(context, args) {
    if (args.length > 0) throw usageError(kill, 'kill takes no arguments; disconnect ID ends another session');
    // Throws where there is none.
    void context.session;
    if (context.endSession !== undefined) return context.endSession(true);
    await context.exit();
    return '';
  },
};
