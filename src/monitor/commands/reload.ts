/** `reload`: the Dockerfile and the context are read again and built. */
import { type MonitorCommand, usageError } from '../command.js';

export const reload: MonitorCommand = {
  name: 'reload',
  usage: 'reload [--no-cache]',
  summary: 'reads Dockerfile and context again and builds; the old build stays to be compared with',
  details: ['--no-cache  runs every step, whatever the cache has'],
  async run({ session, signal }, args) {
    const [flag, ...more] = args;
    if (more.length > 0 || (flag !== undefined && flag !== '--no-cache'))
      throw usageError(reload, `unknown argument: ${args.join(' ')}`);
    await session.execute({ type: 'session.reload', ...(flag === undefined ? {} : { noCache: true }) }, signal);
    return '';
  },
  complete: () => ['--no-cache'],
};
