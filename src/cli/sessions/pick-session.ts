/** A session chosen by its number, for `bxtui` alone on a terminal. */
import { printableLine } from '../../platform/printable.js';
import type { FoundSession } from '../../session/records/session-records.js';
import { ask, withReader } from '../ask.js';
import { aFewAtOnce } from './a-few-at-once.js';
import { describeFound } from './session-rows.js';

/** What is typed to leave; an ID has more than one letter. */
const NONE = /^(?:|q|quit|exit)$/;

/** Shows them with their states and asks; null: none was chosen. */
export async function pickSession(sessions: readonly FoundSession[]): Promise<FoundSession | null> {
  const rows = await aFewAtOnce(sessions, describeFound);
  const lines = rows.map((row, index) => `  ${index + 1}  ${row.id}  ${row.state.padEnd(10)}  ${printableLine(row.dockerfile)}`);
  process.stdout.write(`\nYour sessions:\n\n${lines.join('\n')}\n\n`);
  return withReader(process.stdout, async (reader) => {
    for (;;) {
      const answer = await ask(reader, 'Number or ID to open, Enter or q for none: ', process.stdout);
      if (answer === null || NONE.test(answer)) return null;
      const chosen = sessions[Number(answer) - 1] ?? byId(sessions, answer);
      if (chosen?.state === 'running') return chosen;
      const why =
        chosen === undefined
          ? `there is no session ${printableLine(answer)}`
          : `${chosen.record.id} has crashed: bxtui ls says more`;
      process.stdout.write(`${why}\n`);
    }
  });
}

function byId(sessions: readonly FoundSession[], beginning: string): FoundSession | undefined {
  const matches = sessions.filter(({ record }) => record.id.startsWith(beginning));
  return matches.length === 1 ? matches[0] : undefined;
}
