/** One build for several platforms: what is made for each, and what is refused before anything is built. */
import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { isDocker } from '../helpers/engines.js';
import { createProject, removeProjects } from '../helpers/project.js';
import { endRuns, runBxtui } from '../helpers/run.js';

const BOTH = 'linux/amd64,linux/arm64';
// Nothing runs in it, so no engine needs to be able to run the other.
const COPIES = 'FROM scratch AS x\nARG TARGETARCH\nCOPY $TARGETARCH.txt /is.txt\nFROM scratch\nCOPY --from=x / /y/\n';
const FILES = { 'amd64.txt': 'amd64\n', 'arm64.txt': 'arm64\n' };

afterEach(() => {
  endRuns();
  removeProjects();
});

describe('--platform with several', () => {
  it('gives a directory for each, or says that the engine is too old', async () => {
    const project = createProject(COPIES, FILES);
    const run = await runBxtui(['build', '--no-cache', '--platform', BOTH, '-o', project.path('out'), project.dir]);
    if (run.status !== 0) {
      expect(run.output).toMatch(/is too old for several at once/);
      return;
    }
    expect(readdirSync(project.path('out')).sort()).toEqual(['linux_amd64', 'linux_arm64']);
    expect(project.read('out/linux_amd64/y/is.txt')).toBe('amd64\n');
    expect(project.read('out/linux_arm64/y/is.txt')).toBe('arm64\n');
    expect(run.output).toMatch(/\[linux\/arm64 (?:x )?1\/1\] COPY arm64\.txt/);
    expect(run.output).not.toContain('do not match');
  });

  it('gives one archive', async () => {
    const project = createProject(COPIES, FILES);
    const run = await runBxtui(['build', '--platform', BOTH, '-o', `type=tar,dest=${project.path('o.tar')}`, project.dir]);
    if (run.status !== 0) return expect(run.output).toMatch(/is too old for several at once/);
    expect(project.read('o.tar')).toMatch(/linux_amd64[\s\S]*linux_arm64/);
  });

  it.skipIf(!isDocker())('is refused for a store of single platforms, and by the debugger', async () => {
    const project = createProject(COPIES, FILES);
    const stored = await runBxtui(['build', '--platform', BOTH, project.dir]);
    expect(stored.status).toBe(1);
    expect(stored.output).toMatch(/keeps images of one platform only\n.*containerd/);
    const debugged = await runBxtui(['build', '--on=error', '--platform', BOTH, '-o', project.path('out'), project.dir]);
    expect(debugged.status).toBe(125);
    expect(debugged.output).toContain('one platform at a time');
  });
});
