/** How long is waited for what the engine has not told when the answer is there. */
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { StatusResponseSchema } from '../../../../src/engine/buildkit/proto/gen/control_pb.js';
import { createSettling } from '../../../../src/engine/buildkit/settling.js';
import { createStatusTranslator } from '../../../../src/engine/buildkit/status.js';

const START_MS = 1_000_000;
/** Each needs the one before. */
const CHAIN = ['a', 'b', 'c', 'd'];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** `told`: what has been told, and when it was done, from the start of the build on. Resolves with the milliseconds that were waited. */
async function waited(told: Readonly<Record<string, number>>): Promise<number> {
  const translator = createStatusTranslator({ startedAtMs: START_MS, dockerfileName: () => 'Dockerfile' });
  const settling = createSettling(translator);
  const vertexes = Object.entries(told).map(([digest, ms]) => {
    const moment = timestampFromMs(START_MS + ms);
    return { digest, name: digest, started: moment, completed: moment };
  });
  translator.translate(create(StatusResponseSchema, { vertexes }), START_MS + 10_000);
  const beginMs = Date.now();
  const end = settling.carriedOut('d', (digest) => CHAIN.slice(0, CHAIN.indexOf(digest) + 1)).then(() => Date.now() - beginMs);
  await vi.runAllTimersAsync();
  return end;
}

it('does not wait where all is told', async () => {
  expect(await waited({ a: 1, b: 2, c: 3, d: 4 })).toBe(0);
});

it('waits for the last that is told of what a result needed', async () => {
  expect(await waited({ a: 1, d: 4 })).toBeGreaterThan(0);
});

it('does not wait for what another build has done before what is reused here', async () => {
  expect(await waited({ d: -50 })).toBe(0);
  expect(await waited({ c: -50, d: 4 })).toBe(0);
});

it('waits for what comes after what is reused', async () => {
  expect(await waited({ b: -50, d: 4 })).toBeGreaterThan(0);
});
