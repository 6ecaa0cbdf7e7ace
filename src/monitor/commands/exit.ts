/** `exit`: leaves and ends the session. */
import { type MonitorCommand, usageError } from '../command.js';

export const exit: MonitorCommand = {
  name: 'exit',
  usage: 'exit',
  summary: 'ends the session; the exit status is that of its last build',
  details: [],
  async run(context, args) {
    if (args.length > 0) throw usageError(exit, 'exit takes no arguments');
    await context.exit();
    return '';
  },
};
