/** `bxtui ls`: the sessions of this person. */

import { renderSessions, type SessionRow } from '../../monitor/sessions.js';
import { BxError } from '../../platform/errors.js';
import { printableLine } from '../../platform/printable.js';
import { workingDirectory } from '../../platform/working-directory.js';
import { sessionRoot } from '../../session/records/root-dir.js';
import { listSessions } from '../../session/records/session-records.js';
import { EXIT_OK } from '../exit-status.js';
import { aFewAtOnce } from '../sessions/a-few-at-once.js';
import { JSON_FLAG, readSessionFlags, sessionHelp } from '../sessions/session-command.js';
import { describeFound } from '../sessions/session-rows.js';
import { startAgain } from '../sessions/start-again.js';

const HELP = {
  usage: 'bxtui ls [OPTIONS]',
  about: 'List the sessions: those that run in the background, and those that have crashed, with how to start these again.',
  examples: [] as const,
  notes: [] as const,
};
export const LS_HELP = sessionHelp([JSON_FLAG], HELP);

interface Row extends SessionRow {
  /** The shell command that builds the same again, of a session that has crashed; null for the others, and for one from standard input. */
  readonly startAgain: string | null;
}

/** Resolves with the exit status. Throws `BxError`. */
export async function runLs(args: readonly string[]): Promise<number> {
  const flags = readSessionFlags('ls', [JSON_FLAG], HELP, args);
  if (flags === null) return EXIT_OK;
  if (flags.positionals.length > 0) throw new BxError('usage', 'bxtui ls takes no arguments');
  const root = flags.text('root');
  const found = listSessions(sessionRoot(root, process.env));
  const rows: Row[] = await aFewAtOnce(found, async (session) => ({
    ...(await describeFound(session)),
    startAgain: session.state === 'crashed' ? startAgain(session.record, root, workingDirectory()) : null,
  }));
  if (flags.bool('json')) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else process.stdout.write(render(rows));
  return EXIT_OK;
}

function render(rows: readonly Row[]): string {
  if (rows.length === 0) return 'No session. bxtui build --detach . starts one.\n';
  const crashed = rows.flatMap(({ id, state, startAgain: command }) =>
    state !== 'crashed'
      ? []
      : [
          command === null
            ? `${id} has crashed; it was built from standard input`
            : `${id} has crashed; start it again:  ${printableLine(command)}`,
          `  or see what happened:  bxtui replay ${id}; or take it off the list:  bxtui kill ${id}`,
        ],
  );
  return `${[renderSessions(rows, Date.now(), process.stdout.columns), ...crashed].join('\n')}\n`;
}
