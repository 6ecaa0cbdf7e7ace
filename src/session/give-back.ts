/** The end of what a session holds on the engine, each part with a bound: an engine that hangs must not keep the session from ending. */

/** Together less than whoever asked for the end waits (`session/wire/kill-session.ts`). */
const RELEASE_WITHIN_MS = 5_200;
const DISPOSE_WITHIN_MS = 3_300;
const CLOSE_WITHIN_MS = 500;

export interface Holdings {
  readonly containers: () => Promise<unknown>;
  /** Until it is with everybody who listens, and in the record, how they have ended. */
  readonly runs: () => Promise<unknown>;
  readonly connection: () => Promise<unknown>;
}

/** One after the other, whatever became of those before. Never throws. What is late is the engine's to notice, by the connection's end. */
export async function giveBack({ containers, runs, connection }: Holdings): Promise<void> {
  await inTime(containers(), RELEASE_WITHIN_MS);
  await inTime(runs(), DISPOSE_WITHIN_MS);
  await inTime(connection(), CLOSE_WITHIN_MS);
}

async function inTime(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
