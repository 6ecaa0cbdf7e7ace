/**
 * The connection to the engine, begun before anything else that takes time, so that its answers are on their way while the Dockerfile is read
 * and the front end loads. Whoever builds takes it; an error of it is theirs to tell.
 */
import type { Engine } from '../../engine/engine.js';
import type { BuilderKind } from '../../engine/registry.js';

export interface Connecting {
  /** The engine; connects anew when the connection begun here was taken already. Throws `BxError('endpoint' | 'cancelled')`. */
  take(signal: AbortSignal): Promise<Engine>;
  /** Gives up what nobody has taken. */
  abandon(): Promise<void>;
}

/** Resolves when the engine's libraries are loaded and it is being dialed. Never rejects. */
export async function startConnecting(builder: BuilderKind): Promise<Connecting> {
  const abort = new AbortController();
  let isTaken = false;
  let begun = (): void => undefined;
  const dialing = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const early = connect(abort.signal, builder, () => begun());
  early.catch(() => begun());
  await dialing;
  await turn();
  return {
    async take(signal) {
      if (isTaken) return connect(signal, builder);
      isTaken = true;
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
  builder: BuilderKind,
  onDialing: () => void = () => undefined,
): Promise<Engine> {
  const [{ firstReachable, resolveDockerEngines, resolveEndpoints }, { connectEngine }] = await Promise.all([
    import('../../builders/index.js'),
    import('../../engine/registry.js'),
  ]);
  // A buildkitd has no other builder: the Docker Engines are meant then.
  const endpoints = builder === 'classic' ? resolveDockerEngines(process.env) : resolveEndpoints(process.env);
  const engine = firstReachable(await endpoints, (endpoint) =>
    connectEngine(endpoint, signal, () => resolveDockerEngines(process.env), builder),
  );
  onDialing();
  return engine;
}
