/** The classic builder of a Docker Engine, or of Podman behind the same API, as an engine: what it is, what it can do, and its runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint } from '../../builders/endpoint.js';
import type { Capability, CapabilityName } from '../../core/model/index.js';
import { BxError, toBxError } from '../../platform/errors.js';
import type { BuildRun, Engine } from '../engine.js';
import { connectTimeout, describeEndpoint, dialCancelled } from '../shared/connect-error.js';
import { createApi, type EngineApi } from '../shared/engine-api.js';
import { startFetchedRun } from '../shared/fetched-run.js';
import { answerTimeoutMs } from '../shared/open-socket.js';
import { withProxyArgs } from '../shared/proxy-args.js';
import { within } from '../shared/within.js';
import { type Dialect, DOCKERD } from './dialect.js';
import { type EngineFacts, readFacts } from './facts.js';
import { type Journal, openJournal } from './journal.js';
import { removeLabelled, sweepOrphans } from './orphans.js';
import { refuseUnknown } from './refuse.js';
import { startRun } from './run.js';
import { fetchedContext } from './source/fetched-context.js';
import { watchEngine } from './watch.js';

/** The newest that this client was tried with. */
const NEWEST_API = 51;
/** From here on only what was built is taken for a cache (moby, `builder/dockerfile`); before, also a commit of the command that has failed. */
const LOCAL_CACHE_API = 44;
/** How long the end waits for the removal of what others have left, of which the next start sees the rest. */
const SWEEP_MS = 2_000;
/** When what nobody has noted is looked for: a connection that lasts so long has somebody at it who does not wait for its end. */
const LATE_SWEEP_MS = 30_000;

/** Connects to a Docker Engine or a Podman and takes away what sessions that are gone have left there. Throws `BxError('endpoint' | 'cancelled')`. */
export async function connectClassic(endpoint: Endpoint, signal: AbortSignal): Promise<Engine> {
  if (endpoint.kind !== 'docker') {
    throw new BxError('endpoint', `${describeEndpoint(endpoint)} is a buildkitd, which has no classic builder`, {
      hint: 'Name a Docker Engine with DOCKER_HOST, or build with --engine=buildkit.',
    });
  }
  const api = createApi(endpoint);
  const timeoutMs = answerTimeoutMs(endpoint);
  const late = AbortSignal.timeout(timeoutMs);
  const facts = await readFacts(api, AbortSignal.any([signal, late])).catch((error: unknown) => {
    if (signal.aborted) throw dialCancelled(endpoint, signal.reason);
    if (late.aborted) throw connectTimeout(endpoint, timeoutMs, 'it takes the connection and says nothing');
    throw error;
  });
  api.version = `1.${Math.min(facts.apiMinor, NEWEST_API)}`;
  return createEngine(api, facts, facts.isPodman ? (await import('./podman/dialect.js')).PODMAN : DOCKERD);
}

function createEngine(api: EngineApi, facts: EngineFacts, dialect: Dialect): Engine {
  const { endpoint } = api;
  // What is never committed is never found.
  const isCacheSafe = facts.apiMinor >= LOCAL_CACHE_API || !dialect.hasBuildContainers;
  const ending = new AbortController();
  const sweep = sweepOrphans(api, ending.signal);
  const clean = isCacheSafe ? Promise.resolve() : sweep.clean;
  const journal: Journal = openJournal(endpoint.address, facts.nowS);
  const runs = new Set<BuildRun>();
  const late = { ref: false, signal: ending.signal };
  void sleep(LATE_SWEEP_MS, undefined, late)
    .then(() => removeLabelled(api))
    .catch(() => {});
  const watch = watchEngine(api);
  const lost = watch.lost.then((error) => {
    const { message, hint } = toBxError(error, 'engine-lost');
    api.sever(new BxError('engine-lost', `the connection was given up: ${message}`, { hint }));
    return error;
  });
  let disposing: Promise<void> | null = null;
  return {
    summary: {
      name: facts.isPodman ? facts.name : `${facts.name}, classic builder`,
      kind: 'classic',
      address: endpoint.address,
      source: endpoint.source,
      capabilities: capabilities(dialect),
    },
    lost,
    onLine: (listener) => watch.onLine(listener),
    build(request) {
      refuseUnknown(request, dialect);
      const surroundings = { api, journal, dialect, clean };
      const asked = withProxyArgs(request, endpoint.address, true);
      const run =
        request.contextDir === null
          ? startFetchedRun(asked, { ...fetchedContext(asked), start: (ready) => startRun(surroundings, ready) })
          : startRun(surroundings, asked);
      runs.add(run);
      return { ...run, dispose: () => run.dispose().finally(() => runs.delete(run)) };
    },
    dispose() {
      watch.stop();
      ending.abort();
      const givenBack = () => Promise.allSettled([within(SWEEP_MS, sweep.done), ...[...runs].map((run) => run.dispose())]);
      disposing ??= givenBack().then(() => journal.close());
      return disposing;
    },
  };
}

function capabilities({ name, failedStateReason, filesReason }: Dialect): Readonly<Record<CapabilityName, Capability>> {
  const yes: Capability = { isAvailable: true, reason: '' };
  const because = (reason: string): Capability => ({ isAvailable: false, reason });
  const no = (what: string): Capability => because(`${name.replace(/^the /, 'The ')} ${what}`);
  return {
    failedState: failedStateReason === '' ? yes : because(failedStateReason),
    signals: yes,
    imageStore: yes,
    secretEnv: no('knows no secrets.'),
    files: filesReason === '' ? yes : because(filesReason),
    failedFiles: filesReason === '' ? yes : because(filesReason),
    changes: filesReason === '' ? yes : because(filesReason),
    liveFiles: no('is not asked for the files of a container without a process in it yet.'),
    buildWarnings: no('does not check the Dockerfile for warnings.'),
  };
}
