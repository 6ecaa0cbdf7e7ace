import { describe, expect, it } from 'vitest';
import type { ContainerProcess, ProcessExit } from '../../../src/engine/engine.js';
import { createProcessTable, type Place } from '../../../src/session/process-table.js';

const MIB = 1 << 20;
const SPEC = { args: ['sh'], tty: true, cols: 80, rows: 24, env: [], user: null, cwd: null };

/** Programs whose output and end come from here. */
function setUp() {
  const table = createProcessTable(
    () => undefined,
    () => 0,
  );
  const start = async () => {
    let print: (data: Uint8Array) => void = () => undefined;
    let end: (exit: ProcessExit) => void = () => undefined;
    const exited = new Promise<ProcessExit>((resolve) => {
      end = resolve;
    });
    const process = {
      exited,
      onData: (listener: typeof print) => {
        print = listener;
      },
    };
    const place = { id: 'c1', start: async () => process as unknown as ContainerProcess } as Place;
    const { id } = await table.start(place, 'exec', SPEC);
    const over = async () => {
      end({ code: 0, reason: null });
      await exited;
    };
    return { id, print: (data: Uint8Array) => print(data), over };
  };
  const replayed = (id: string) => table.terminal(id).replay();
  return { start, replayed };
}

const line = (length: number) => Buffer.alloc(length, 'x').fill('\n', length - 1);

describe('what programs have printed that have ended', () => {
  it('is bounded together: the oldest lose the beginning of theirs first, a running one nothing', async () => {
    const { start, replayed } = setUp();
    const running = await start();
    running.print(line(MIB));
    const ids: string[] = [];
    for (let i = 0; i < 34; i++) {
      const program = await start();
      ids.push(program.id);
      for (let at = 0; at < MIB; at += MIB / 16) program.print(line(MIB / 16));
      // Its newest half has to make do with half of the room.
      if (i === 33) for (let at = 0; at < MIB / 2; at += MIB / 16) program.print(line(MIB / 16));
      await program.over();
    }
    const kept = ids.map((id) => replayed(id).length);
    expect(kept.slice(0, 2)).toEqual([0, 0]);
    expect(kept.slice(3).every((bytes) => bytes >= MIB - MIB / 16)).toBe(true);
    expect(kept.reduce((sum, bytes) => sum + bytes)).toBeLessThanOrEqual(32 * MIB);
    expect(replayed(running.id).length).toBe(MIB);
  });

  it('begins with a whole line where it was cut, and takes what comes after the end', async () => {
    const { start, replayed } = setUp();
    const first = await start();
    first.print(Buffer.concat([line(MIB / 2), line(10)]));
    await first.over();
    first.print(Buffer.from('late\n'));
    for (let i = 0; i < 31; i++) {
      const program = await start();
      program.print(line(MIB));
      await program.over();
    }
    expect(replayed(first.id).length).toBe(MIB / 2 + 15);
    const half = await start();
    half.print(line(MIB - 100));
    await half.over();
    expect(Buffer.from(replayed(first.id)).toString()).toBe(`${line(10)}late\n`);
  });
});
