/** Events on their way to the one consumer of a run; bounded by holding the producer back, never by dropping. */
const HIGH_WATER = 4096;

export interface EventQueue<T> extends AsyncIterable<T> {
  /** Dropped after `end`. */
  push(event: T): void;
  end(): void;
  readonly isEnded: boolean;
  /** Resolves when the consumer has caught up enough; at once when it has. */
  room(): Promise<void>;
}

export function createEventQueue<T>(): EventQueue<T> {
  let events: T[] = [];
  let isEnded = false;
  let wakeReader: (() => void) | null = null;
  let waitingForRoom: Array<() => void> = [];

  const wake = (): void => {
    wakeReader?.();
    wakeReader = null;
  };
  const freeRoom = (): void => {
    const waiting = waitingForRoom;
    waitingForRoom = [];
    for (const resolve of waiting) resolve();
  };

  return {
    get isEnded() {
      return isEnded;
    },
    push(event) {
      if (isEnded) return;
      events.push(event);
      wake();
    },
    end() {
      isEnded = true;
      wake();
      freeRoom();
    },
    room() {
      if (isEnded || events.length < HIGH_WATER) return Promise.resolve();
      return new Promise((resolve) => waitingForRoom.push(resolve));
    },
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          const batch = events;
          events = [];
          freeRoom();
          yield* batch;
          if (events.length > 0) continue;
          if (isEnded) return;
          await new Promise<void>((resolve) => {
            wakeReader = resolve;
          });
        }
      } finally {
        // Nobody reads on: a producer that waits for room would wait for ever.
        events = [];
        isEnded = true;
        freeRoom();
      }
    },
  };
}
