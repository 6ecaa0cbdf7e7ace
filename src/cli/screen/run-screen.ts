/** The screen as a client of a session's server, from its first frame to what stays on the normal screen after it. */
import { writeSyncAll } from '../../platform/sync-write.js';
import type { EndCause } from '../../platform/terminal-guard.js';
import { findSession } from '../../session/records/session-records.js';
import type { RemoteSession } from '../../session/wire/index.js';
import { cleanupTimeout, disconnect } from '../build/disconnect.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-status.js';
import { renderError } from '../render-error.js';
import { connectTo } from '../sessions/connect.js';
import { createDirectory } from '../sessions/directory.js';
import { type ScreenRun, type ShownScreen, showScreen } from './show-screen.js';
import { writeSummary } from './write-summary.js';

export interface ScreenClientRun extends Omit<ScreenRun<RemoteSession>, 'onEnd' | 'canDetach' | 'others'> {
  readonly id: string;
  /** Where the sessions are. */
  readonly root: string;
  /** A signal that asks this program to end, ends the session too. The loss of its terminal never does. */
  readonly endsOnSignal: boolean;
  /** Called with the first frame. */
  onShown?(shown: ShownScreen, session: RemoteSession): void;
}

/**
 * Resolves with the exit status: that of the last build once the session has ended, 0 when it goes on without this screen. Throws `BxError`
 * when the session cannot be had.
 */
export function runScreen(run: ScreenClientRun): Promise<number> {
  let session: RemoteSession | null = null;
  let next: NextSession | null = null;
  const { root } = run;
  const shown = showScreen({
    ...run,
    canDetach: true,
    others: {
      directory: createDirectory(root),
      async goTo(id) {
        const isReadOnly = session?.clients.some((client) => client.id === session?.clientId && client.isReadOnly) ?? false;
        const as = { kind: 'screen', isReadOnly, sharedSize: run.settings.sharedSize } as const;
        next = { id, session: await connectTo(findSession(root, id), as) };
      },
    },
    async onEnd(cause) {
      // The program ends behind this call.
      if (session === null) return;
      if (endsWith(cause, run)) {
        await disconnect(session);
        await status;
        return;
      }
      session.leave();
      if (cause.kind !== 'hangup') writeSyncAll(2, goesOn(run.id));
    },
  });
  const follow = async (): Promise<number> => {
    const screen = await shown;
    session = await run.session;
    run.onShown?.(screen, session);
    const ended = await untilItEnds(run, session, screen, () => next !== null);
    if (next === null) return ended;
    // The earlier session is nothing to this screen any more.
    const { id, session: other } = next;
    const { onShown: _, ...rest } = run;
    return runScreen({ ...rest, id, session: Promise.resolve(other), invoke: null, dockerfileLabel: null, endsOnSignal: false });
  };
  const status = follow();
  return status;
}

interface NextSession {
  readonly id: string;
  readonly session: RemoteSession;
}

async function untilItEnds(
  run: ScreenClientRun,
  session: RemoteSession,
  shown: ShownScreen,
  isGoingOn: () => boolean,
): Promise<number> {
  const how = await Promise.race([shown.screen.closed, session.disconnected.then(() => 'gone' as const)]);
  shown.dispose();
  if (how === 'detached' || (shown.endedBy !== null && !endsWith(shown.endedBy, run))) {
    session.leave();
    if (shown.endedBy === null && !isGoingOn()) process.stdout.write(goesOn(run.id));
    return shown.endedBy?.exitCode ?? EXIT_OK;
  }
  if (await isOver(session)) process.stdout.write(`session ${run.id} has ended\n`);
  // Nothing happens here any more when the session has ended already.
  await disconnect(session);
  const lost = await Promise.race([session.disconnected, cleanupTimeout().then(() => null)]);
  if (lost === null) return writeSummary(session, shown.warnings, shown.endedBy);
  process.stderr.write(renderError(lost));
  return EXIT_FAILED;
}

/** In order, and not by the way out of this screen. */
function isOver(session: RemoteSession): Promise<boolean> {
  const notYet = new Promise<boolean>((resolve) => setImmediate(() => resolve(false)));
  return Promise.race([session.disconnected.then((lost) => lost === null), notYet]);
}

function endsWith(cause: EndCause, { endsOnSignal }: ScreenClientRun): boolean {
  return endsOnSignal && cause.kind === 'signal';
}

function goesOn(id: string): string {
  return `session ${id} goes on: bxtui attach ${id}\n`;
}
