/**
 * A run whose context has to be brought here first: into a directory of its own, which goes with the run. Until then whoever asks for a
 * container waits.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineEvent } from '../../../core/events.js';
import { BxError, toBxError } from '../../../platform/errors.js';
import type { BuildRequest, BuildRun } from '../../engine.js';

/** `start`: the run of the same request with a directory for its context. */
export function startFetchedRun(request: BuildRequest, start: (ready: BuildRequest) => BuildRun): BuildRun {
  const work = new AbortController();
  const home = mkdtempSync(join(tmpdir(), 'bxtui-context-'));
  const listeners = new Set<(event: EngineEvent) => void>();
  const vertex = createVertex(request);
  let disposing: Promise<void> | null = null;
  let run: BuildRun | null = null;
  const fetching = (async () => {
    const { fetchSource } = await import('./fetch-source.js');
    const ready = await fetchSource(request, home, work.signal);
    if (work.signal.aborted) throw new BxError('cancelled', 'getting the context was cancelled');
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
      signal.addEventListener('abort', () => reject(new BxError('cancelled', 'waiting for the context was cancelled')), {
        once: true,
      });
    });
    return Promise.race([fetching.then((one) => one.run), left]);
  };
  const disposeAll = async (): Promise<void> => {
    work.abort();
    await fetching.catch(() => {});
    await run?.dispose();
    rmSync(home, { recursive: true, force: true });
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

/** What is told of the fetching; nothing where there is nothing to wait for. */
function createVertex({ source }: BuildRequest): { begun(): EngineEvent[]; ended(error: string): EngineEvent[] } {
  if (source === undefined) return { begun: () => [], ended: () => [] };
  const digest = `classic:context:${randomBytes(8).toString('hex')}`;
  const name = source.kind === 'url' ? `[internal] load remote build context ${source.url}` : '[internal] unpack build context';
  const startedAtMs = Date.now();
  const told = (completedAtMs: number | null, error: string): EngineEvent[] => [
    { type: 'vertex.updated', digest, name, inputs: [], isCached: false, startedAtMs, completedAtMs, error },
  ];
  return { begun: () => told(null, ''), ended: (error) => told(Date.now(), error) };
}
