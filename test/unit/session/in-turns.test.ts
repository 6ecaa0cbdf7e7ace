import { describe, expect, it } from 'vitest';
import { inTurns } from '../../../src/session/in-turns.js';

const turn = () => new Promise((resolve) => setTimeout(resolve, 2));

async function collect(source: AsyncIterable<number>): Promise<number[][]> {
  const turns: number[][] = [];
  for await (const items of inTurns(source)) turns.push(items);
  return turns;
}

describe('inTurns', () => {
  it('hands on together what came together, in order, and ends with its source', async () => {
    async function* source() {
      yield* [1, 2, 3];
      await turn();
      yield* [4, 5];
      await turn();
      yield 6;
    }
    expect(await collect(source())).toEqual([[1, 2, 3], [4, 5], [6]]);
    expect(await collect((async function* () {})())).toEqual([]);
  });

  it('hands on what came before an error, then the error', async () => {
    async function* source() {
      yield 1;
      throw new Error('gone');
    }
    const turns: number[][] = [];
    await expect(
      (async () => {
        for await (const items of inTurns(source())) turns.push(items);
      })(),
    ).rejects.toThrow('gone');
    expect(turns).toEqual([[1]]);
  });

  it('lets go of its source once nobody reads', async () => {
    let isReleased = false;
    async function* source() {
      try {
        for (;;) {
          await turn();
          yield 1;
        }
      } finally {
        isReleased = true;
      }
    }
    for await (const _ of inTurns(source())) break;
    await turn();
    await turn();
    await turn();
    expect(isReleased).toBe(true);
  });
});
