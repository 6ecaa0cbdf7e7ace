import { EventEmitter } from 'node:events';
import { rmSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { spawnServer } from '../../../src/cli/sessions/spawn-server.js';
import { createXattrReader } from '../../../src/engine/buildkit/session/filesync/xattrs.js';
import { openTar } from '../../../src/engine/classic/source/decompress.js';
import { copyText } from '../../../src/platform/clipboard.js';
import { makePrivateDirectory } from '../../../src/platform/private-directory.js';

/** As Node does it (lib/internal/child_process.js, ChildProcess.spawn). */
vi.mock('node:child_process', async (original) => ({
  ...(await original<typeof import('node:child_process')>()),
  spawn(program: string) {
    const child = Object.assign(new EventEmitter(), { unref: () => undefined, kill: () => false });
    process.nextTick(() => child.emit('error', Object.assign(new Error(`spawn ${program} EMFILE`), { code: 'EMFILE' })));
    return child;
  },
}));

describe('a process that cannot open another file', () => {
  it('goes on without the programs that it would start', async () => {
    const reader = createXattrReader();
    reader?.prepare();
    expect((await reader?.read('/', ['etc'])) ?? null).toBeNull();
    reader?.dispose();
    expect(await copyText('x', { env: { DISPLAY: ':0' }, writeTerminal: () => true })).toContain('terminal');
  });

  it('says so where nothing can be had without one', async () => {
    const archive = openTar('/dev/null', 'xz', new AbortController().signal);
    await expect(archive.toArray()).rejects.toThrow('EMFILE');
    const root = makePrivateDirectory('test');
    try {
      const server = spawnServer({ root, logFile: null, buildArgs: ['.'], openOn: 'error', stdinFile: null });
      await expect(server.stream).rejects.toMatchObject({
        ...{ code: 'state', message: 'the process of the session cannot be started: too many files are open' },
      });
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
