import { describe, expect, it } from 'vitest';
import type { ProcessSummary, SessionState } from '../../../src/core/model/index.js';
import { holderNames, isLeftOpen, selectHolders } from '../../../src/core/select/index.js';

const processOf = (id: string, container: string, endedAtMs: number | null = null) =>
  ({ id, container, endedAtMs }) as ProcessSummary;
const containerOf = (id: string, generation: number, state = 'running') => [id, { id, generation, state }];

const state = {
  containers: Object.fromEntries([
    containerOf('c1', 1),
    containerOf('c2', 1),
    containerOf('c3', 1, 'released'),
    containerOf('c4', 2),
  ]),
  processes: [
    processOf('p1', 'c1'),
    processOf('p2', 'c1', 5),
    processOf('p3', 'c2', 5),
    processOf('p4', 'c2', 6),
    processOf('p5', 'c3', 5),
    processOf('p6', 'c4'),
    processOf('p7', 'host'),
  ],
} as unknown as SessionState;

describe('who holds an earlier build', () => {
  it('is who runs in a container of it, and of what has ended there the last', () => {
    const holders = selectHolders(state, 2);
    expect(holders.map(({ id }) => id)).toEqual(['p1', 'p4']);
    expect(holderNames(holders)).toBe('p1, p4 (ended)');
    expect(holderNames(selectHolders(state, 3))).toBe('p1, p4 (ended), p6');
    expect(selectHolders(state, 1)).toEqual([]);
  });
});

describe('a container', () => {
  it('is left open when nothing runs in it and it was not given back', () => {
    expect(state.processes.filter((process) => isLeftOpen(state, process)).map(({ id }) => id)).toEqual(['p3', 'p4']);
  });
});
