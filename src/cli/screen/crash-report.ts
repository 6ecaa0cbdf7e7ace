/** What a crash file says of a run: versions, the engine, the last events. */
import type { SessionEvent } from '../../core/events.js';
import { printableLine } from '../../platform/printable.js';
import type { SessionClient } from '../../session/index.js';
import { programVersion } from '../version.js';

const EVENTS_KEPT = 100;
const EVENT_MAX_CHARACTERS = 500;

/** Follows the session; the function that it returns gives the report of the moment and never throws. */
export function keepCrashReport(session: SessionClient): () => string {
  const events: SessionEvent[] = [];
  session.onEvent((event) => {
    events.push(event);
    if (events.length > 2 * EVENTS_KEPT) events.splice(0, events.length - EVENTS_KEPT);
  });
  return () => {
    const { engine, generations } = session.state;
    return [
      `bxtui ${programVersion()}, node ${process.version}, ${process.platform} ${process.arch}, TERM=${process.env.TERM ?? ''}`,
      `engine: ${engine === null ? 'none' : `${engine.name} at ${engine.address}`}`,
      `builds: ${generations.map((generation) => generation.status).join(', ')}`,
      'last events:',
      ...events.slice(-EVENTS_KEPT).map((event) => `  ${printableLine(JSON.stringify(event).slice(0, EVENT_MAX_CHARACTERS))}`),
    ].join('\n');
  };
}
