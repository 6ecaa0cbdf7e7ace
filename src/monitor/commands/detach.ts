/** `detach`: leaves the monitor and lets the session go on. */
import { BxError } from '../../platform/errors.js';
import { type MonitorCommand, usageError } from '../command.js';

export const detach: MonitorCommand = {
  name: 'detach',
  usage: 'detach',
  summary: 'leaves; the session goes on in its own process',
  details: ['bxtui attach ID opens its screen again, attach ID in bxtui debug this prompt.'],
  async run(context, args) {
    if (args.length > 0) throw usageError(detach, 'detach takes no arguments');
    if (context.detach === undefined) {
      throw new BxError('state', 'this session lives in this program and ends with it', {
        hint: 'Start one that does not with --detach.',
      });
    }
    context.detach();
    return '';
  },
};
