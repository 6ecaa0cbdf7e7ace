/**
 * `--progress=tty`: compact progress on a terminal, in the shape of buildx's. It draws over its own lines only, on the normal screen, and what
 * a build prints reaches the terminal as plain text.
 */
import type { EngineEvent, SessionEvent } from '../../core/events.js';
import type { SessionState } from '../../core/model/index.js';
import type { Disposable } from '../../platform/byte-channel.js';
import { printableLine, printableText } from '../../platform/printable.js';
import type { SessionClient } from '../../session/session.js';
import { failureReport } from '../failure-report.js';
import { noticeLines } from '../notice-lines.js';
import type { TextSink } from '../text-sink.js';
import { unstoredLines } from '../unstored.js';
import { warningLines } from '../warning-lines.js';
import { readLineColors } from './colors.js';
import { frameOf } from './frame.js';
import { createPainter, type TtyOutput } from './painter.js';
import { Trace } from './trace.js';

const FRAME_MS = 100;
const LOG_ROWS = 6;

export interface TtyProgressOptions {
  readonly session: SessionClient;
  readonly terminal: TtyOutput;
  /** Lines on the same terminal. */
  readonly sink: TextSink;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
}

/** Follows every build of the session from now on, until disposed. */
export function startTtyProgress({ session, terminal, sink, env, now }: TtyProgressOptions): Disposable {
  const { colors, warnings } = readLineColors(env);
  const painter = createPainter(terminal, colors);
  const logRows = readLogRows(env.BUILDKIT_TTY_LOG_LINES);
  let place = '';
  let build: { readonly generation: number; readonly trace: Trace } | null = null;
  if (warnings.length > 0) sink.lines(warnings.map((warning) => `WARNING: ${printableLine(warning)}`));

  const draw = (isFinal: boolean): void => {
    if (build === null || sink.isClosed) return;
    sink.flush();
    painter.paint(frameOf({ ...terminal.size, trace: build.trace, nowMs: now(), place, isFinal, logRows }));
  };
  const timer = setInterval(() => draw(false), FRAME_MS);
  timer.unref();

  /** Above the frame. */
  const say = (lines: readonly string[]): void => {
    painter.clear();
    sink.lines(lines);
    draw(false);
  };

  const end = (event: EngineEvent, state: SessionState): void => {
    if (build === null) return;
    const { trace, generation: number } = build;
    trace.finish(now());
    draw(true);
    painter.leave();
    build = null;
    if (event.type === 'build.cancelled') sink.lines(['ERROR: the build was cancelled']);
    const generation = state.generations.find((candidate) => candidate.number === number);
    if (generation === undefined) return;
    const digest = event.type === 'build.failed' ? event.failure.digest : null;
    const culprit = digest === null ? undefined : trace.at(digest);
    sink.lines(warningLines(generation));
    sink.lines(unstoredLines(generation));
    sink.lines(failureReport(generation, culprit ?? null));
  };

  const report = ({ generation, event, atMs }: Extract<SessionEvent, { type: 'engine.reported' }>, state: SessionState): void => {
    if (generation !== build?.generation) return;
    if (event.type === 'build.succeeded' || event.type === 'build.failed' || event.type === 'build.cancelled') end(event, state);
    else build.trace.take(event, atMs);
  };

  const listening = session.onEvent((event, state) => {
    switch (event.type) {
      case 'engine.connected':
        place = printableLine(event.engine.name);
        break;
      case 'generation.started':
        build = { generation: event.generation, trace: new Trace(event.atMs) };
        break;
      case 'engine.reported':
        report(event, state);
        break;
      case 'engine.lost':
        say([`ERROR: engine lost: ${printableText(event.message)}`, ...(event.hint === null ? [] : [event.hint])]);
        break;
      case 'notice.posted':
        say(noticeLines(event.notice));
        break;
      default:
        break;
    }
  });

  return {
    dispose() {
      clearInterval(timer);
      listening.dispose();
      painter.leave();
    },
  };
}

function readLogRows(told: string | undefined): number {
  const rows = Number(told);
  return Number.isInteger(rows) && rows > 0 ? rows : LOG_ROWS;
}
