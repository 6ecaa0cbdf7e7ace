/** Work on many sessions, each of which takes a connection: a process may have only so many files open. */

/** Few enough for any limit, enough that one which does not answer holds nobody up. */
const AT_ONCE = 16;

/** As `Promise.all(items.map(work))`, in the same order. */
export async function aFewAtOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const takeTurns = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, takeTurns));
  return results;
}
