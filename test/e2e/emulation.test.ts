/** A build for a platform that the engine's machine has to emulate: each step runs, and is entered, on its own. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Emulation, startEmulation, whyNoEmulation } from '../helpers/emulation.js';
import { engineEnv } from '../helpers/engines.js';
import { createProject, type Project, removeProjects } from '../helpers/project.js';
import { endRuns, runBxtui } from '../helpers/run.js';
import { closeTerminals, startTerminal } from '../helpers/terminal.js';

const why = whyNoEmulation();
const BOTH = ['--platform', 'linux/amd64,linux/arm64'];
const DOCKERFILE = `FROM scratch
ARG TARGETARCH
COPY busybox-$TARGETARCH /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
ENV RUN_ID=@RUN_ID@
RUN uname -m | tee /machine
`;
const FAILING = `${DOCKERFILE}RUN echo partial > /partial; [ $TARGETARCH = amd64 ]\n`;

describe.skipIf(why !== null)(`a platform that is emulated${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let emulation: Emulation;
  // Two packages are fetched.
  beforeAll(() => {
    emulation = startEmulation();
  }, 240_000);
  afterAll(() => emulation?.stop());
  afterEach(async () => {
    await closeTerminals();
    endRuns();
    removeProjects();
  });

  const projectOf = (dockerfile: string): Project => {
    const project = createProject(dockerfile);
    emulation.addPrograms(project);
    return project;
  };

  it('has its commands run', async () => {
    const project = projectOf(DOCKERFILE);
    const run = await runBxtui(['build', ...BOTH, '-o', project.path('out'), project.dir]);
    expect(run.status, run.output).toBe(0);
    expect(project.read('out/linux_amd64/machine')).toBe('x86_64\n');
    expect(project.read('out/linux_arm64/machine')).toBe('aarch64\n');
  });

  it('is debugged in line mode, the step that failed and any other', async () => {
    const project = projectOf(FAILING);
    const asked = [
      'rollback 6 uname -m',
      'rollback L4 uname -m',
      'rollback --init L6 ls /machine',
      'rollback L7',
      'exec uname -m',
    ];
    const input = [...asked, 'ps', 'exit', ''].join('\n');
    const run = await runBxtui(['build', '--on=error', '--progress=plain', ...BOTH, project.dir, '-o', 'type=cacheonly'], {
      input,
    });
    expect(run.status).toBe(1);
    expect(run.output).toMatch(/step 14 · linux\/arm64 · RUN echo partial .* · line 7 · (?:failed state|state before)/);
    const answers = run.output.split('(bxtui) ');
    const answerTo = (line: string): string => answers.find((said) => said.startsWith(`${line}\n`)) ?? '';
    expect(answerTo('rollback 6 uname -m')).toContain('\nx86_64\n');
    expect(answerTo('rollback L4 uname -m')).toContain('\naarch64\n');
    expect(answerTo('rollback --init L6 ls /machine')).toMatch(/No such file/);
    expect(answerTo('exec uname -m')).toContain('\naarch64\n');
    expect(answerTo('ps')).toMatch(/14 \((?:failed|before)\) +exit 0 .* uname -m/);
  });

  it('opens its shell on the screen by itself, and the same step on the other at a key', async () => {
    const project = projectOf(FAILING);
    const args = ['build', ...BOTH, '-o', 'type=cacheonly', project.dir];
    const screen = startTerminal({ args, env: engineEnv(), cols: 120, rows: 40 });
    await screen.waitFor(/FAILED exit 1 at 14\/14 linux\/arm64 RUN echo partial/);
    await screen.waitFor(/\/ # /);
    screen.type('uname -m\r');
    await screen.waitFor(/│aarch64 /);
    screen.press('ctrl-]', 'char::');
    screen.type('rollback 5\r');
    await screen.waitFor(/step 5 · linux\/amd64 · ENV RUN_ID/);
    screen.type('uname -m\r');
    await screen.waitFor(/│x86_64 /);
  });
});
