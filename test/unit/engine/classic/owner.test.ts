/** Whose a container or image is: told by host, process and its start, so that nothing of a process that lives is taken away. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isOrphan, LABEL, ownerName, ownLabel, removeContainer, removeImage } from '../../../../src/engine/classic/owner.js';
import { ApiError, type EngineApi } from '../../../../src/engine/shared/engine-api.js';

describe('an owner', () => {
  it('is this process, by its start', () => {
    expect(ownerName()).toMatch(new RegExp(`^${hostname()}/${process.pid}/\\d+$`));
    expect(ownLabel()).toEqual({ [LABEL]: ownerName() });
    expect(isOrphan(ownerName())).toBe(false);
  });

  it.skipIf(process.platform !== 'linux')('lives as long as its process, and not as another with the same number', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    expect(isOrphan(`${hostname()}/${child.pid}/${start}`)).toBe(false);
    expect(isOrphan(`${hostname()}/${child.pid}/1`)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isOrphan(`${hostname()}/${child.pid}/${start}`)).toBe(true);
  });

  it.each([
    ['here/12/77', '77', false],
    ['here/12/77', '78', true],
    ['here/12/77', null, true],
    ['there/12/77', null, false],
    ['here/12/', '', false],
    ['here/x/77', null, false],
    ['here', null, false],
    ['', null, false],
    ['here/-1/77', null, false],
  ])('%s with the start %s: orphan %s', (owner, start, orphan) => {
    expect(isOrphan(owner, 'here', () => start)).toBe(orphan);
  });
});

describe('a removal', () => {
  const calls: string[] = [];
  const api = (error: Error | null): EngineApi =>
    ({
      async json(method: string, path: string, { query }: { readonly query: object }) {
        calls.push(`${method} ${path} ${new URLSearchParams({ ...query })}`);
        if (error !== null) throw error;
        return null;
      },
    }) as unknown as EngineApi;

  it('takes the volumes of a container with it, and no parent of an image', async () => {
    calls.length = 0;
    await removeContainer(api(null), 'c1');
    await removeImage(api(null), 'i1');
    expect(calls).toEqual(['DELETE /containers/c1 force=1&v=1', 'DELETE /images/i1 force=1&noprune=1']);
  });

  it.each([
    [new ApiError(404, 'No such container: c1'), true],
    [new ApiError(409, 'removal of container c1 is already in progress'), true],
    [new ApiError(409, 'container is paused'), false],
    [new ApiError(500, 'device or resource busy'), false],
    [new Error('ECONNREFUSED'), false],
  ])('of a container that answers with %s is done: %s', async (error, isDone) => {
    const removal = removeContainer(api(error), 'c1');
    if (isDone) await expect(removal).resolves.toBeUndefined();
    else await expect(removal).rejects.toBe(error);
  });
});
