/**
 * Which runs something is being carried out in at somebody's wish, after their end. BuildKit joins what is alike in the builds that are open:
 * a run that a shell keeps open is told of the steps of the newer ones as well, which it has not carried out.
 */
export interface AskedRuns {
  /** Something is asked of some run now. */
  readonly isAny: boolean;
  /** Whether what the engine tells late of a run can be its own: nothing was built since, or something is asked of it now. */
  isOwn(generation: number, newest: number): boolean;
  during<T>(generation: number, work: () => Promise<T>): Promise<T>;
}

export function createAskedRuns(): AskedRuns {
  const asked = new Map<number, number>();
  return {
    get isAny() {
      return [...asked.values()].some((count) => count > 0);
    },
    isOwn: (generation, newest) => generation === newest || (asked.get(generation) ?? 0) > 0,
    async during(generation, work) {
      asked.set(generation, (asked.get(generation) ?? 0) + 1);
      try {
        return await work();
      } finally {
        asked.set(generation, asked.get(generation)! - 1);
      }
    },
  };
}
