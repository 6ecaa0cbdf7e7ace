/** Progress in the form that was asked for. */
import { startPlainProgress, startQuiet, startRawJson, type TextSink } from '../../plain/index.js';
import type { TtyOutput } from '../../plain/tty/painter.js';
import { startTtyProgress } from '../../plain/tty/tty-progress.js';
import type { Disposable } from '../../platform/byte-channel.js';
import { BxError } from '../../platform/errors.js';
import type { SessionClient } from '../../session/session.js';
import type { LineProgress } from './front-end.js';

export interface ProgressPlaces {
  readonly session: SessionClient;
  /** Standard output and standard error. */
  readonly output: TextSink;
  readonly errors: TextSink;
  /** The session may have begun before. */
  readonly withPast?: boolean;
  /** Null: the engine is talked to by another process. */
  readonly onRawStatus: ((listener: (json: string) => void) => void) | null;
}

/** Follows the builds of the session until disposed. Throws `BxError('usage')`. */
export function startProgress(kind: LineProgress, places: ProgressPlaces): Disposable {
  const { session, output, errors, withPast = false, onRawStatus } = places;
  switch (kind) {
    case 'plain':
      return startPlainProgress({ session, sink: errors, withPast });
    case 'quiet':
    case 'none':
      return startQuiet({ session, output: kind === 'none' ? null : output, errors, withPast });
    case 'tty':
      return startTtyProgress({ session, terminal: terminalOf(process.stderr), sink: errors, env: process.env, now: Date.now });
    case 'rawjson':
      if (onRawStatus !== null) return startRawJson({ session, sink: errors, onRawStatus });
      throw new BxError('usage', '--progress=rawjson: a session in a process of its own does not hand on what its engine tells', {
        hint: 'Leave --detach out, or say --progress=plain.',
      });
  }
}

const USUAL_SIZE = { cols: 80, rows: 24 };

function terminalOf(stream: NodeJS.WriteStream): TtyOutput {
  return {
    write: (text) => void stream.write(text),
    get size() {
      return { cols: stream.columns || USUAL_SIZE.cols, rows: stream.rows || USUAL_SIZE.rows };
    },
  };
}
