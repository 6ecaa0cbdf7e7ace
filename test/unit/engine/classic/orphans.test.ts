/** What a start takes away of processes that are gone, and what it does not even ask for, since that would hold a build up. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, type EngineApi } from '../../../../src/engine/classic/api.js';
import { openJournal } from '../../../../src/engine/classic/journal.js';
import { removeImages, removeOrphans } from '../../../../src/engine/classic/orphans.js';
import { LABEL, ownerName } from '../../../../src/engine/classic/owner.js';

const ADDRESS = 'unix:///a/docker.sock';
const GONE = `${hostname()}/4194305/1`;
const NOTED = '0123456789ab';

interface Thing {
  readonly Id: string;
  readonly Labels?: Readonly<Record<string, string>>;
}

describe('what processes that are gone have left', () => {
  let home: string;
  let things: { containers: Thing[]; images: Thing[] };
  let calls: string[];
  /** Of a container that cannot be removed now. */
  let stuck: string | null;
  const api = {
    endpoint: { address: ADDRESS },
    async json(method: string, path: string) {
      calls.push(`${method} ${path}`);
      if (method === 'DELETE' && stuck !== null && path.endsWith(stuck)) throw new ApiError(500, 'the disk is busy');
      return path === '/containers/json' ? things.containers : path === '/images/json' ? things.images : null;
    },
  } as unknown as EngineApi;
  const files = (): string[] => readdirSync(join(home, 'bxtui/classic'));
  /** As a process leaves it that is killed. */
  const leaveJournal = (): void => {
    openJournal(ADDRESS).add(NOTED);
    const file = join(home, 'bxtui/classic', files()[0]!);
    writeFileSync(file, readFileSync(file, 'utf8').replace(ownerName(), GONE));
  };
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'bxtui-orphans-'));
    vi.stubEnv('XDG_STATE_HOME', home);
    [things, calls, stuck] = [{ containers: [], images: [] }, [], null];
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  });

  it('is asked for in one call where nobody has noted anything', async () => {
    await removeOrphans(api);
    expect(calls).toEqual(['GET /containers/json']);
  });

  it('goes by what was noted, with the images that may have been made of it', async () => {
    leaveJournal();
    things.images = [
      { Id: 'theirs', Labels: { [LABEL]: ownerName() } },
      { Id: 'left', Labels: { [LABEL]: GONE } },
      { Id: 'other' },
    ];
    await removeOrphans(api);
    expect(calls.filter((call) => call.startsWith('DELETE'))).toEqual([`DELETE /containers/${NOTED}`, 'DELETE /images/left']);
    expect(files()).toEqual([]);
  });

  it('stays noted when it cannot be removed', async () => {
    leaveJournal();
    stuck = NOTED;
    await removeOrphans(api);
    expect(files()).toHaveLength(1);
    stuck = null;
    await removeOrphans(api);
    expect(files()).toEqual([]);
  });

  it('is looked for among all images where nothing can be noted', async () => {
    vi.stubEnv('XDG_STATE_HOME', '/proc/none');
    things.images = [{ Id: 'left', Labels: { [LABEL]: GONE } }];
    await removeOrphans(api);
    expect(calls).toContain('DELETE /images/left');
  });

  it('goes by its label, where another has noted it', async () => {
    things.containers = [
      { Id: 'left', Labels: { [LABEL]: GONE } },
      { Id: 'theirs', Labels: { [LABEL]: ownerName() } },
    ];
    things.images = [{ Id: 'image', Labels: { [LABEL]: GONE } }];
    await removeOrphans(api);
    await removeImages(api);
    expect(calls.filter((call) => call.startsWith('DELETE'))).toEqual(['DELETE /containers/left', 'DELETE /images/image']);
  });
});
