/**
 * What plain progress says of one vertex: its lines, in the order they came, until somebody prints them. The engine may report the end before
 * the last log lines and counters, so the ending is kept apart and said last. Pure.
 */
import type { EngineEvent } from '../core/events.js';
import { printableLine } from '../platform/printable.js';
import { byteAmount, logSeconds, seconds } from './format.js';
import { createLineSplitter } from './line-splitter.js';

type Updated = Extract<EngineEvent, { type: 'vertex.updated' }>;
type Progressed = Extract<EngineEvent, { type: 'vertex.progressed' }>;

/** A counter that is not finished is told about this often. */
const PROGRESS_INTERVAL_MS = 5_000;
const TAIL_LINES = 20;
const CANCELLED = /context canceled\s*$/;

export class VertexPrinter {
  readonly name: string;
  /** `#N`; given when it is first printed, 0 until then. */
  number = 0;
  pendingCharacters = 0;
  isOver = false;

  #pending: string[] = [];
  #ending: string | null = null;

  readonly #splitter = createLineSplitter();
  /** Log lines with their time, for the report of a failure. */
  readonly #tail: string[] = [];
  readonly #progress = new Map<string, { isDone: boolean; printedAtMs: number }>();
  #startedAtMs: number | null = null;
  #completedAtMs: number | null = null;
  #lastLogAtMs = 0;

  constructor(name: string) {
    this.name = printableLine(name);
  }

  get header(): string {
    return `#${this.number} ${this.name}`;
  }

  get startedAtMs(): number {
    return this.#startedAtMs ?? Number.POSITIVE_INFINITY;
  }

  get hasNews(): boolean {
    return this.#pending.length > 0 || this.#ending !== null;
  }

  get tail(): readonly string[] {
    return this.#tail;
  }

  update(event: Updated): void {
    if (this.isOver && !this.#isAnotherRun(event)) return;
    this.isOver = false;
    this.#startedAtMs = event.startedAtMs ?? this.#startedAtMs;
    if (event.completedAtMs === null && event.error === '') return;
    this.#completedAtMs = event.completedAtMs;
    this.isOver = true;
    this.#ending = describeEnding(event);
  }

  progress(event: Progressed, atMs: number): void {
    const known = this.#progress.get(event.id);
    const isDone = event.completedAtMs !== null;
    if (known?.isDone) return;
    const startedAtMs = event.startedAtMs ?? this.#startedAtMs ?? atMs;
    if (!isDone && atMs - (known?.printedAtMs ?? startedAtMs) < PROGRESS_INTERVAL_MS) return;
    this.#progress.set(event.id, { isDone, printedAtMs: atMs });
    const elapsedMs = (event.completedAtMs ?? atMs) - startedAtMs;
    const label = printableLine(event.id || event.name);
    const amount = byteAmount(event.current, event.total);
    const time = isDone && elapsedMs < 50 ? '' : ` ${seconds(elapsedMs)}`;
    this.#say(`${label}${amount && ` ${amount}`}${time}${isDone ? ' done' : ''}`);
  }

  log(text: string, atMs: number): void {
    this.#lastLogAtMs = atMs;
    for (const line of this.#splitter.push(text)) this.#logLine(line);
  }

  /** What was printed before anybody kept the time of it. */
  logOfPast(text: string): void {
    const splitter = createLineSplitter();
    for (const line of [...splitter.push(text), ...splitter.end()]) this.#keep(line);
  }

  /** The lines to print now, without the header. */
  take(): string[] {
    if (this.isOver) this.#flushLog();
    const lines = this.#pending;
    if (this.#ending !== null) lines.push(this.#ending);
    this.#pending = [];
    this.#ending = null;
    this.pendingCharacters = 0;
    return lines.map((line) => `#${this.number} ${line}`);
  }

  /** The build is over: what is unfinished stays so, but its last words are said. */
  finish(): void {
    this.#flushLog();
  }

  /** The engine runs a vertex twice within one build when its result was given up in between. */
  #isAnotherRun(event: Updated): boolean {
    return event.startedAtMs !== null && this.#completedAtMs !== null && event.startedAtMs > this.#completedAtMs;
  }

  #flushLog(): void {
    for (const line of this.#splitter.end()) this.#logLine(line);
  }

  #logLine(line: string): void {
    const stamped = `${logSeconds(this.#lastLogAtMs - (this.#startedAtMs ?? this.#lastLogAtMs))} ${line}`;
    this.#keep(stamped);
  }

  #keep(line: string): void {
    this.#tail.push(line);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    this.#say(line);
  }

  #say(text: string): void {
    this.#pending.push(text);
    this.pendingCharacters += text.length;
  }
}

function describeEnding(event: Updated): string {
  if (event.error !== '') return CANCELLED.test(event.error) ? 'CANCELED' : `ERROR: ${printableLine(event.error)}`;
  if (event.isCached) return 'CACHED';
  return `DONE ${seconds((event.completedAtMs ?? 0) - (event.startedAtMs ?? event.completedAtMs ?? 0))}`;
}
