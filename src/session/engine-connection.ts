/** The session's engine: connected when it is first needed, and again by itself once it was lost. It must not know what is built on it. */
import type { EngineEvent } from '../core/events.js';
import type { Engine } from '../engine/engine.js';
import { BxError } from '../platform/errors.js';

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;

export interface EngineConnection {
  readonly current: Engine | null;
  /**
   * The engine that is there, or a connection that is made; `tell`: what that takes, from its beginning. It is made on when `leave` says that
   * nobody waits here any more, for who comes next. Throws what `connect` throws, and 'cancelled'.
   */
  get(tell: (event: EngineEvent) => void, leave?: AbortSignal): Promise<Engine>;
  /** Ends what `get` is making; that throws 'cancelled'. */
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

interface Making {
  readonly abort: AbortController;
  /** In order. */
  readonly told: EngineEvent[];
  readonly listener: { tell(event: EngineEvent): void };
  readonly engine: Promise<Engine>;
}

function left(): BxError {
  return new BxError('cancelled', 'nobody waits for the engine any more');
}

export function createEngineConnection(options: EngineConnectionOptions): EngineConnection {
  let current: Engine | null = null;
  let making: Making | null = null;
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

  const make = (tell: (event: EngineEvent) => void): Making => {
    const abort = new AbortController();
    const told: EngineEvent[] = [];
    const listener = { tell };
    const connected = options.connect(AbortSignal.any([options.signal, abort.signal]), (event) => {
      told.push(event);
      listener.tell(event);
    });
    const engine = connected.then(take).finally(() => {
      making = null;
    });
    engine.catch(() => undefined);
    making = { abort, told, listener, engine };
    return making;
  };

  return {
    get current() {
      return current;
    },
    get(tell, leave) {
      if (leave?.aborted) return Promise.reject(left());
      if (current !== null) return Promise.resolve(current);
      making?.told.forEach(tell);
      const mine = making ?? make(tell);
      mine.listener.tell = tell;
      if (leave === undefined) return mine.engine;
      return new Promise((resolve, reject) => {
        leave.addEventListener('abort', () => reject(left()), { once: true });
        mine.engine.then(resolve, reject);
      });
    },
    giveUp: () => making?.abort.abort(),
    async dispose() {
      stopRetrying();
      await current?.dispose().catch(() => undefined);
    },
  };
}
