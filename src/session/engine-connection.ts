/** The session's engine: connected when it is first needed, and again by itself once it was lost. It must not know what is built on it. */
import type { EngineEvent } from '../core/events.js';
import type { Engine } from '../engine/engine.js';

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;

export interface EngineConnection {
  readonly current: Engine | null;
  /** The engine that is there, or a connection made now; `tell`: what that takes. Throws what `connect` throws. */
  get(tell: (event: EngineEvent) => void): Promise<Engine>;
  /** Nobody waits any more for what `get` is making; that throws 'cancelled'. */
  giveUp(): void;
  dispose(): Promise<void>;
}

export interface EngineConnectionOptions {
  /** Throws `BxError('endpoint')`. */
  connect(signal: AbortSignal, tell: (event: EngineEvent) => void): Promise<Engine>;
  readonly signal: AbortSignal;
  onConnected(engine: Engine): void;
  /** The one in use is gone. */
  onLost(error: unknown): void;
  /** It was lost and is connected again, without anybody's doing. */
  onBack(engine: Engine): void;
}

export function createEngineConnection(options: EngineConnectionOptions): EngineConnection {
  let current: Engine | null = null;
  let making: AbortController | null = null;
  let retry: NodeJS.Timeout | null = null;

  const stopRetrying = (): void => {
    if (retry !== null) clearTimeout(retry);
    retry = null;
  };
  const take = (engine: Engine): Engine => {
    stopRetrying();
    current = engine;
    options.onConnected(engine);
    void engine.lost.then((error) => {
      if (options.signal.aborted || current !== engine) return;
      current = null;
      options.onLost(error);
      retryAfter(FIRST_RETRY_MS);
    });
    return engine;
  };
  const retryAfter = (delayMs: number): void => {
    retry = setTimeout(async () => {
      retry = null;
      try {
        const engine = await options.connect(options.signal, () => undefined);
        // Somebody has built meanwhile, or the session has ended.
        if (current !== null || options.signal.aborted) await engine.dispose();
        else options.onBack(take(engine));
      } catch {
        if (current === null && !options.signal.aborted) retryAfter(Math.min(2 * delayMs, LONGEST_RETRY_MS));
      }
    }, delayMs).unref();
  };

  return {
    get current() {
      return current;
    },
    async get(tell) {
      if (current !== null) return current;
      making = new AbortController();
      return take(await options.connect(AbortSignal.any([options.signal, making.signal]), tell));
    },
    giveUp: () => making?.abort(),
    async dispose() {
      stopRetrying();
      await current?.dispose().catch(() => undefined);
    },
  };
}
