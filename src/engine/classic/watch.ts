/**
 * Whether the engine is still there. No connection would end with it, so it is asked now and then; one that gives no sign of life is taken for
 * gone, also where its process is only stopped. A busy one answers late: the slowest of hundreds of answers took a third of a second, with eight
 * programs on two cores beside it and large contexts on their way to it.
 */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Endpoint } from '../../builders/endpoint.js';
import type { EngineLine } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import { isFar } from '../shared/address.js';
import { describeEndpoint } from '../shared/connect-error.js';
import type { EngineApi } from '../shared/engine-api.js';
import { isNotable } from '../shared/line-watch.js';

export interface WatchTimes {
  readonly everyMs: number;
  /** Without a byte from it for so long it is gone. */
  readonly silenceMs: number;
}

const TIMES: WatchTimes = { everyMs: 1_000, silenceMs: 3_200 };
/** Where packets get lost, or every call is a program of its own (ssh, an exec in a container). */
const FAR_TIMES: WatchTimes = { everyMs: 2_000, silenceMs: 10_000 };
/** A timer that comes later than this tells of this program, or of a machine that has slept. */
const LATE_MS = 500;

export interface EngineWatch {
  /** See `Engine.lost`. */
  readonly lost: Promise<Error>;
  /** See `Engine.onLine`. */
  onLine(listener: (line: EngineLine) => void): void;
  stop(): void;
}

export function watchEngine(
  api: Pick<EngineApi, 'endpoint' | 'head' | 'bytesHeard'>,
  times: WatchTimes = isFar(api.endpoint) ? FAR_TIMES : TIMES,
): EngineWatch {
  const stopped = new AbortController();
  const { signal } = stopped;
  const listeners = new Set<(line: EngineLine) => void>();
  const trips = tripsOfCall(api.endpoint);
  let line: EngineLine | null = null;
  const onAnswer = (tookMs: number): void => {
    const roundTripMs = Math.round(tookMs / (trips ?? 1));
    if (trips === null || !isNotable(line?.roundTripMs ?? null, roundTripMs)) return;
    line = { roundTripMs, isSilent: false };
    for (const listener of listeners) listener(line);
  };
  return {
    lost: untilLost(api, times, onAnswer, signal),
    onLine(listener) {
      listeners.add(listener);
      if (line !== null) listener(line);
    },
    stop: () => stopped.abort(),
  };
}

/** How often the line is passed in both directions for a call on a connection of its own; null: unknown, or there is no line. */
function tripsOfCall({ address, tls }: Endpoint): number | null {
  if (!address.startsWith('tcp:')) return null;
  return tls === null ? 2 : 3;
}

/** Never resolves once it is stopped. */
async function untilLost(
  api: Pick<EngineApi, 'endpoint' | 'head' | 'bytesHeard'>,
  { everyMs, silenceMs }: WatchTimes,
  onAnswer: (tookMs: number) => void,
  signal: AbortSignal,
): Promise<Error> {
  for (;;) {
    await sleep(everyMs, undefined, { ref: false, signal }).catch(() => {});
    const why = signal.aborted ? null : await silence(api, silenceMs, onAnswer, signal);
    if (signal.aborted) return new Promise(() => {});
    if (why !== null) return new BxError('engine-lost', `the engine at ${describeEndpoint(api.endpoint)} is gone: ${why}`);
  }
}

/** Null: it lives. */
async function silence(
  api: Pick<EngineApi, 'head' | 'bytesHeard'>,
  silenceMs: number,
  onAnswer: (tookMs: number) => void,
  signal: AbortSignal,
): Promise<string | null> {
  const heard = api.bytesHeard;
  const beganAtMs = Date.now();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), silenceMs).unref();
  try {
    await api.head('/_ping', { signal: AbortSignal.any([deadline.signal, signal]) });
    onAnswer(Date.now() - beganAtMs);
    return null;
  } catch (error) {
    if (!deadline.signal.aborted) return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
  if (Date.now() - beganAtMs > silenceMs + LATE_MS) return null;
  // What has come meanwhile is taken in.
  await turn();
  await turn();
  return api.bytesHeard > heard ? null : `it has not answered for ${(silenceMs / 1000).toFixed(1)} s`;
}
