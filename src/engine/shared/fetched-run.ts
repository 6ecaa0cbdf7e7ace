/** A run of which something has to be fetched first. Until then whoever asks for a container waits. */
import { randomBytes } from 'node:crypto';
import type { EngineEvent } from '../../core/events.js';
import { BxError, toBxError } from '../../platform/errors.js';
import type { BuildRequest, BuildRun } from '../engine.js';

export interface Fetching {
  /** What is told while it goes on; null: nobody has to wait for it. */
  readonly name: string | null;
  /** The request with all that it needs. Throws `BxError`, which the build then fails with. */
  fetch(signal: AbortSignal): Promise<BuildRequest>;
  start(ready: BuildRequest): BuildRun;
  /** Takes away what was made for it, when the run has been given back. */
  remove(): void;
}

export function startFetchedRun(request: BuildRequest, { name, fetch, start, remove }: Fetching): BuildRun {
  const work = new AbortController();
  const listeners = new Set<(event: EngineEvent) => void>();
  const vertex = createVertex(name);
  let disposing: Promise<void> | null = null;
  let run: BuildRun | null = null;
  const fetching = (async () => {
    const ready = await fetch(work.signal);
    if (work.signal.aborted) throw new BxError('cancelled', 'getting what is to be built was cancelled');
    run = start(ready);
    for (const listener of listeners) run.onLateEvent(listener);
    return { run, ready };
  })();
  fetching.catch(() => {});

  async function* events(): AsyncGenerator<EngineEvent, void> {
    yield* vertex.begun();
    let started: Awaited<typeof fetching>;
    try {
      started = await fetching;
    } catch (error) {
      const { message, hint } = toBxError(error, 'input');
      yield* vertex.ended(work.signal.aborted ? 'context canceled' : message);
      if (work.signal.aborted) yield { type: 'build.cancelled' };
      else yield { type: 'build.failed', failure: { digest: null, message, hint, exitCode: null, line: null } };
      return;
    }
    yield* vertex.ended('');
    const { text, plan } = started.ready.dockerfile;
    if (request.dockerfile.origin === 'context') yield { type: 'dockerfile.read', text, plan };
    yield* started.run.events;
  }

  const started = async (signal: AbortSignal): Promise<BuildRun> => {
    if (run !== null || signal.aborted) return run ?? (await fetching).run;
    const left = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new BxError('cancelled', 'waiting for what is to be built was cancelled')), {
        once: true,
      });
    });
    return Promise.race([fetching.then((one) => one.run), left]);
  };
  const disposeAll = async (): Promise<void> => {
    work.abort();
    await fetching.catch(() => {});
    await run?.dispose();
    remove();
  };
  return {
    events: events(),
    onLateEvent(listener) {
      listeners.add(listener);
      run?.onLateEvent(listener);
    },
    async cancel() {
      if (run !== null) return run.cancel();
      work.abort();
      await fetching.then(
        (one) => one.run.cancel(),
        () => {},
      );
    },
    openContainer: async (spec, signal) => (await started(signal)).openContainer(spec, signal),
    openFiles: async (spec, signal) => (await started(signal)).openFiles(spec, signal),
    changes: async (step, signal) => (await started(signal)).changes(step, signal),
    hasExclusiveCache: (step) => run?.hasExclusiveCache(step) ?? false,
    dispose() {
      disposing ??= disposeAll();
      return disposing;
    },
  };
}

function createVertex(name: string | null): { begun(): EngineEvent[]; ended(error: string): EngineEvent[] } {
  if (name === null) return { begun: () => [], ended: () => [] };
  const digest = `fetched:${randomBytes(8).toString('hex')}`;
  const startedAtMs = Date.now();
  const told = (completedAtMs: number | null, error: string): EngineEvent[] => [
    { type: 'vertex.updated', digest, name, inputs: [], isCached: false, startedAtMs, completedAtMs, error },
  ];
  return { begun: () => told(null, ''), ended: (error) => told(Date.now(), error) };
}
