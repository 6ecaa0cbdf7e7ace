/**
 * One frame of compact progress: a head line, a line for each vertex and counter that has begun, and the newest log lines below those that
 * run and print. What does not fit goes away at the top, as far as it is done. Pure.
 */
import { between, ellipsize, textWidth } from '../../platform/text-width.js';
import { byteAmount, seconds } from '../format.js';
import type { LineColor } from './colors.js';
import type { Counter, Trace, TraceVertex } from './trace.js';

export interface FrameLine {
  readonly text: string;
  /** `log`: faint; null: as it is. */
  readonly style: LineColor | 'log' | null;
}

export interface FrameSize {
  readonly cols: number;
  readonly rows: number;
}

export interface FrameInputs extends FrameSize {
  readonly trace: Trace;
  readonly nowMs: number;
  /** Where is built, at the right end of the head line. */
  readonly place: string;
  /** The build is over: everything is shown, and stays. */
  readonly isFinal: boolean;
  /** Log lines below a vertex, at most. */
  readonly logRows: number;
}

const LOG_ROWS_MIN = 6;
const FRAME_ROWS = 2;
const PREFIX = ' => ';
/** A name that gets less room is not worth its line. */
const NAME_COLUMNS_MIN = 12;
/** Each time a log was shown counts for the one that was not. */
const SHOWN_WEIGHT = 50;

export function frameOf(inputs: FrameInputs): FrameLine[] {
  const { trace, rows, isFinal } = inputs;
  const jobs = [...trace.begun].flatMap((vertex) => jobsOf(vertex, inputs.nowMs));
  const logRows = Math.max(LOG_ROWS_MIN, Math.min(inputs.logRows, rows - LOG_ROWS_MIN - 1));
  const windows = isFinal ? new Map<TraceVertex, string[]>() : chooseWindows(jobs, logRows, rows);
  const room = rows - FRAME_ROWS - [...windows.values()].reduce((sum, lines) => sum + lines.length, 0);
  const shown = isFinal ? jobs : fitting(jobs, room);
  return [head(inputs), ...shown.flatMap((job) => linesOf(job, windows, inputs.cols))];
}

interface Job {
  readonly text: string;
  readonly status: string;
  readonly elapsedMs: number;
  readonly isOver: boolean;
  readonly style: LineColor;
  /** Null: a counter or a warning. */
  readonly vertex: TraceVertex | null;
}

function head({ trace, nowMs, cols, place, isFinal }: FrameInputs): FrameLine {
  const { over, total } = trace;
  const isFinished = isFinal && over > 0 && over === total;
  const text = `[+] Building ${seconds(nowMs - trace.startedAtMs)} (${over}/${total})${isFinished ? ' FINISHED' : ''}`;
  return { text: between(text, place, cols - 1), style: null };
}

function jobsOf(vertex: TraceVertex, nowMs: number): Job[] {
  const { outcome, isCached, name } = vertex;
  const mark = outcome === 'failed' ? 'ERROR ' : outcome === 'cancelled' ? 'CANCELED ' : isCached ? 'CACHED ' : '';
  const elapsedMs = elapsed(vertex, nowMs);
  const style = outcome === 'failed' ? 'error' : outcome === 'cancelled' ? 'cancel' : 'run';
  const counters = [...vertex.counters.values()].filter(({ startedAtMs }) => startedAtMs !== null);
  return [
    { text: `${mark}${name}`, status: '', elapsedMs, isOver: vertex.isOver, style, vertex },
    ...counters.map((counter) => counterJob(counter, nowMs)),
    ...vertex.warnings.map(
      (message): Job => ({ text: `WARN: ${message}`, status: '', elapsedMs, isOver: true, style: 'warning', vertex: null }),
    ),
  ];
}

function counterJob(counter: Counter, nowMs: number): Job {
  const { label, current, total, completedAtMs } = counter;
  const text = `=> ${label}`;
  const status = byteAmount(current, total);
  return { text, status, elapsedMs: elapsed(counter, nowMs), isOver: completedAtMs !== null, style: 'run', vertex: null };
}

/** Less than what would be rounded up is nothing. */
function elapsed({ startedAtMs, completedAtMs }: Pick<Counter, 'startedAtMs' | 'completedAtMs'>, nowMs: number): number {
  const took = (completedAtMs ?? nowMs) - (startedAtMs ?? completedAtMs ?? nowMs);
  return took < 50 ? 0 : took;
}

/** Whose log is shown: of those that run, who has printed most, as long as there is room for another one. */
function chooseWindows(jobs: readonly Job[], logRows: number, rows: number): Map<TraceVertex, string[]> {
  const running = jobs.filter(({ isOver }) => !isOver);
  const weight = ({ logCharacters, shown }: TraceVertex): number => logCharacters + shown * SHOWN_WEIGHT;
  const candidates = running.flatMap(({ vertex }) => (vertex !== null && vertex.logCharacters > 0 ? [vertex] : []));
  candidates.sort((a, b) => weight(b) - weight(a));
  const windows = new Map<TraceVertex, string[]>();
  let free = rows - FRAME_ROWS - running.length;
  for (const vertex of candidates) {
    if (free <= logRows + 3) break;
    windows.set(vertex, vertex.window(logRows));
    vertex.shown++;
    free -= logRows + 3;
  }
  return windows;
}

/** The last ones; those that still run take the places of others that are done. */
function fitting(jobs: readonly Job[], room: number): readonly Job[] {
  if (room <= 0) return [];
  if (jobs.length <= room) return jobs;
  const last = jobs.slice(-room);
  const hidden = jobs.slice(0, -room).filter(({ isOver }) => !isOver);
  let places = hidden.length;
  const kept = last.filter(({ isOver }) => {
    if (!isOver || places === 0) return true;
    places--;
    return false;
  });
  const brought = last.length - kept.length;
  return brought === 0 ? kept : [...hidden.slice(-brought), ...kept];
}

function linesOf(job: Job, windows: ReadonlyMap<TraceVertex, readonly string[]>, cols: number): FrameLine[] {
  const { text, isOver, style, vertex } = job;
  const time = seconds(job.elapsedMs);
  const room = cols - 1 - PREFIX.length - time.length - 1;
  const hasStatus = job.status !== '' && room > 20;
  const left = room - (hasStatus ? job.status.length + 1 : 0);
  if (left < NAME_COLUMNS_MIN) return [];
  const name = ellipsize(text, left, '');
  const line = between(`${PREFIX}${name}${hasStatus ? ` ${job.status}` : ''}`, time, cols - 1);
  const log = (vertex !== null && windows.get(vertex)) || [];
  return [
    { text: line, style: isOver ? style : null },
    ...log.map((said): FrameLine => ({ text: ellipsize(` => => # ${said}`, cols - 1, ''), style: 'log' })),
  ];
}

/** Rows that lines of a frame take on a terminal that has become `cols` wide since. */
export function rowsTaken(lines: readonly FrameLine[], cols: number): number {
  return lines.reduce((rows, { text }) => rows + Math.max(1, Math.ceil(textWidth(text) / cols)), 0);
}
