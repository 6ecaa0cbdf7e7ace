/** Carries outputs of the graph out on the engine, each once: who asks for the same one shares the work and the result. */

import { BxError } from '../../platform/errors.js';
import type { Gateway } from './gateway.js';
import type { OutputRef } from './graph-types.js';
import { type PlannedRef, singleRef } from './plan.js';

export interface Evaluator {
  /** The result id. Throws what `normalise` makes of the engine's error; `BxError('cancelled')` after `signal` or `cancel`. */
  evaluate(output: OutputRef, signal?: AbortSignal): Promise<string>;
  /** The evaluation of that output has begun already. */
  take(output: OutputRef, begun: Begun): void;
  /** Stops all that is going on; later calls work again. */
  cancel(): void;
}

/** An output that the engine is carrying out. */
export interface Begun {
  readonly solving: Promise<string>;
  readonly abort: AbortController;
}

/**
 * Starts what an encoded definition says. `ref`: the result id that the engine gave with the definition, where it carries such a one out
 * by itself (gateway.evaluate), which spares it reading the definition again. An error is the business of whoever takes it.
 */
export function beginSolve(gateway: Gateway, definition: Uint8Array, ref: string | null = null): Begun {
  const abort = new AbortController();
  const solving =
    ref === null
      ? solve(gateway, definition, abort.signal)
      : gateway.bridge.evaluate({ Ref: ref }, { signal: abort.signal }).then(() => ref);
  solving.catch(() => {});
  return { solving, abort };
}

/** The same with a result of a plan, where the engine may carry such a one out by itself. Null: it is empty. */
export function beginResult(gateway: Gateway, { id, def }: PlannedRef, evaluatesResults: boolean): Begun | null {
  return def.length === 0 ? null : beginSolve(gateway, def, evaluatesResults ? id : null);
}

interface Shared {
  readonly result: Promise<string>;
  readonly abort: AbortController;
  waiting: number;
}

export function createEvaluator(options: {
  readonly gateway: Gateway;
  whileOpen<T>(call: Promise<T>): Promise<T>;
  /** Encoded. */
  definitionOf(output: OutputRef): Uint8Array;
  normalise(error: unknown): Promise<BxError>;
}): Evaluator {
  const shared = new Map<string, Shared>();

  const keyOf = (output: OutputRef): string => `${output.digest} ${output.index}`;

  const share = (key: string, { solving, abort }: Begun): Shared => {
    const result = options.whileOpen(solving).catch(async (error: unknown) => {
      shared.delete(key);
      throw abort.signal.aborted ? cancelled(error) : await options.normalise(error);
    });
    result.catch(() => {});
    const entry = { result, abort, waiting: 0 };
    shared.set(key, entry);
    return entry;
  };

  return {
    async evaluate(output, signal) {
      if (signal?.aborted) throw cancelled(signal.reason);
      const key = keyOf(output);
      const entry = shared.get(key) ?? share(key, beginSolve(options.gateway, options.definitionOf(output)));
      entry.waiting++;
      try {
        return await (signal ? Promise.race([entry.result, aborted(signal)]) : entry.result);
      } finally {
        entry.waiting--;
        // Aborting a solve that has ended does nothing.
        if (entry.waiting === 0 && signal?.aborted) entry.abort.abort();
      }
    },
    take: (output, begun) => void share(keyOf(output), begun),
    cancel() {
      for (const entry of shared.values()) entry.abort.abort();
    },
  };
}

/** On Docker Engine 20.10 only a definition is evaluated on request, a frontend's result is not; so it is always a definition. */
async function solve(gateway: Gateway, definition: Uint8Array, signal: AbortSignal): Promise<string> {
  const { result } = await gateway.bridge.solve(
    { Definition: definition, Evaluate: true, allowResultReturn: true, allowResultArrayRef: true },
    { signal },
  );
  return singleRef(result)?.id ?? '';
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(cancelled(signal.reason)), { once: true });
  });
}

function cancelled(cause: unknown): BxError {
  return new BxError('cancelled', 'the step was stopped before it was done', { cause });
}
