/** What compact progress knows of a build: its vertices in the order of their beginnings, and the end of each one's log. Pure. */
import type { EngineEvent } from '../../core/events.js';
import { printableLine } from '../../platform/printable.js';
import { logSeconds } from '../format.js';
import { createLineSplitter, type LineSplitter } from '../line-splitter.js';

/** Of the report of a failure. */
const TAIL_LINES = 20;
const CANCELLED = /context canceled\s*$/;

export interface Counter {
  readonly label: string;
  readonly current: number;
  readonly total: number;
  readonly startedAtMs: number | null;
  readonly completedAtMs: number | null;
}

export class TraceVertex {
  readonly name: string;
  startedAtMs: number | null = null;
  completedAtMs: number | null = null;
  isCached = false;
  outcome: 'good' | 'failed' | 'cancelled' = 'good';
  /** How much it has printed, and how often it was shown. */
  logCharacters = 0;
  shown = 0;
  readonly counters = new Map<string, Counter>();
  readonly warnings: string[] = [];
  /** Lines with their time. */
  readonly tail: string[] = [];

  readonly #splitter: LineSplitter = createLineSplitter();
  readonly #lines: string[] = [];

  constructor(name: string) {
    this.name = printableLine(name).replaceAll('\t', ' ');
  }

  get isOver(): boolean {
    return this.completedAtMs !== null;
  }

  update(event: Extract<EngineEvent, { type: 'vertex.updated' }>): void {
    this.startedAtMs = event.startedAtMs ?? this.startedAtMs;
    this.completedAtMs = event.completedAtMs;
    this.isCached = event.isCached;
    this.outcome = event.error === '' ? 'good' : CANCELLED.test(event.error) ? 'cancelled' : 'failed';
  }

  log(text: string, atMs: number): void {
    this.logCharacters += text.length;
    this.#keep(this.#splitter.push(text), atMs);
  }

  /** The build is over. */
  finish(atMs: number): void {
    this.#keep(this.#splitter.end(), atMs);
  }

  /** The last lines, as a terminal of `rows` lines would show them. */
  window(rows: number): string[] {
    const { rest } = this.#splitter;
    return [...this.#lines, ...(rest === '' ? [] : [rest])].filter((line) => line.trim() !== '').slice(-rows);
  }

  #keep(lines: readonly string[], atMs: number): void {
    for (const line of lines) {
      this.#lines.push(line.replaceAll('\t', '    '));
      this.tail.push(`${logSeconds(atMs - (this.startedAtMs ?? atMs))} ${line}`);
    }
    this.#lines.splice(0, this.#lines.length - TAIL_LINES);
    this.tail.splice(0, this.tail.length - TAIL_LINES);
  }
}

export class Trace {
  readonly startedAtMs: number;
  readonly #known = new Map<string, TraceVertex>();
  readonly #begun = new Set<TraceVertex>();

  constructor(startedAtMs: number) {
    this.startedAtMs = startedAtMs;
  }

  /** In the order of their beginnings. */
  get begun(): Iterable<TraceVertex> {
    return this.#begun;
  }

  get total(): number {
    return this.#known.size;
  }

  get over(): number {
    return [...this.#begun].filter((vertex) => vertex.isOver).length;
  }

  at(digest: string): TraceVertex | undefined {
    return this.#known.get(digest);
  }

  take(event: EngineEvent, atMs: number): void {
    if (!('digest' in event)) return;
    const known = this.#known.get(event.digest);
    switch (event.type) {
      case 'vertex.updated': {
        const vertex = known ?? new TraceVertex(event.name);
        this.#known.set(event.digest, vertex);
        vertex.update(event);
        if (event.startedAtMs !== null || event.completedAtMs !== null) this.#begun.add(vertex);
        break;
      }
      case 'vertex.progressed':
        known?.counters.set(event.id, { label: printableLine(event.id || event.name), ...event });
        break;
      case 'log.appended':
        known?.log(event.text, atMs);
        break;
      case 'warning.reported':
        known?.warnings.push(printableLine(event.message));
        break;
      default:
        break;
    }
  }

  finish(atMs: number): void {
    for (const vertex of this.#begun) vertex.finish(atMs);
  }
}
