/** `--progress=rawjson`: what the engine itself tells, a message a line, for other programs to read; then the error, if there is one. */
import { selectCurrent } from '../core/select/index.js';
import type { Disposable } from '../platform/byte-channel.js';
import { printableText } from '../platform/printable.js';
import type { SessionClient } from '../session/session.js';
import { bootStatusLine } from './boot-status.js';
import { failureReport } from './failure-report.js';
import type { TextSink } from './text-sink.js';

export interface RawJsonOptions {
  readonly session: SessionClient;
  readonly sink: TextSink;
  /** Gives each message as one line of JSON to the listener. */
  readonly onRawStatus: (listener: (json: string) => void) => void;
}

export function startRawJson({ session, sink, onRawStatus }: RawJsonOptions): Disposable {
  onRawStatus((json) => sink.lines([json]));
  let hasEngine = session.state.engineStatus.kind === 'ready';
  return session.onEvent((event, state) => {
    if (event.type === 'engine.connected') hasEngine = true;
    if (event.type === 'engine.lost') hasEngine = false;
    if (event.type === 'engine.lost') sink.lines([`ERROR: engine lost: ${printableText(event.message)}`]);
    if (event.type !== 'engine.reported') return;
    const booting = hasEngine ? null : bootStatusLine(event.event, event.atMs);
    if (booting !== null) sink.lines([booting]);
    const generation = selectCurrent(state);
    if (event.event.type === 'build.cancelled') sink.lines(['ERROR: the build was cancelled']);
    if (event.event.type === 'build.failed' && generation !== null) sink.lines(failureReport(generation, null));
  });
}
