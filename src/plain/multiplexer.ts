/**
 * Steps run side by side, a log is one column: one vertex has the floor until it is over, the others wait. Who waits too long, or has too
 * much to say, gets the floor earlier. Memory is bounded by that.
 */
import type { VertexPrinter } from './vertex-printer.js';

const WAIT_MAX_MS = 5_000;
const WAITING_MAX_CHARACTERS = 256 * 1024;

export interface Multiplexer {
  /** `vertex` may have something to say. */
  touched(vertex: VertexPrinter): void;
  /** Everything that waits is said now, in the order of the numbers. */
  finish(): void;
}

export function createMultiplexer(print: (lines: readonly string[]) => void): Multiplexer {
  const waiting = new Set<VertexPrinter>();
  let current: VertexPrinter | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const disarm = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };

  function say(vertex: VertexPrinter): void {
    waiting.delete(vertex);
    const lines = vertex.take();
    if (current !== vertex) {
      lines.unshift(vertex.header);
      current = vertex;
    }
    if (vertex.isOver) lines.push('');
    print(lines);
    if (vertex.isOver) current = null;
  }

  /** Gives the floor on; with `force` also away from a vertex that is not over. */
  function next(force: boolean): void {
    if (current !== null) {
      if (!force) return;
      print([`#${current.number} ...`, '']);
      current = null;
    }
    while (current === null && waiting.size > 0) {
      const candidates = [...waiting];
      say(candidates.find((vertex) => vertex.isOver) ?? candidates.find(isWaitingToSpeak) ?? candidates[0]!);
    }
    disarm();
    if ([...waiting].some(isWaitingToSpeak)) arm();
  }

  function arm(): void {
    if (timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      if (waiting.size > 0) next(true);
    }, WAIT_MAX_MS);
    timer.unref?.();
  }

  return {
    touched(vertex) {
      if (vertex === current) {
        if (vertex.pending.length > 0 || vertex.isOver) say(vertex);
        if (current === null) next(false);
        return;
      }
      waiting.add(vertex);
      if (current === null) next(false);
      else if (vertex.pendingCharacters > WAITING_MAX_CHARACTERS) next(true);
      else if (isWaitingToSpeak(vertex)) arm();
    },
    finish() {
      disarm();
      for (const vertex of [...waiting].sort((a, b) => a.number - b.number)) {
        if (!isWaitingToSpeak(vertex)) continue;
        if (current !== null && current !== vertex) print(['']);
        say(vertex);
      }
      if (current !== null) print(['']);
      current = null;
      waiting.clear();
    },
  };
}

/** One that has only begun can wait for ever: it has nothing to say yet. */
function isWaitingToSpeak(vertex: VertexPrinter): boolean {
  return vertex.pending.length > 0;
}
