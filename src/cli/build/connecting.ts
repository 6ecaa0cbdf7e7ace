/**
 * The connection to the engine, begun before anything else that takes time, so that its answers are on their way while the Dockerfile is read
 * and the front end loads. Whoever builds takes it; an error of it is theirs to tell.
 */

import type { Endpoint } from '../../builders/endpoint.js';
import type { EndpointWish } from '../../builders/index.js';
import type { EngineEvent } from '../../core/events.js';
import type { Engine } from '../../engine/engine.js';
import type { BuilderKind } from '../../engine/registry.js';
import { type SlowDescription, tellWhenSlow } from './slow-step.js';

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
  const [first] = endpoints;
  const slow = first === undefined ? null : tellWhenSlow(tell, () => describeSilence(first));
  const tellInstead = (event: EngineEvent): void => {
    slow?.giveWay();
    tell(event);
  };
  const engine = firstReachable(
    endpoints,
    (endpoint, beaten) => connectEngine(endpoint, AbortSignal.any([signal, beaten]), dockerEngines, builder, tellInstead),
    (late) => void late.dispose(),
  );
  onDialing();
  engine.then(
    () => slow?.end(),
    (error: Error) => slow?.end(error.message),
  );
  return engine;
}

/** Names who is silent, and what can be done meanwhile. */
async function describeSilence(endpoint: Endpoint): Promise<SlowDescription> {
  const { describeEndpoint, hintForSilence } = await import('../../engine/shared/connect-error.js');
  const to = `to ${describeEndpoint(endpoint)}`;
  return { name: `connecting ${to}`, silent: to, hint: hintForSilence(endpoint) };
}
