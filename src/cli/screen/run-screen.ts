/** The screen as a client of a session's server, from its first frame to what stays on the normal screen after it. */
import { writeSyncAll } from '../../platform/sync-write.js';
import type { EndCause } from '../../platform/terminal-guard.js';
import type { RemoteSession } from '../../session/wire/index.js';
import { cleanupTimeout, disconnect } from '../build/disconnect.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-status.js';
import { renderError } from '../render-error.js';
import { type ScreenRun, type ShownScreen, showScreen } from './show-screen.js';
import { writeSummary } from './write-summary.js';

export interface ScreenClientRun extends Omit<ScreenRun<RemoteSession>, 'onEnd' | 'canDetach'> {
  readonly id: string;
  readonly warnings: readonly string[];
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
  const shown = showScreen({
    ...run,
    canDetach: true,
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
    return untilItEnds(run, session, screen);
  };
  const status = follow();
  return status;
}

async function untilItEnds(run: ScreenClientRun, session: RemoteSession, shown: ShownScreen): Promise<number> {
  const how = await Promise.race([shown.screen.closed, session.disconnected.then(() => 'gone' as const)]);
  shown.dispose();
  if (how === 'detached' || (shown.endedBy !== null && !endsWith(shown.endedBy, run))) {
    session.leave();
    if (shown.endedBy === null) process.stdout.write(goesOn(run.id));
    return shown.endedBy?.exitCode ?? EXIT_OK;
  }
  // Nothing happens here any more when the session has ended already.
  await disconnect(session);
  const lost = await Promise.race([session.disconnected, cleanupTimeout().then(() => null)]);
  if (lost === null) return writeSummary(session, run.warnings, shown.endedBy);
  process.stderr.write(renderError(lost));
  return EXIT_FAILED;
}

function endsWith(cause: EndCause, { endsOnSignal }: ScreenClientRun): boolean {
  return endsOnSignal && cause.kind === 'signal';
}

function goesOn(id: string): string {
  return `session ${id} goes on: bxtui attach ${id}\n`;
}
