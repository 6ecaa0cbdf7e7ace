/**
 * What is told before there is an engine that tells it, as the line of JSON that its clients write for it (client.SolveStatus in moby/buildkit):
 * of a builder that is started for the build. Pure.
 */
import type { EngineEvent } from '../core/events.js';

/** Null: it is nothing that stands there. */
export function bootStatusLine(event: EngineEvent, atMs: number): string | null {
  switch (event.type) {
    case 'vertex.updated': {
      const { digest, name, startedAtMs, completedAtMs, error } = event;
      return line('vertexes', {
        ...{ digest, name },
        ...moment('started', startedAtMs),
        ...moment('completed', completedAtMs),
        ...(error !== '' && { error }),
      });
    }
    case 'vertex.progressed': {
      const { digest, id, total, current, startedAtMs, completedAtMs } = event;
      return line('statuses', {
        ...{ id, vertex: digest },
        ...(total > 0 && { total }),
        ...{ current, timestamp: timeText(atMs) },
        ...moment('started', startedAtMs),
        ...moment('completed', completedAtMs),
      });
    }
    case 'log.appended': {
      const { digest, stream, text } = event;
      const data = Buffer.from(text).toString('base64');
      return line('logs', { vertex: digest, stream: stream === 'stderr' ? 2 : 1, data, timestamp: timeText(atMs) });
    }
    default:
      return null;
  }
}

function line(kind: string, one: object): string {
  return JSON.stringify({ [kind]: [one] });
}

function moment(name: string, atMs: number | null): object {
  return atMs === null ? {} : { [name]: timeText(atMs) };
}

/** As Go writes it: without zeros at the end. */
function timeText(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.?0*Z$/, 'Z');
}
