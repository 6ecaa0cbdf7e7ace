/** `bxtui kill`: ends sessions, and puts away what crashed ones have left. */
import { BxError, toBxError } from '../../platform/errors.js';
import { sessionRoot } from '../../session/records/root-dir.js';
import { findSession, listSessions } from '../../session/records/session-records.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-status.js';
import type { FlagSpec } from '../flags/flag-spec.js';
import { renderError } from '../render-error.js';
import { aFewAtOnce } from '../sessions/a-few-at-once.js';
import { endSession } from '../sessions/end-session.js';
import { readSessionFlags, sessionHelp } from '../sessions/session-command.js';

const ALL_FLAG: FlagSpec = { name: 'all', kind: 'bool', value: '', summary: 'Every session of yours' };

const HELP = {
  usage: 'bxtui kill [OPTIONS] ID [ID...]',
  about:
    'End a session: its build is cancelled, its programs end, and everything that it holds on the engine is given back. Of a session that ' +
    'has crashed, what is left is removed.',
  examples: [] as const,
  notes: [] as const,
};
export const KILL_HELP = sessionHelp([ALL_FLAG], HELP);

/** Resolves with the exit status: 1 when one of them could not be ended. Throws `BxError` for what is not understood. */
export async function runKill(args: readonly string[]): Promise<number> {
  const flags = readSessionFlags('kill', [ALL_FLAG], HELP, args);
  if (flags === null) return EXIT_OK;
  const root = sessionRoot(flags.text('root'), process.env);
  const ids = flags.positionals;
  if (ids.length === 0 && !flags.bool('all')) {
    throw new BxError('usage', 'bxtui kill needs the ID of a session, or --all', { hint: 'bxtui ls lists them.' });
  }
  const wanted = flags.bool('all') ? listSessions(root) : ids.map((id) => findSession(root, id));
  if (wanted.length === 0) process.stderr.write('No session to end.\n');
  const ended = await aFewAtOnce(wanted, async (found) => {
    try {
      const how = await endSession(root, found);
      if (how === 'SIGTERM' || how === 'SIGKILL')
        process.stderr.write(`${found.record.id} did not end when asked to: ended by ${how}\n`);
      process.stdout.write(`${found.record.id}\n`);
      return true;
    } catch (error) {
      process.stderr.write(renderError(toBxError(error, 'state')));
      return false;
    }
  });
  return ended.every(Boolean) ? EXIT_OK : EXIT_FAILED;
}
