/**
 * The connection to the engine, begun before anything else that takes time, so that its answers are on their way while the Dockerfile is read
 * and the front end loads. Whoever builds takes it; an error of it is theirs to tell.
 */

import type { Endpoint } from '../../builders/endpoint.js';
import type { EndpointWish } from '../../builders/index.js';
import type { EngineEvent } from '../../core/events.js';
import type { Engine } from '../../engine/engine.js';
import type { BuilderKind } from '../../engine/registry.js';

/** Whoever waits is told of it; those who go through a program of this machine may take longer. */
const SLOW_AFTER_MS = 3_900;

/** What a build says of the engine that it wants. */
export interface EngineWish {
  readonly builder: BuilderKind;
  readonly endpoint: EndpointWish;
}

export interface Connecting {
  /**
   * The engine; connects anew when the connection begun here was taken already. `tell`: what is done before there is an engine, also what was
   * done until now. Throws `BxError('endpoint' | 'cancelled')`.
   */
  take(signal: AbortSignal, tell: (event: EngineEvent) => void): Promise<Engine>;
  /** Gives up what nobody has taken. */
  abandon(): Promise<void>;
}

/** Resolves when the engine's libraries are loaded and it is being dialed. Never rejects. */
export async function startConnecting(wish: EngineWish): Promise<Connecting> {
  const abort = new AbortController();
  let isTaken = false;
  let begun = (): void => undefined;
  const dialing = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const untold: EngineEvent[] = [];
  let listener = (event: EngineEvent): void => void untold.push(event);
  const early = connect(
    abort.signal,
    wish,
    (event) => listener(event),
    () => begun(),
  );
  early.catch(() => begun());
  await dialing;
  await turn();
  return {
    async take(signal, tell) {
      if (isTaken) return connect(signal, wish, tell);
      isTaken = true;
      listener = tell;
      untold.forEach(tell);
      const giveUp = (): void => abort.abort(signal.reason);
      if (signal.aborted) giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        return await early;
      } finally {
        signal.removeEventListener('abort', giveUp);
      }
    },
    async abandon() {
      if (isTaken) return;
      isTaken = true;
      abort.abort();
      await early.then(
        (engine) => engine.dispose(),
        () => undefined,
      );
    },
  };
}

/** Lets the engine's answers in. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Loads the engine's libraries and dials the first endpoint that answers. Throws `BxError('endpoint' | 'cancelled')`. */
export async function connect(
  signal: AbortSignal,
  { builder, endpoint: wish }: EngineWish,
  tell: (event: EngineEvent) => void,
  onDialing: () => void = () => undefined,
): Promise<Engine> {
  const [{ firstReachable, resolveDockerEngines, resolveEndpoints }, { connectEngine }] = await Promise.all([
    import('../../builders/index.js'),
    import('../../engine/registry.js'),
  ]);
  const dockerEngines = () => resolveDockerEngines(process.env, {}, wish);
  // A buildkitd has no other builder: the Docker Engines are meant then.
  const isDockers = builder === 'classic' && wish.builder === null;
  const endpoints = await (isDockers ? dockerEngines() : resolveEndpoints(process.env, {}, wish));
  const silence = tellOfSilence(endpoints[0], tell);
  const engine = firstReachable(
    endpoints,
    (endpoint, beaten) => connectEngine(endpoint, AbortSignal.any([signal, beaten]), dockerEngines, builder, silence.tell),
    (late) => void late.dispose(),
  );
  onDialing();
  engine.then(
    () => silence.end(),
    (error: Error) => silence.end(error.message),
  );
  return engine;
}

interface Silence {
  /** Something happens, which is told instead. */
  tell(event: EngineEvent): void;
  end(error?: string): void;
}

/** A step of its own names who is silent, and what can be done meanwhile. */
function tellOfSilence(endpoint: Endpoint | undefined, tell: (event: EngineEvent) => void): Silence {
  const startedAtMs = Date.now();
  const digest = `silence ${startedAtMs}`;
  let name: string | null = null;
  const step = (completedAtMs: number | null, error = ''): void => {
    if (name === null) return;
    const own = { digest, name, inputs: [], isCached: false, startedAtMs, completedAtMs, error };
    tell({ type: 'vertex.updated', ...own });
  };
  const timer = setTimeout(async () => {
    if (endpoint === undefined) return;
    const { describeEndpoint, hintForSilence } = await import('../../engine/shared/connect-error.js');
    name = `[internal] connecting to ${describeEndpoint(endpoint)}`;
    step(null);
    tell({ type: 'log.appended', digest, stream: 'stderr', text: `no answer yet\n${hintForSilence(endpoint)}\n` });
  }, SLOW_AFTER_MS);
  return {
    tell(event) {
      clearTimeout(timer);
      tell(event);
    },
    end(error) {
      clearTimeout(timer);
      step(Date.now(), error);
    },
  };
}
