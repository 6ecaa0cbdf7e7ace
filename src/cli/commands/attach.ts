/** `bxtui attach`: the screen of a session that lives in a process of its own. */
import { BxError } from '../../platform/errors.js';
import { sessionRoot } from '../../session/records/root-dir.js';
import { findSession } from '../../session/records/session-records.js';
import { SCREEN_FLAGS } from '../build/build-flags.js';
import { EXIT_OK } from '../exit-status.js';
import type { FlagSpec } from '../flags/flag-spec.js';
import { runScreen } from '../screen/run-screen.js';
import { chooseLeaveKey, readSettings } from '../screen/screen-settings.js';
import type { ScreenOptions } from '../screen/show-screen.js';
import { connectTo } from '../sessions/connect.js';
import { readSessionFlags, sessionHelp } from '../sessions/session-command.js';

const READ_ONLY_FLAG: FlagSpec = {
  name: 'read-only',
  kind: 'bool',
  value: '',
  summary: 'Only look: nothing that is pressed here changes the session, and its programs keep their size',
};

const HELP = {
  usage: 'bxtui attach [OPTIONS] [ID]',
  about:
    'Open the screen of a session: everything is as it was, scrollback included. ID may be the beginning of one; without it, the only ' +
    'session that runs.',
  examples: [
    ['bxtui attach', 'The session that runs.'],
    ['bxtui attach --read-only', 'The same, for a look over the shoulder.'],
  ] as const,
  notes: ['D on the screen leaves the session running; so does a terminal that goes away. q ends it, and asks first.'],
};
export const ATTACH_HELP = sessionHelp([READ_ONLY_FLAG, ...SCREEN_FLAGS], HELP);

/** Resolves with the exit status: that of the last build once the session has ended, 0 when it goes on. Throws `BxError`. */
export async function runAttach(args: readonly string[]): Promise<number> {
  const flags = readSessionFlags('attach', [READ_ONLY_FLAG, ...SCREEN_FLAGS], HELP, args);
  if (flags === null) return EXIT_OK;
  const [wanted = null, ...more] = flags.positionals;
  if (more.length > 0) throw new BxError('usage', `bxtui attach takes one ID, not ${flags.positionals.length}`);
  if (!process.stdin.isTTY || !process.stdout.isTTY || process.env.TERM === 'dumb') {
    throw new BxError('usage', 'a screen needs a terminal that can be drawn on', {
      hint: 'bxtui exec and bxtui logs do without; bxtui ls --json tells programs what there is.',
    });
  }
  const options: ScreenOptions = {
    theme: flags.text('theme'),
    color: flags.text('color') as ScreenOptions['color'],
    glyphs: flags.text('glyphs') as ScreenOptions['glyphs'],
    leaveKey: flags.text('leave-key'),
  };
  const warnings: string[] = [];
  const settings = readSettings((warning) => warnings.push(warning));
  const leaveKey = chooseLeaveKey(options, settings);
  const root = sessionRoot(flags.text('root'), process.env);
  const found = findSession(root, wanted);
  return runScreen({
    root,
    id: found.record.id,
    session: connectTo(found, { kind: 'screen', isReadOnly: flags.bool('read-only'), sharedSize: settings.sharedSize }),
    ...{ options, settings, leaveKey, warnings },
    invoke: null,
    dockerfileLabel: null,
    endsOnSignal: false,
  });
}
