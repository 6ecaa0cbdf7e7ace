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
/** Files of the client, and a first step. */
const STANDS_ON_NOTHING =
  /^\[(?:internal\] load (?:build|\.dockerignore)|context .*\] load from client|(?:[^\]]* )?1\/\d+\] (?:RUN|WORKDIR) )/;
const LOOK_UP_MS = 5;
const CANCELLED = /context canceled\s*$/;

export class VertexPrinter {
  readonly name: string;
  /** `#N`; given when it is first printed, 0 until then. */
  number = 0;
  pendingCharacters = 0;

  #pending: string[] = [];
  #ending: string | null = null;

  readonly #splitter = createLineSplitter();
  /** Log lines with their time, for the report of a failure. */
  readonly #tail: string[] = [];
  readonly #progress = new Map<string, { isDone: boolean; printedAtMs: number }>();
  /** What has begun and has nothing to count: it is said, unless it is done by then. */
  readonly #begun = new Set<string>();
  #startedAtMs: number | null = null;
  #completedAtMs: number | null = null;
  #lastLogAtMs = 0;
  #hasEnded = false;
  #isFinished = false;
  #runs = 0;

  constructor(name: string) {
    this.name = printableLine(name);
  }

  get header(): string {
    return `#${this.number} ${this.name}`;
  }

  get startedAtMs(): number {
    return this.#startedAtMs ?? Number.POSITIVE_INFINITY;
  }

  get isOver(): boolean {
    return this.#hasEnded && !this.#isOnlyLookedUp;
  }

  get hasNews(): boolean {
    return this.#pending.length > 0 || this.#begun.size > 0 || (this.#ending !== null && this.isOver);
  }

  /** What stands on nothing is looked up, which takes no time, and then carried out, which the engine tells as another run. */
  get #isOnlyLookedUp(): boolean {
    if (this.#isFinished || this.#runs > 1 || this.#progress.size > 0 || !STANDS_ON_NOTHING.test(this.name)) return false;
    return (this.#completedAtMs ?? 0) - (this.#startedAtMs ?? 0) < LOOK_UP_MS;
  }

  get tail(): readonly string[] {
    return this.#tail;
  }

  update(event: Updated): void {
    if (this.#hasEnded && !this.#isAnotherRun(event)) return;
    if (this.#hasEnded || this.#runs === 0) this.#runs++;
    this.#hasEnded = false;
    this.#ending = null;
    this.#startedAtMs = event.startedAtMs ?? this.#startedAtMs;
    if (event.isCached) this.#runs++;
    if (event.completedAtMs === null && event.error === '') return;
    this.#completedAtMs = event.completedAtMs;
    this.#hasEnded = true;
    this.#ending = describeEnding(event);
  }

  progress(event: Progressed, atMs: number): void {
    const known = this.#progress.get(event.id);
    const isDone = event.completedAtMs !== null;
    if (known?.isDone) return;
    if (known === undefined && !isDone && event.name === event.id && event.total === 0) this.#begun.add(event.id);
    if (isDone) this.#begun.delete(event.id);
    const startedAtMs = event.startedAtMs ?? this.#startedAtMs ?? atMs;
    if (!isDone && atMs - (known?.printedAtMs ?? startedAtMs) < PROGRESS_INTERVAL_MS) return;
    this.#progress.set(event.id, { isDone, printedAtMs: atMs });
    const elapsedMs = (event.completedAtMs ?? atMs) - startedAtMs;
    const label = printableLine(event.id || event.name);
    const amount = byteAmount(event.current, event.total);
    const time = isDone && elapsedMs < 50 ? '' : ` ${seconds(elapsedMs)}`;
    this.#say(`${label}${amount && ` ${amount}`}${time}${isDone ? ' done' : ''}`);
  }

  /** Whoever is over and done has no more to say; the list at the end has it all. */
  warn(message: string): void {
    if (!this.#hasEnded || this.#ending !== null) this.#say(`WARN: ${printableLine(message)}`);
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
    for (const label of this.#begun) this.#say(printableLine(label));
    this.#begun.clear();
    const lines = this.#pending;
    if (this.#ending !== null && this.isOver) {
      lines.push(this.#ending);
      this.#ending = null;
    }
    this.#pending = [];
    this.pendingCharacters = 0;
    return lines.map((line) => `#${this.number} ${line}`);
  }

  /** The build is over: what is unfinished stays so, but its last words are said. */
  finish(): void {
    this.#isFinished = true;
    this.#flushLog();
  }

  /** The engine runs a vertex twice within one build when its result was given up in between. */
  #isAnotherRun(event: Updated): boolean {
    if (event.startedAtMs === null || this.#completedAtMs === null) return false;
    return event.startedAtMs > this.#completedAtMs || (event.completedAtMs ?? Number.POSITIVE_INFINITY) > this.#completedAtMs;
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
