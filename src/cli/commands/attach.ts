/** `bxtui attach`: the screen of a session that lives in a process of its own. */
import { selectCurrent } from '../../core/select/index.js';
import { BxError } from '../../platform/errors.js';
import { sessionRoot } from '../../session/records/root-dir.js';
import { findSession } from '../../session/records/session-records.js';
import type { RemoteSession } from '../../session/wire/index.js';
import { SCREEN_FLAGS } from '../build/build-flags.js';
import { cleanupTimeout } from '../build/disconnect.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-status.js';
import { renderError } from '../render-error.js';
import { chooseLeaveKey, readSettings } from '../screen/screen-settings.js';
import { type ScreenOptions, type ShownScreen, showScreen } from '../screen/show-screen.js';
import { writeSummary } from '../screen/write-summary.js';
import { connectTo } from '../sessions/connect.js';
import { readSessionFlags } from '../sessions/session-command.js';

const HELP = {
  usage: 'bxtui attach [OPTIONS] [ID]',
  about:
    'Open the screen of a session: everything is as it was, scrollback included. ID may be the beginning of one; without it, the only ' +
    'session that runs.',
  examples: [['bxtui attach', 'The session that runs.']] as const,
  notes: ['D on the screen leaves the session running; so does a terminal that goes away. q ends it, and asks first.'],
};

/** Resolves with the exit status: that of the last build once the session has ended, 0 when it goes on. Throws `BxError`. */
export async function runAttach(args: readonly string[]): Promise<number> {
  const flags = readSessionFlags('attach', SCREEN_FLAGS, HELP, args);
  if (flags === null) return EXIT_OK;
  const [wanted = null, ...more] = flags.positionals;
  if (more.length > 0) throw new BxError('usage', `bxtui attach takes one ID, not ${flags.positionals.length}`);
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new BxError('usage', 'a screen needs a terminal', { hint: 'bxtui ls --json tells programs what there is.' });
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
  const found = findSession(sessionRoot(flags.text('root'), process.env), wanted);
  const session = await connectTo(found, 'screen');
  const shown = await showScreen({
    ...{ session, options, settings, leaveKey },
    invoke: null,
    dockerfileLabel: selectCurrent(session.state)?.dockerfile.path ?? found.record.dockerfile,
    canDetach: true,
    onEnd: () => session.leave(),
    begin: () => ({ mayLoad: Promise.resolve(true), mayLoadMore: Promise.resolve() }),
  });
  return shown === null ? EXIT_FAILED : leave(session, shown, found.record.id, warnings);
}

async function leave(session: RemoteSession, shown: ShownScreen, id: string, warnings: readonly string[]): Promise<number> {
  const how = await Promise.race([shown.screen.closed, session.disconnected.then(() => 'gone' as const)]);
  shown.dispose();
  if (shown.endedBy !== null || how === 'detached') {
    session.leave();
    process.stdout.write(`session ${id} goes on: bxtui attach ${id}\n`);
    return shown.endedBy?.exitCode ?? EXIT_OK;
  }
  // Nothing happens here any more when the session has ended already.
  await Promise.race([session.execute({ type: 'session.disconnect' }).catch(() => undefined), cleanupTimeout()]);
  const lost = await Promise.race([session.disconnected, cleanupTimeout().then(() => null)]);
  if (lost !== null) {
    process.stderr.write(renderError(lost));
    return EXIT_FAILED;
  }
  // The state and the logs are still here.
  return writeSummary(session, warnings, null);
}
