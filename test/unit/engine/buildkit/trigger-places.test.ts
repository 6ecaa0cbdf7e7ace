/** Triggers (ONBUILD) that the frontend of 20.10 says are in line 1. */
import { describe, expect, it } from 'vitest';
import { copy, exec, graphOf, source } from './graph-fixture.js';

const PARENT = source('docker-image://parent');
const CONTEXT = source('local://context');

function stepsOf(graph: ReturnType<typeof graphOf>): (string | null)[] {
  return graph.digests.map((digest) => graph.stepOf(digest));
}

describe('triggers in line 1', () => {
  it.each([
    ['that goes on', 'FROM base AS child\nENV A=1\nRUN after', 1],
    ['that is the end', 'FROM base AS child\nENV A=1', 0],
    ['beside one that is not needed', 'FROM base AS other\nRUN other\nFROM base', 0],
    ['that others begin with', 'FROM base AS child\nFROM child\nRUN after', 1],
  ])('belong to the FROM of the stage %s', (_, rest, further) => {
    const dockerfile = `# comment\nFROM parent AS base\nRUN base\nONBUILD RUN one\nONBUILD RUN two\n${rest}`;
    const ops = [PARENT, exec(['base'], 0), exec(['one'], 1), exec(['two'], 2), exec(['after'], 3)].slice(0, 4 + further);
    const last = dockerfile.split('\n').length;
    const graph = graphOf(ops, { dockerfile, lines: { 0: 2, 1: 3, 2: 1, 3: 1, ...(further > 0 && { 4: last }) } });
    const from = rest.startsWith('FROM base AS other') ? '7' : '5';
    expect(stepsOf(graph).slice(0, 4)).toEqual(['1', '2', from, from]);
    expect(graph.sink('2')?.digest).toBe(graph.digests[1]);
    expect(graph.sink(from)?.digest).toBe(graph.digests[3]);
    expect(graph.linesOf(graph.digests[2] ?? '')?.start).toBe(from === '5' ? 6 : 8);
  });

  it('belong to the FROM of the image that has brought them', () => {
    const dockerfile = 'FROM scratch AS one\nCOPY a b\nFROM parent AS two\nFROM two\nRUN after';
    const graph = graphOf([CONTEXT, copy(null, 0), PARENT, exec(['trigger'], 2), exec(['after'], 3)], {
      dockerfile,
      lines: { 1: 2, 2: 3, 3: 1, 4: 5 },
    });
    expect(stepsOf(graph)).toEqual([null, '2', '3', '3', '5']);
    const alone = graphOf([PARENT, exec(['trigger'], 0)], {
      dockerfile: 'ARG A\nFROM parent',
      lines: { 0: 2, 1: 1 },
      names: { 1: '[stage-0 2/1] RUN trigger' },
    });
    expect(stepsOf(alone)).toEqual(['1', '1']);
  });

  it.each(['COPY c d\n', ''])('are found on a base of nothing but them (%j)', (rest) => {
    const dockerfile = `FROM scratch AS base\nONBUILD COPY a b\nFROM base\n${rest}`;
    const ops = [CONTEXT, copy(null, 0), ...(rest === '' ? [] : [copy(1, 0)])];
    const graph = graphOf(ops, { dockerfile, lines: { 1: 1, 2: 4 } });
    expect(graph.stepOf(graph.digests[1] ?? '')).toBe('3');
    expect(graph.sink('1')).toBeNull();
  });

  it('are told from those of a stage that begins with one of them', () => {
    const dockerfile =
      'FROM parent AS base\nONBUILD RUN one\nFROM base AS child\nRUN own\nONBUILD RUN two\nFROM child\nRUN after';
    const ops = [PARENT, exec(['one'], 0), exec(['own'], 1), exec(['two'], 2), exec(['after'], 3)];
    const graph = graphOf(ops, { dockerfile, lines: { 0: 1, 1: 1, 2: 4, 3: 1, 4: 7 } });
    expect(stepsOf(graph)).toEqual(['1', '3', '4', '6', '7']);
  });

  it('are counted where the image has some, and the stage that begins with it', () => {
    const dockerfile = 'FROM parent AS base\nONBUILD RUN mine\nONBUILD ENV A=1\nFROM base';
    const ops = [PARENT, exec(['first'], 0), exec(['second'], 1), exec(['mine'], 2)];
    const graph = graphOf(ops, { dockerfile, lines: { 0: 1, 1: 1, 2: 1, 3: 1 } });
    expect(stepsOf(graph)).toEqual(['1', '1', '1', '4']);
    const apart = graphOf([...ops, exec(['after'], 3)], {
      dockerfile: `${dockerfile} AS child\nONBUILD RUN nested\nRUN after`,
      lines: { 0: 1, 1: 1, 2: 1, 3: 1, 4: 6 },
    });
    expect(stepsOf(apart)).toEqual(['1', '1', '1', '4', '6']);
  });

  it('stay there where the frontend knows their stage', () => {
    const graph = graphOf([PARENT, exec(['brought'], 0)], {
      dockerfile: 'FROM parent AS base\nONBUILD RUN mine\nFROM base',
      lines: { 0: 1, 1: 1 },
      names: { 1: '[base 1/1] ONBUILD RUN brought' },
    });
    expect(stepsOf(graph)).toEqual(['1', '1']);
  });

  it('stay where the image of line 1 has brought them', () => {
    const graph = graphOf([PARENT, exec(['one'], 0), exec(['after'], 1)], {
      dockerfile: 'FROM parent\nRUN after\nFROM parent',
      lines: { 0: 1, 1: 1, 2: 2 },
    });
    expect(stepsOf(graph)).toEqual(['1', '1', '2']);
  });
});
