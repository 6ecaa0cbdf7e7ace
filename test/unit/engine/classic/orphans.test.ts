/** What a start takes away of processes that are gone, and what it does not even ask for, since that would hold a build up. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openJournal } from '../../../../src/engine/classic/journal.js';
import { removeLabelled, sweepOrphans } from '../../../../src/engine/classic/orphans.js';
import { LABEL, ownerName } from '../../../../src/engine/classic/owner.js';
import { ApiError, type EngineApi } from '../../../../src/engine/shared/engine-api.js';
import { eventually } from '../../../helpers/eventually.js';

const ADDRESS = 'unix:///a/docker.sock';
const GONE = `${hostname()}/4194305/1`;
const NOTED = '0123456789ab';

/** When the build of the process that is gone began, by the engine's clock. */
const BEGAN_S = 1_700_000_000;

interface Thing {
  readonly Id: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly Created?: number;
}

describe('what processes that are gone have left', () => {
  let home: string;
  let things: { containers: Thing[]; images: Thing[] };
  let calls: string[];
  let nowS: number;
  let inspected: Record<string, object>;
  /** Images once they have been asked for. */
  let committed: Thing[];
  /** Of a container that cannot be removed now. */
  let stuck: string | null;
  const api = {
    endpoint: { address: ADDRESS },
    async head() {
      return { status: 200, headers: { date: new Date(1000 * nowS).toUTCString() } };
    },
    async json(method: string, path: string, options: { readonly query?: Readonly<Record<string, string>> } = {}) {
      calls.push(`${method} ${path}`);
      const id = /^\/containers\/(\w+)\/json$/.exec(path)?.[1];
      if (id !== undefined) return { Id: id, ...inspected[id] };
      if (options.query?.filters?.includes('status')) return Object.keys(inspected).map((Id) => ({ Id, Created: BEGAN_S + 60 }));
      if (method === 'DELETE') {
        if (stuck !== null && path.endsWith(stuck)) throw new ApiError(500, 'the disk is busy');
        const stays = ({ Id }: Thing): boolean => !path.endsWith(`/${Id}`);
        things = { containers: things.containers.filter(stays), images: things.images.filter(stays) };
      }
      if (path !== '/images/json') return path === '/containers/json' ? things.containers : null;
      const images = things.images;
      things.images = [...images, ...committed.splice(0)];
      return images;
    },
  } as unknown as EngineApi;
  const files = (): string[] => readdirSync(join(home, 'bxtui/classic'));
  /** As a process leaves it that is killed. */
  const leaveJournal = (): void => {
    openJournal(ADDRESS, null).add(NOTED);
    const file = join(home, 'bxtui/classic', files()[0]!);
    writeFileSync(file, readFileSync(file, 'utf8').replace(ownerName(), GONE));
  };
  /** As one leaves it that is killed while a build goes on; its mark. */
  const leaveBuild = (): string => {
    const mark = openJournal(ADDRESS, BEGAN_S).beginBuild();
    const file = join(home, 'bxtui/classic', files()[0]!);
    writeFileSync(file, readFileSync(file, 'utf8').replace(ownerName(), GONE));
    return mark!;
  };
  /** A container of that build as the engine has it when its client goes before it is told of it. */
  const untold = (mark: string, atS: number, more: { readonly log?: string; readonly status?: string } = {}): object => ({
    Created: new Date(1000 * atS).toISOString().replace('Z', '123456Z'),
    State: { Status: more.status ?? 'created', StartedAt: '0001-01-01T00:00:00Z' },
    HostConfig: { Isolation: mark, LogConfig: { Type: more.log ?? 'none' } },
  });
  const removed = (): string[] => calls.filter((call) => call.startsWith('DELETE'));
  const sweep = (): Promise<void> => sweepOrphans(api, stop.signal).done;
  let stop: AbortController;
  beforeEach(() => {
    [stop, nowS, inspected] = [new AbortController(), BEGAN_S + 60, {}];
    home = mkdtempSync(join(tmpdir(), 'bxtui-orphans-'));
    vi.stubEnv('XDG_STATE_HOME', home);
    [things, calls, stuck, committed] = [{ containers: [], images: [] }, [], null, []];
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  });

  it('is not even asked for where nobody has noted anything', async () => {
    await sweep();
    expect(calls).toEqual([]);
  });

  it('goes by what was noted, with the images that may have been made of it', async () => {
    leaveJournal();
    things.images = [
      { Id: 'theirs', Labels: { [LABEL]: ownerName() } },
      { Id: 'left', Labels: { [LABEL]: GONE } },
      { Id: 'other' },
    ];
    await sweep();
    expect(removed()).toEqual([`DELETE /containers/${NOTED}`, 'DELETE /images/left']);
    expect(files()).toEqual([]);
  });

  it('goes as well when it was being committed at its end, and has become an image since', async () => {
    leaveJournal();
    committed = [{ Id: 'late', Labels: { [LABEL]: GONE } }];
    await sweep();
    expect([removed(), files()]).toEqual([[`DELETE /containers/${NOTED}`, 'DELETE /images/late'], []]);
  });

  it('stays noted when it cannot be removed', async () => {
    leaveJournal();
    stuck = NOTED;
    await sweep();
    expect(files()).toHaveLength(1);
    stuck = null;
    await sweep();
    expect(files()).toEqual([]);
  });

  it('goes by its label where a process had begun that notes no builds', async () => {
    openJournal(ADDRESS, null).begin();
    const file = join(home, 'bxtui/classic', files()[0]!);
    writeFileSync(file, readFileSync(file, 'utf8').replace(ownerName(), GONE));
    things.containers = [{ Id: 'left', Labels: { [LABEL]: GONE } }];
    await sweep();
    expect([removed(), files()]).toEqual([['DELETE /containers/left'], []]);
  });

  it('is looked for among all images where nothing can be noted', async () => {
    vi.stubEnv('XDG_STATE_HOME', '/proc/none');
    things.images = [{ Id: 'left', Labels: { [LABEL]: GONE } }];
    await sweep();
    expect(calls).toContain('DELETE /images/left');
  });

  it('goes by its label, where another has noted it', async () => {
    things.containers = [
      { Id: 'left', Labels: { [LABEL]: GONE } },
      { Id: 'theirs', Labels: { [LABEL]: ownerName() } },
    ];
    things.images = [{ Id: 'image', Labels: { [LABEL]: GONE } }];
    await removeLabelled(api);
    expect(removed()).toEqual(['DELETE /containers/left', 'DELETE /images/image']);
  });

  it('and was made for a build, and told to nobody, goes by the mark of that build, once it cannot be somebody else’s work', async () => {
    const mark = leaveBuild();
    const other = openJournal(ADDRESS, BEGAN_S).beginBuild()!;
    inspected = {
      ours: untold(mark, BEGAN_S + 59),
      dockers: untold('', BEGAN_S + 59),
      anothers: untold(other, BEGAN_S + 59),
      before: untold(mark, BEGAN_S - 1),
      after: untold(mark, BEGAN_S + 60 + 4),
      runs: untold(mark, BEGAN_S + 59, { status: 'running' }),
      byHand: untold(mark, BEGAN_S + 59, { log: 'json-file' }),
    };
    const first = sweep();
    await eventually(() => expect(calls).toContain('GET /containers/ours/json'));
    stop.abort();
    await first;
    expect([removed(), files().length]).toEqual([[], 2]);

    stop = new AbortController();
    nowS += 3;
    const second = sweep();
    await eventually(() => expect(removed()).toEqual(['DELETE /containers/ours']));
    stop.abort();
    await second;
    expect(files()).toHaveLength(2);

    stop = new AbortController();
    nowS += 4;
    delete inspected.ours;
    await sweep();
    expect([removed(), files().length]).toEqual([['DELETE /containers/ours'], 1]);
  });

  it('does not hold a build up that waits for what an old engine would take for a cache', async () => {
    leaveBuild();
    const { clean, done } = sweepOrphans(api, stop.signal);
    await clean;
    stop.abort();
    await done;
    expect(files()).toHaveLength(1);
  });
});
