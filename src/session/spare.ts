/**
 * A container with its shell that is started before it is asked for, because somebody looks at its step: at most one, known to nobody
 * until it is taken, and given back when something else is wanted. It must not make anything of the build run.
 */
import type { Container, ProcessSpec } from '../engine/engine.js';

export interface SpareWish {
  readonly generation: number;
  readonly step: string;
  readonly spec: ProcessSpec;
}

export interface Spare {
  /** Starts one in the background unless the same is there; `open` gets a signal that ends it. Failures are nobody's business. */
  prepare(wish: SpareWish, open: (signal: AbortSignal) => Promise<Container>): void;
  /**
   * The container for this wish, which may still be on its way, and the very `spec` to start in it; null: there is none, or it did not
   * come, or `signal` ended the waiting.
   */
  take(wish: SpareWish, signal: AbortSignal): Promise<{ readonly container: Container; readonly spec: ProcessSpec } | null>;
  /** Resolves when it has been given back. */
  drop(): Promise<void>;
}

interface Held {
  readonly key: string;
  readonly spec: ProcessSpec;
  readonly container: Promise<Container | null>;
  readonly abort: AbortController;
}

export function createSpare(): Spare {
  let held: Held | null = null;

  const drop = async (): Promise<void> => {
    const old = held;
    held = null;
    old?.abort.abort();
    await (await old?.container)?.release().catch(() => undefined);
  };

  return {
    prepare(wish, open) {
      const key = keyOf(wish);
      if (held?.key === key) return;
      void drop();
      const abort = new AbortController();
      const container = open(abort.signal).catch(() => null);
      const mine: Held = { key, spec: wish.spec, container, abort };
      held = mine;
      const forget = (): void => {
        if (held === mine) held = null;
      };
      void container.then((opened) => (opened === null ? forget() : opened.gone.then(forget)));
    },
    async take(wish, signal) {
      const mine = held;
      if (mine === null || mine.key !== keyOf(wish)) {
        void drop();
        return null;
      }
      held = null;
      const onAbort = (): void => mine.abort.abort();
      signal.addEventListener('abort', onAbort, { once: true });
      const container = await mine.container;
      signal.removeEventListener('abort', onAbort);
      return container === null ? null : { container, spec: mine.spec };
    },
    drop,
  };
}

/** The size of a terminal can be changed afterwards, nothing else can. */
function keyOf({ generation, step, spec: { cols, rows, ...spec } }: SpareWish): string {
  return JSON.stringify([generation, step, spec]);
}
