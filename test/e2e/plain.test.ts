/** Without a terminal: plain progress like buildx's, an exit status, and nothing that moves or colours. */
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { expectNoContainers, isDocker } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { endRuns, runBxtui, startBxtui } from '../helpers/run.js';

afterEach(() => {
  endRuns();
  removeProjects();
});

describe('plain progress', () => {
  it('tells a build that succeeds, then the same from the cache', async () => {
    const project = createProject(`${BASE}RUN echo "said on stdout"; echo "said on stderr" >&2\nCOPY note.txt /note.txt\n`, {
      'note.txt': 'kept\n',
    });
    const first = await runBxtui(['build', project.dir]);
    expect(first.status, first.output).toBe(0);
    expect(first.stderr).toMatch(/#\d+ \[(base )?3\/4\] RUN echo "said on stdout"/);
    expect(first.stderr).toMatch(/#\d+ \d+\.\d+ said on stdout/);
    expect(first.stderr).toMatch(/#\d+ \d+\.\d+ said on stderr/);
    expect(first.stderr).toMatch(/#\d+ DONE \d+\.\ds/);
    expect(first.output).not.toContain('\x1b');
    const second = await runBxtui(['build', project.dir]);
    expect(second.status, second.output).toBe(0);
    expect(second.stderr.match(/ CACHED/g)?.length).toBeGreaterThanOrEqual(4);
    expect(second.output).not.toMatch(/\d\.\d+ said on stdout/);
  });

  it('shows the failing step, its log and its lines, and exits with 1', async () => {
    const project = createProject(`${BASE}RUN echo before\nRUN echo "the reason"; \\\n    exit 42\nRUN echo never\n`);
    const run = await runBxtui(['build', '--progress=plain', project.dir]);
    expect(run.status).toBe(1);
    expect(run.output).toContain('the reason');
    expect(run.output).toMatch(/exit code: 42/);
    expect(run.output).toMatch(/>>> RUN echo "the reason"/);
    expect(run.output).not.toMatch(/#\d+ \d+\.\d+ never/);
    await expectNoContainers();
  });

  it('writes the result where it is asked to', async () => {
    const project = createProject(`${BASE}RUN echo made > /made\nFROM scratch\nCOPY --from=base /made /made\n`);
    const run = await runBxtui(['build', '-o', `type=local,dest=${project.path('out')}`, project.dir]);
    expect(run.status, run.output).toBe(0);
    expect(project.read('out/made')).toBe('made\n');
    const tar = await runBxtui(['build', '-o', `type=tar,dest=${project.path('out.tar')}`, project.dir]);
    expect(tar.status, tar.output).toBe(0);
    expect(project.read('out.tar')).toContain('made');
  });

  it('passes build arguments, secrets and a target on', async () => {
    const project = createProject(
      `${BASE}ARG WHO=nobody\nRUN --mount=type=secret,id=key echo "hello $WHO, the key has $(wc -c < /run/secrets/key) bytes"\nFROM base AS other\nRUN exit 9\n`,
      { 'key.txt': '0123456789' },
    );
    const args = ['build', '--build-arg', 'WHO=world', '--secret', `id=key,src=${project.path('key.txt')}`, '--target', 'base'];
    const run = await runBxtui([...args, project.dir]);
    expect(run.status, run.output).toBe(0);
    expect(run.output).toContain('hello world, the key has 10 bytes');
    expect(run.output).not.toContain('0123456789');
  });

  it('prints nothing but the image id when quiet', async () => {
    const project = createProject(`${BASE}RUN echo loud\n`);
    const run = await runBxtui(['build', '--progress=quiet', project.dir]);
    expect(run.status, run.output).toBe(0);
    expect(run.stdout.trim()).toMatch(isDocker() ? /^sha256:[0-9a-f]{64}$/ : /^$/);
    expect(run.stderr).toMatch(isDocker() ? /^$/ : /^WARNING: no output was asked for/);
  });

  it('stops the build on Ctrl-C with status 130 and leaves nothing running', async () => {
    const project = createProject(`${BASE}RUN echo started; sleep 300\n`);
    const { process: child, output, result } = startBxtui(['build', '--progress=plain', project.dir]);
    for (let tries = 0; !/#\d+ \d+\.\d+ started/.test(output()) && tries < 300; tries++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill('SIGINT');
    expect((await result).status).toBe(130);
    await expectNoContainers();
  });

  it('ends quietly when nobody reads any more', async () => {
    const project = createProject(`${BASE}RUN i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i+1)); done\n`);
    const { process: child, result } = startBxtui(['build', '--progress=plain', project.dir]);
    child.stderr.destroy();
    child.stdout.destroy();
    const { signal, status } = await result;
    expect(signal).toBeNull();
    expect(status).not.toBe(70);
  });
});

describe('command line', () => {
  it('says its version without touching an engine', async () => {
    const run = await runBxtui(['--version'], { env: { DOCKER_HOST: 'unix:///nonexistent' } });
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(/\d+\.\d+\.\d+/);
  });

  it('refuses what it does not know, by name', async () => {
    const flag = await runBxtui(['build', '--no-such-flag', '.']);
    expect(flag.status).not.toBe(0);
    expect(flag.stderr).toContain('--no-such-flag');
    const command = await runBxtui(['bild', '.']);
    expect(command.status).not.toBe(0);
    expect(command.stderr).toContain('bild');
  });

  it('refuses values outside of a choice', async () => {
    const run = await runBxtui(['build', '--on=sometimes', '.']);
    expect(run.status).not.toBe(0);
    expect(run.stderr).toMatch(/error/);
    expect(run.stderr).toMatch(/always/);
  });

  it('runs from any directory', async () => {
    const project = createProject(`${BASE}`);
    const run = await runBxtui(['build', '--progress=quiet', '.'], { cwd: project.dir });
    expect(run.status, run.output).toBe(0);
    expect(existsSync(project.path('dist'))).toBe(false);
  });
});
