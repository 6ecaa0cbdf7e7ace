import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchIdle } from '../../../src/cli/sessions/idle.js';
import type { SessionState } from '../../../src/core/model/index.js';
import { initialState } from '../../../src/core/reduce/index.js';
import type { SessionClient } from '../../../src/session/index.js';
import type { ClientInfo } from '../../../src/session/wire/index.js';

const HOUR = 3_600_000;

let state: SessionState;
let clients: ClientInfo[];
let idled: number;
const watch = (limitHours = 24) =>
  watchIdle({
    session: {
      get state() {
        return state;
      },
    } as SessionClient,
    clients: () => clients,
    limitHours,
    now: Date.now,
    onIdle: () => idled++,
  });
const client = (kind: ClientInfo['kind']) => ({ kind }) as ClientInfo;
const withContainer = { containers: { c1: { state: 'running' } } } as unknown as Partial<SessionState>;
const program = (kind: 'shell' | 'exec') => ({ processes: [{ kind, endedAtMs: null }] }) as unknown as Partial<SessionState>;

beforeEach(() => {
  vi.useFakeTimers();
  state = initialState();
  clients = [];
  idled = 0;
});
afterEach(() => vi.useRealTimers());

describe('a session at which nobody looks', () => {
  it('ends an hour after it holds nothing that would be lost', () => {
    const idle = watch();
    expect(idle.endsAtMs()).toBe(Date.now() + HOUR);
    vi.advanceTimersByTime(HOUR - 20_000);
    expect(idled).toBe(0);
    vi.advanceTimersByTime(40_000);
    expect(idled).toBe(1);
  });

  it('stays for a day while it holds a container, or as long as is set', () => {
    state = { ...state, ...withContainer };
    const idle = watch();
    expect(idle.endsAtMs()).toBe(Date.now() + 24 * HOUR);
    vi.advanceTimersByTime(23 * HOUR);
    expect(idled).toBe(0);
    vi.advanceTimersByTime(2 * HOUR);
    expect(idled).toBe(1);
    expect(watch(2).endsAtMs()).toBe(Date.now() + 2 * HOUR);
  });

  it('never ends by itself when that is set', () => {
    const idle = watch(0);
    vi.advanceTimersByTime(1_000 * HOUR);
    expect([idle.endsAtMs(), idled]).toEqual([null, 0]);
  });

  it('counts from when the last screen left, the last program ended', () => {
    state = { ...state, ...program('exec') };
    const idle = watch();
    vi.advanceTimersByTime(50 * HOUR);
    expect([idle.endsAtMs(), idled]).toEqual([null, 0]);
    state = initialState();
    clients = [client('screen')];
    vi.advanceTimersByTime(50 * HOUR);
    expect([idle.endsAtMs(), idled]).toEqual([null, 0]);
    // Asking what there is keeps nothing alive; a shell that waits for somebody neither.
    clients = [client('command')];
    state = { ...state, ...program('shell') };
    expect(idle.endsAtMs()).toBeGreaterThan(Date.now() + HOUR - 20_000);
    vi.advanceTimersByTime(HOUR + 20_000);
    expect(idled).toBe(1);
  });
});
