/** What a build waits for before the engine does anything, told as a step of its own once it takes long. */
import type { EngineEvent } from '../../core/events.js';

/** Whoever waits is told of it; those who go through a program of this machine may take longer. */
const SLOW_AFTER_MS = 3_900;

export interface SlowDescription {
  /** What is done, on which object. */
  readonly name: string;
  /** Who has not answered yet, as the header says it. */
  readonly silent: string;
  /** What can be done meanwhile. */
  readonly hint: string;
}

export interface SlowStep {
  /** Something else is told instead. */
  giveWay(): void;
  /** It is over; `error`: why it has failed. */
  end(error?: string): void;
}

/** Begins to wait. */
export function tellWhenSlow(
  tell: (event: EngineEvent) => void,
  describe: () => SlowDescription | Promise<SlowDescription>,
): SlowStep {
  const startedAtMs = Date.now();
  let shown: { readonly digest: string; readonly name: string; readonly silent: string } | null = null;
  let isOver = false;
  const step = (completedAtMs: number | null, error = ''): void => {
    if (shown !== null)
      tell({ type: 'vertex.updated', ...shown, inputs: [], isCached: false, startedAtMs, completedAtMs, error });
  };
  const timer = setTimeout(async () => {
    const { name, silent, hint } = await describe();
    if (isOver) return;
    shown = { digest: `silence ${startedAtMs} ${name}`, name: `[internal] ${name}`, silent };
    step(null);
    tell({ type: 'log.appended', digest: shown.digest, stream: 'stderr', text: `no answer yet\n${hint}\n` });
  }, SLOW_AFTER_MS);
  return {
    giveWay: () => clearTimeout(timer),
    end(error) {
      isOver = true;
      clearTimeout(timer);
      step(Date.now(), error);
    },
  };
}
