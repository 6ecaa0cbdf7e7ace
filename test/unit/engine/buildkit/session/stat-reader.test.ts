import { describe, expect, it } from 'vitest';
import { createMemoryTree } from '../../../../../src/engine/buildkit/session/filesync/memory-tree.js';
import { decodePacket, decodeStat } from '../../../../../src/engine/buildkit/session/filesync/packets.js';
import { readStats, type StatReaderHooks } from '../../../../../src/engine/buildkit/session/filesync/stat-reader.js';
import type { FoundXattrs } from '../../../../../src/engine/buildkit/session/filesync/xattrs.js';
import { FrameReader } from '../../../../../src/engine/buildkit/transport/grpc-frames.js';
import { walkTree } from '../../../../../src/engine/shared/files/tree-walk.js';

const NAMES = Array.from({ length: 5000 }, (_, index) => `a-file-with-a-name-of-some-length-${10_000 + index}`);
const WALK = () =>
  walkTree(createMemoryTree(new Map(NAMES.map((name) => [name, Buffer.from(name)]))), { include: [], exclude: [], follow: null });

function decode(batch: Buffer): Array<ReturnType<typeof decodeStat>> {
  const stats: Array<ReturnType<typeof decodeStat>> = [];
  new FrameReader(1 << 20).push(batch, (message) => stats.push(decodeStat(decodePacket(message).stat!)));
  return stats;
}

function reader(hooks: Partial<StatReaderHooks> = {}) {
  const met: string[] = [];
  const stats = readStats(WALK(), {
    onEntry: (entry) => met.push(entry.path),
    xattrs: null,
    isStopped: () => false,
    ...hooks,
  });
  return { stats, met };
}

describe('the entries of a walk in batches', () => {
  it('come in order and all, each told of before it is handed out', async () => {
    const { stats, met } = reader();
    const paths: string[] = [];
    for (let batch = await stats.next(); batch !== null; batch = await stats.next()) {
      paths.push(...decode(batch).map((stat) => stat.path));
      expect(met.length).toBeGreaterThanOrEqual(paths.length);
    }
    expect(paths).toEqual(NAMES);
  });

  it('carry the attributes of just the entries that have some', async () => {
    const asked: string[] = [];
    const marked = (path: string): boolean => /[37]$/.test(path);
    const { stats } = reader({
      xattrs: async (paths): Promise<FoundXattrs> => {
        asked.push(...paths);
        return new Map(
          paths.flatMap((path, index) => (marked(path) ? [[index, new Map([['user.name', Buffer.from(path)]])] as const] : [])),
        );
      },
    });
    const found: Array<[path: string, attribute: string | undefined]> = [];
    for (let batch = await stats.next(); batch !== null; batch = await stats.next())
      found.push(...decode(batch).map(({ path, xattrs }) => [path, xattrs.get('user.name')?.toString()] as [string, string]));
    expect(asked).toEqual(NAMES);
    expect(found).toEqual(NAMES.map((name) => [name, marked(name) ? name : undefined]));
  });

  it('are walked ahead only so far, and while attributes are being read', async () => {
    const answers: Array<() => void> = [];
    const { stats, met } = reader({ xattrs: () => new Promise((resolve) => answers.push(() => resolve(null))) });
    await stats.readAhead();
    expect(answers).toHaveLength(2);
    const walked = met.length;
    await stats.readAhead();
    expect(met).toHaveLength(walked);
    expect(walked).toBeLessThan(NAMES.length);
    for (const answer of answers) answer();
    expect(decode((await stats.next())!)[0]!.path).toBe(NAMES[0]);
  });

  it('end early when nobody waits for them', async () => {
    const { stats, met } = reader({ isStopped: () => true });
    expect(await stats.next()).toBeNull();
    expect(met).toEqual([]);
  });
});
