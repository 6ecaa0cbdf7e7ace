/** A stream of single items as what came within one turn of the event loop; nothing is held back beyond that. */

/** Ends, or throws, as the source does. Who stops reading stops the source with its next item. */
export async function* inTurns<T>(source: AsyncIterable<T>): AsyncGenerator<T[]> {
  let items: T[] = [];
  let isEnded = false;
  let isLeft = false;
  let wake: () => void = () => undefined;
  const read = async (): Promise<void> => {
    try {
      for await (const item of source) {
        if (isLeft) return;
        items.push(item);
        wake();
      }
    } finally {
      isEnded = true;
      wake();
    }
  };
  const reading = read();
  reading.catch(() => undefined);
  try {
    for (;;) {
      if (items.length === 0 && !isEnded) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (!isEnded) await new Promise((resolve) => setImmediate(resolve));
      const turn = items;
      items = [];
      if (turn.length > 0) yield turn;
      if (isEnded && items.length === 0) return await reading;
    }
  } finally {
    isLeft = true;
  }
}
