/**
 * Steps run side by side, a log is one column: one vertex has the floor until it is over, the others wait. Who waits too long, or has too
 * much to say, gets the floor earlier; one that only runs and says nothing gives it up at once. Memory is bounded by that.
 */
import type { VertexPrinter } from './vertex-printer.js';

const WAIT_MAX_MS = 5_000;
const WAITING_MAX_CHARACTERS = 256 * 1024;
/** One that only has begun is named when nobody else has anything to say for so long. */
const SILENCE_MS = 500;

export interface Multiplexer {
  /** `vertex` has begun, has news, or is over. */
  touched(vertex: VertexPrinter): void;
  /** Everything that waits is said now, in the order of the beginnings. */
  finish(): void;
}

export function createMultiplexer(print: (lines: readonly string[]) => void): Multiplexer {
  const waiting = new Set<VertexPrinter>();
  let current: { readonly vertex: VertexPrinter; isSilent: boolean } | null = null;
  let count = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;
  /** What the timer is for: it is not put off by more news. */
  let awaited: 'turn' | 'silence' | null = null;

  function say(vertex: VertexPrinter): void {
    waiting.delete(vertex);
    if (vertex.number === 0) vertex.number = ++count;
    const lines = vertex.take();
    const isSilent = lines.length === 0;
    if (current?.vertex !== vertex) {
      yieldFloor();
      lines.unshift(vertex.header);
      current = { vertex, isSilent };
    } else if (!isSilent) {
      current.isSilent = false;
    }
    if (vertex.isOver) {
      lines.push('');
      current = null;
    }
    print(lines);
  }

  function yieldFloor(): void {
    if (current === null) return;
    print([`#${current.vertex.number} ...`, '']);
    // It is named again when it has been the only one for a while.
    current = null;
  }

  /** Whoever has news speaks, one after the other, those that are over first; then a timer for what is left. */
  function giveFloor(): void {
    while (current === null) {
      const candidates = [...waiting].filter((vertex) => vertex.hasNews);
      const next = candidates.find((vertex) => vertex.isOver) ?? candidates[0];
      if (next === undefined) break;
      say(next);
    }
    arm();
  }

  function arm(): void {
    const hasNews = [...waiting].some((vertex) => vertex.hasNews);
    const next = hasNews ? 'turn' : current === null && waiting.size > 0 ? 'silence' : null;
    if (next === awaited) return;
    disarm();
    if (next === null) return;
    awaited = next;
    timer = setTimeout(
      () => {
        disarm();
        const next = [...waiting].find((vertex) => vertex.hasNews) ?? [...waiting][0];
        if (next !== undefined) say(next);
        giveFloor();
      },
      next === 'turn' ? WAIT_MAX_MS : SILENCE_MS,
    );
    timer.unref?.();
  }

  function disarm(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    awaited = null;
  }

  return {
    touched(vertex) {
      if (vertex === current?.vertex) {
        if (vertex.hasNews) say(vertex);
        if (current === null) giveFloor();
        return;
      }
      if (vertex.isOver && !vertex.hasNews) {
        waiting.delete(vertex);
        return;
      }
      waiting.add(vertex);
      const isUrgent = vertex.hasNews && (current?.isSilent === true || vertex.pendingCharacters > WAITING_MAX_CHARACTERS);
      if (isUrgent) say(vertex);
      if (current === null || isUrgent) giveFloor();
      else arm();
    },
    finish() {
      disarm();
      for (const vertex of waiting) if (vertex.hasNews) say(vertex);
      if (current !== null) print(['']);
      current = null;
      waiting.clear();
    },
  };
}
