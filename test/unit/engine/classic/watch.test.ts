import { afterEach, describe, expect, it } from 'vitest';
import { type EngineWatch, watchEngine } from '../../../../src/engine/classic/watch.js';
import type { CallOptions, EngineApi } from '../../../../src/engine/shared/engine-api.js';

const TIMES = { everyMs: 5, silenceMs: 60 };
const endpoint = { kind: 'docker', address: 'unix:///e.sock', source: 'test', tls: null } as const;

let watch: EngineWatch | null = null;
afterEach(() => watch?.stop());

/** `answer`: to each ping, by its number. */
function look(
  answer: (ping: number) => 'now' | 'never' | Error,
  heard: () => number = () => 0,
): { pings: number; lost: Error | null } {
  const seen: { pings: number; lost: Error | null } = { pings: 0, lost: null };
  const head: EngineApi['head'] = (_path, { signal }: CallOptions = {}) => {
    const how = answer(++seen.pings);
    if (how instanceof Error) return Promise.reject(how);
    if (how === 'now') return Promise.resolve({ status: 200, headers: {} });
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
  };
  const api = {
    endpoint,
    head,
    get bytesHeard() {
      return heard();
    },
  };
  watch = watchEngine(api, TIMES);
  void watch.lost.then((error) => {
    seen.lost = error;
  });
  return seen;
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the watch over an engine', () => {
  it('asks again as long as it is answered', async () => {
    const seen = look(() => 'now');
    await expect.poll(() => seen.pings).toBeGreaterThan(5);
    expect(seen.lost).toBeNull();
    watch!.stop();
    const { pings } = seen;
    await pause(30);
    expect(seen.pings - pings).toBeLessThanOrEqual(1);
  });

  it('takes one that says nothing for gone', async () => {
    const seen = look((ping) => (ping > 2 ? 'never' : 'now'));
    await expect.poll(() => seen.lost).not.toBeNull();
    expect(seen.lost).toMatchObject({ code: 'engine-lost', message: expect.stringContaining('has not answered for 0.1 s') });
    expect(seen.pings).toBe(3);
  });

  it('takes one that refuses for gone at once', async () => {
    const seen = look(() => new Error('connect ECONNREFUSED'));
    await expect.poll(() => seen.lost?.message ?? '').toContain('ECONNREFUSED');
  });

  it('waits for one that is heard of otherwise', async () => {
    let bytes = 0;
    const timer = setInterval(() => bytes++, 10);
    const seen = look(
      () => 'never',
      () => bytes,
    );
    await expect.poll(() => seen.pings).toBeGreaterThan(3);
    expect(seen.lost).toBeNull();
    clearInterval(timer);
    await expect.poll(() => seen.lost).not.toBeNull();
  });

  it('blames nobody for a time in which this program itself stood still', async () => {
    const seen = look(() => 'never');
    await expect.poll(() => seen.pings).toBe(1);
    const until = Date.now() + 700;
    while (Date.now() < until);
    await expect.poll(() => seen.pings).toBe(2);
    expect(seen.lost).toBeNull();
  });

  it('says nothing once it is stopped', async () => {
    const seen = look(() => 'never');
    await expect.poll(() => seen.pings).toBe(1);
    watch!.stop();
    await pause(120);
    expect(seen.lost).toBeNull();
  });
});
