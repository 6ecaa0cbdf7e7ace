/** One build for several platforms: what is made for each, and what is refused before anything is built. */
import { existsSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Sessions } from '../helpers/detached.js';
import { engineEnv, isDocker } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { endRuns, runBxtui } from '../helpers/run.js';
import { detach } from '../helpers/session.js';
import { startTerminal } from '../helpers/terminal.js';
import { findBuildx } from '../parity/buildx.js';

const BOTH = 'linux/amd64,linux/arm64';
// Nothing runs in it, so no engine needs to be able to run the other.
const COPIES = 'FROM scratch AS x\nARG TARGETARCH\nCOPY $TARGETARCH.txt /is.txt\nFROM scratch\nCOPY --from=x / /y/\n';
// A machine of the first kind runs programs of the other as well.
const RUNNABLE = 'linux/amd64,linux/386';
const FAILING = `${BASE}ARG TARGETARCH
ENV WHO=$TARGETARCH
RUN sleep 0; echo $WHO > /arch
RUN [ $TARGETARCH != 386 ]
`;
const FILES = { 'amd64.txt': 'amd64\n', 'arm64.txt': 'arm64\n' };

afterEach(() => {
  endRuns();
  removeProjects();
});

describe('--platform with several', () => {
  it('gives a directory for each', async () => {
    const project = createProject(COPIES, FILES);
    const run = await runBxtui(['build', '--no-cache', '--platform', BOTH, '-o', project.path('out'), project.dir]);
    expect(run.status).toBe(0);
    expect(readdirSync(project.path('out')).sort()).toEqual(['linux_amd64', 'linux_arm64']);
    expect(project.read('out/linux_amd64/y/is.txt')).toBe('amd64\n');
    expect(project.read('out/linux_arm64/y/is.txt')).toBe('arm64\n');
    expect(run.output).toMatch(/\[linux\/arm64 (?:x )?1\/1\] COPY arm64\.txt/);
    expect(run.output).not.toContain('do not match');
  });

  it('gives one archive', async () => {
    const project = createProject(COPIES, FILES);
    const run = await runBxtui(['build', '--platform', BOTH, '-o', `type=tar,dest=${project.path('o.tar')}`, project.dir]);
    expect(run.status).toBe(0);
    expect(project.read('o.tar')).toMatch(/linux_amd64[\s\S]*linux_arm64/);
  });

  it('is debugged in line mode: the shell is at the step of the platform that failed, and any other can be entered', async () => {
    const project = createProject(FAILING);
    const asked = ['rollback 7 cat /arch', 'rollback linux/386/base:7 cat /arch', 'rollback L7 cat /arch', 'ls 15 /', 'steps'];
    const run = await runBxtui(
      ['build', '--on=error', '--progress=plain', '--platform', RUNNABLE, '-o', project.path('out'), project.dir],
      { input: [...asked, 'exit', ''].join('\n') },
    );
    expect(run.status).toBe(1);
    expect(run.output).toMatch(/step 16 · linux\/386 · RUN \[ .* \] · line 8 · (?:failed state|state before)/);
    const answers = new Map(run.output.split('(bxtui) ').map((said) => [said.split('\n', 1)[0], said]));
    const [ofFirst, byStage, byLine, files, steps] = asked.map((line) => answers.get(line) ?? '');
    expect(ofFirst).toContain('\namd64\n');
    expect(byStage).toContain('\n386\n');
    // The platform that failed is meant.
    expect(byLine).toContain('\n386\n');
    expect(files).toMatch(/step 15 · linux\/386 ·[\s\S]* arch\n/);
    expect(steps).toMatch(/^8 +linux\/amd64 base +(?:done|cancelled) .*\n9 +linux\/386 base/m);
    expect(existsSync(project.path('out'))).toBe(false);
  });

  it('is left, found again and played back with the steps of each platform', async () => {
    const sessions = new Sessions();
    try {
      const id = await sessions.detach(createProject(FAILING), '--platform', RUNNABLE, '-o', 'type=cacheonly');
      await sessions.untilFailed();
      const size = { cols: 120, rows: 40 };
      // Of a shell that lies over the logs the place is told in its tab.
      const seen = [/FAILED exit 1 at 16\/16 linux\/386 RUN/, / amd64 base /, / 386 base /, /#16 failed 386|#16 before 386/];
      const live = await sessions.attach(id, size);
      for (const text of seen) await live.waitFor(text);
      expect((await detach(live)).code).toBe(0);
      const again = await sessions.attach(id, size);
      for (const text of seen) await again.waitFor(text);
      await again.settled();
      await detach(again);
      expect((await sessions.run('kill', id)).status).toBe(0);
      const args = ['replay', '--root', sessions.root, '--at', 'end', id];
      const replay = startTerminal({ ...size, args, env: engineEnv() });
      for (const text of [/REPLAY +at end/, ...seen]) await replay.waitFor(text);
      replay.press('char:q');
      expect((await replay.waitForExit()).code).toBe(0);
      expect((await sessions.run('replay', id)).stdout).toMatch(/RUN \[ 386 != 386 \]/);
    } finally {
      await sessions.end();
    }
  });

  it("is refused for an archive in docker's form before anything is built", async () => {
    const project = createProject(COPIES, FILES);
    const run = await runBxtui(['build', '--platform', BOTH, '-o', `type=docker,dest=${project.path('o.tar')}`, project.dir]);
    expect(run.status).toBe(1);
    expect(run.output).toMatch(/^ERROR: --platform linux\/amd64,linux\/arm64: .*one platform only\n.*--output|type=oci/m);
    expect(run.output).not.toContain('COPY');
    expect(existsSync(project.path('o.tar'))).toBe(false);
  });

  it.skipIf(!isDocker())('is refused for a store of single platforms', async ({ skip }) => {
    const buildx = findBuildx();
    skip(typeof buildx !== 'string' && buildx.takesLayouts, 'this engine keeps images of several platforms');
    const project = createProject(COPIES, FILES);
    const stored = await runBxtui(['build', '--platform', BOTH, project.dir]);
    expect(stored.status).toBe(1);
    expect(stored.output).toMatch(/keeps images of one platform only\n.*containerd/);
  });
});
