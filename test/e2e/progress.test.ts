/** Progress without the screen, in the forms of `docker buildx`: compact on a terminal, raw for other programs, none. */
import { afterEach, describe, expect, it } from 'vitest';
import { CLASSIC, engineEnv, isDocker, testEngine } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { endRuns, runBxtui } from '../helpers/run.js';
import { closeTerminals, startTerminal } from '../helpers/terminal.js';
import { findBuildx } from '../parity/buildx.js';

const buildx = findBuildx();
const orWhy = typeof buildx === 'string' ? ` (skipped: ${buildx})` : '';

afterEach(async () => {
  endRuns();
  await closeTerminals();
  removeProjects();
});

describe('--progress=rawjson', () => {
  const rows = (text: string): Array<Record<string, Array<Record<string, unknown>>>> =>
    text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  /** What is in the messages, whatever the times: the vertices, the counters and the fields that each kind of entry has. */
  const digest = (text: string): unknown => {
    const names = new Set<string>();
    const fields = new Set<string>();
    for (const row of rows(text)) {
      for (const [kind, entries] of Object.entries(row)) {
        for (const entry of entries) {
          for (const field of Object.keys(entry)) fields.add(`${kind}.${field}`);
          names.add(
            `${kind} ${entry.name ?? ''} ${entry.id ?? ''} ${entry.data ?? entry.short ?? ''}`.replace(/sha256:\w+/g, 'ID'),
          );
        }
      }
    }
    return { names: [...names].sort(), fields: [...fields].sort() };
  };

  it.skipIf(typeof buildx === 'string')(`has the messages of buildx, field by field${orWhy}`, async () => {
    if (typeof buildx === 'string') return;
    const project = createProject(`${BASE}RUN echo "<said>"; echo "else" >&2\nCMD run it\n`);
    const args = ['--no-cache', '--progress=rawjson', project.dir];
    const theirs = await buildx.docker(['buildx', 'build', ...args]);
    const ours = await runBxtui(['build', ...args]);
    expect(ours.status, ours.output).toBe(0);
    expect(ours.stdout).toBe('');
    expect(digest(ours.stderr)).toEqual(digest(theirs.stderr));
  });

  it('is nothing but JSON, and the error of a build that fails', async () => {
    const project = createProject(`${BASE}RUN echo loud; exit 3\n`);
    const run = await runBxtui(['build', '--progress=rawjson', project.dir]);
    expect(run.status).toBe(1);
    expect(rows(run.stderr).length).toBeGreaterThan(3);
    const rest = run.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
    expect(rest[0]).toBe('Dockerfile:5');
    expect(rest.at(-1)).toMatch(/^ERROR: .*exit code: 3/);
  });

  it.skipIf(!isDocker())('is refused by the classic builder, which has no such messages', async () => {
    const project = createProject(BASE);
    const run = await runBxtui(['build', '--progress=rawjson', project.dir], {
      env: { DOCKER_HOST: testEngine().replace(CLASSIC, ''), DOCKER_BUILDKIT: '0' },
    });
    expect(run.status).toBe(1);
    expect(run.output).toContain('--progress=rawjson');
  });
});

describe('--progress=none', () => {
  it('says nothing of a build that succeeds, and why another has failed', async () => {
    const project = createProject(`${BASE}RUN test ! -e /wanted\n`);
    const good = await runBxtui(['build', '--progress=none', '--output=type=cacheonly', project.dir]);
    expect(good).toMatchObject({ status: 0, output: '' });
    project.edit('! -e', '-e');
    const bad = await runBxtui(['build', '--progress=none', project.dir]);
    expect(bad).toMatchObject({ status: 1, stdout: '' });
    expect(bad.stderr).toMatch(/>>> RUN test -e[\s\S]*ERROR: /);
  });
});

describe('--progress=tty', () => {
  const start = (dir: string, args: readonly string[] = [], size = { cols: 70, rows: 18 }) =>
    startTerminal({ args: ['build', '--progress=tty', '--output=type=cacheonly', ...args, dir], env: engineEnv(), ...size });

  it('redraws in place while a step runs, and leaves the final list on the normal screen', async () => {
    const project = createProject(
      `${BASE}COPY go /\nRUN --mount=type=bind,target=/c i=0; while [ $i -lt 12 ]; do i=$((i+1)); echo "said $i"; done; read x < /c/go; sleep 1\n`,
      { go: 'go\n' },
    );
    const terminal = start(project.dir);
    await terminal.waitFor(/=> => # said 12/);
    expect(terminal.scrollback()).toMatch(/^\[\+\] Building \d+\.\d+s \(\d+\/\d+\)/m);
    expect(terminal.scrollback()).not.toMatch(/# said 6\b/);
    const { code } = await terminal.waitForExit();
    expect(code).toBe(0);
    expect(terminal.scrollback()).toMatch(/\(\d+\/\d+\) FINISHED/);
    expect(terminal.scrollback().match(/\[\+\] Building/g)).toHaveLength(1);
    expect(terminal.scrollback()).not.toContain('=> => #');
    expect(terminal.rawOutput).not.toContain('\x1b[?1049h');
  });

  it('fits a terminal that becomes small, and shows all at the end', async () => {
    const steps = Array.from({ length: 14 }, (_, i) => `RUN echo ${i}\n`).join('');
    const project = createProject(`${BASE}${steps}RUN echo waits; sleep 2\n`);
    const terminal = start(project.dir);
    await terminal.waitFor(/# waits/);
    terminal.resize(50, 12);
    await terminal.waitFor((screen) => screen.includes('RUN echo 13') && !screen.includes('RUN echo 5'), {
      what: 'the newest steps',
    });
    expect((await terminal.waitForExit()).code).toBe(0);
  });

  it('ends with the log, the lines and the error of what has failed', async () => {
    const project = createProject(`${BASE}RUN echo "the reason"; exit 4\n`);
    const terminal = start(project.dir, [], { cols: 100, rows: 40 });
    expect((await terminal.waitForExit()).code).toBe(1);
    expect(terminal.scrollback()).toMatch(/=> ERROR \[(?:base )?3\/3\] RUN echo "the reason"/);
    expect(terminal.scrollback()).toMatch(
      /\d\.\d+ the reason[\s\S]*>>> RUN echo "the reason"; exit 4[\s\S]*ERROR: .*exit code: 4/,
    );
  });

  it('needs a terminal', async () => {
    const project = createProject(BASE);
    const run = await runBxtui(['build', '--progress=tty', project.dir]);
    expect(run.status).toBe(125);
    expect(run.output).toContain('--progress=tty');
  });
});
