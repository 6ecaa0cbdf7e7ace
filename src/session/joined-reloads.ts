/** Reloads that are wished while one has not begun are one: two builds beside each other are never meant. */

/** `reload` calls `isWithoutCache` when it begins to build; a wish that comes later is another one. */
export function joinedReloads(reload: (isWithoutCache: () => boolean) => Promise<void>): (noCache: boolean) => Promise<void> {
  let waiting: { noCache: boolean; done: Promise<void> } | null = null;
  return (noCache) => {
    if (waiting !== null) {
      waiting.noCache ||= noCache;
      return waiting.done;
    }
    const wish = { noCache, done: Promise.resolve() };
    waiting = wish;
    const leave = (): void => {
      if (waiting === wish) waiting = null;
    };
    wish.done = reload(() => {
      leave();
      return wish.noCache;
    }).finally(leave);
    return wish.done;
  };
}
