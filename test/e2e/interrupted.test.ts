/**
 * Ctrl-C and SIGTERM at moments that are known by what is there, never by a time: whatever the progress is shown as, nothing goes on running on the
 * engine, nothing is left in files, and the exit status is that of the signal.
 */
import { readdirSync, readFileSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { engineEnv, testEngine } from '../helpers/engines.js';
import { BASE, createProject, type Project, removeProjects } from '../helpers/project.js';
import { endRuns, startBxtui } from '../helpers/run.js';
import { sessionRoot, testDirectory } from '../helpers/session-root.js';
import { closeTerminals, startTerminal } from '../helpers/terminal.js';

type Signal = 'SIGINT' | 'SIGTERM';
const STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

interface Running {
  readonly pid: number;
  /** SIGINT comes from the keyboard where there is one that makes it. */
  interrupt(signal: Signal): void;
  readonly ended: Promise<number | null>;
}

const onPipes =
  (progress: string) =>
  (args: readonly string[], cwd: string): Running => {
    const { process: child, result } = startBxtui(['build', `--progress=${progress}`, ...args], { cwd });
    return { pid: child.pid ?? 0, interrupt: (signal) => child.kill(signal), ended: result.then(({ status }) => status) };
  };
const onTerminal =
  (isScreen: boolean) =>
  (args: readonly string[], cwd: string): Running => {
    const flags = isScreen ? [] : ['--progress=tty'];
    const terminal = startTerminal({ args: ['build', ...flags, ...args], cwd, env: engineEnv() });
    return {
      pid: terminal.pid,
      interrupt: (signal) => (signal === 'SIGINT' && !isScreen ? terminal.press('ctrl-c') : terminal.kill(signal)),
      ended: terminal.waitForExit({ timeoutMs: 80_000 }).then(({ code, signal }) => (signal === 0 ? code : 128 + signal)),
    };
  };
const SHOWN_AS = { plain: onPipes('plain'), quiet: onPipes('quiet'), tty: onTerminal(false), screen: onTerminal(true) } as const;

interface Moment {
  readonly output: string;
  make(): Project;
  /** `pids`: of all that carries the build out here. */
  isNow(project: Project, pids: readonly number[]): boolean;
}

/** Nobody gets to its end, and it has no blocks on disk. */
const ENDLESS = 64 * 2 ** 30;
const resultOf = (size: string): string => `${BASE}RUN dd if=/dev/zero of=/big bs=1 count=0 seek=${size}\n`;
const hasPart = ({ dir }: Project): boolean => readdirSync(dir).some((name) => /\.part(?:ial)?$/.test(name));

const MOMENTS = {
  'the sending of the context': {
    output: 'type=tar,dest=out.tar',
    make() {
      const project = createProject('FROM scratch\nCOPY big /\n');
      writeFileSync(project.path('big'), '');
      truncateSync(project.path('big'), ENDLESS);
      return project;
    },
    isNow: (project, pids) => pids.some((pid) => openFiles(pid).includes(project.path('big'))),
  },
  'a step': {
    output: 'type=local,dest=out',
    make: () => createProject(`${BASE}RUN sleep 300; : @RUN_ID@\n`),
    isNow: (project) => runningSteps(project).length > 0,
  },
  'the export of an archive': {
    output: 'type=tar,dest=out.tar',
    make: () => createProject(resultOf('64G')),
    isNow: hasPart,
  },
  'the export of a directory': {
    output: 'type=local,dest=out',
    make: () => createProject(resultOf('64G')),
    isNow: ({ dir }) => readdirSync(dir, { recursive: true }).some((name) => String(name).endsWith('big')),
  },
  // The engine packs all of it before the first byte comes.
  'the export of an image': {
    output: 'type=docker,dest=out.tar',
    make: () => createProject(resultOf('512M')),
    isNow: hasPart,
  },
} as const satisfies Record<string, Moment>;

const RUNS: readonly [how: keyof typeof SHOWN_AS, what: keyof typeof MOMENTS, signal: Signal][] = [
  ...(Object.keys(MOMENTS) as (keyof typeof MOMENTS)[]).map((what) => ['plain', what, 'SIGINT'] as const),
  ['quiet', 'a step', 'SIGINT'],
  ['tty', 'a step', 'SIGINT'],
  ['tty', 'the export of a directory', 'SIGINT'],
  ['screen', 'the sending of the context', 'SIGINT'],
  ['screen', 'a step', 'SIGINT'],
  ['screen', 'the export of an archive', 'SIGINT'],
  ['plain', 'the export of a directory', 'SIGTERM'],
  ['quiet', 'a step', 'SIGTERM'],
  ['tty', 'a step', 'SIGTERM'],
  ['screen', 'a step', 'SIGTERM'],
].map((run) => [...run] as [keyof typeof SHOWN_AS, keyof typeof MOMENTS, Signal]);

afterEach(async () => {
  endRuns();
  await closeTerminals();
  removeProjects();
});

// Of an engine elsewhere it cannot be seen what runs.
describe.skipIf(!testEngine().startsWith('unix://'))('a build that is interrupted', () => {
  it.each(RUNS)('%s progress, during %s, by %s', async (how, what, signal) => {
    const { output, make, isNow }: Moment = MOMENTS[what];
    const project = make();
    const before = readdirSync(project.dir).sort();
    const run = SHOWN_AS[how](['-o', output, '.'], project.dir);
    const pids = (): number[] => [run.pid, ...servers()];
    await expect.poll(() => isNow(project, pids()), { timeout: 70_000, interval: 5 }).toBe(true);
    const serving = servers();
    run.interrupt(signal);
    expect(await run.ended).toBe(STATUS[signal]);
    expect(readdirSync(project.dir).sort()).toEqual(before);
    await expect.poll(() => runningSteps(project), { timeout: 10_000 }).toEqual([]);
    await expect.poll(() => serving.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('plain progress, while the engine does not answer, by %s', async (signal) => {
    const asked = new Set<Socket>();
    const socket = join(testDirectory(), 'docker.sock');
    const silent = createServer((connection) => asked.add(connection.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent.listen(socket, resolve));
    const project = createProject(BASE);
    const env = { ...engineEnv(`unix://${socket}`) };
    const { process: child, result } = startBxtui(['build', '--progress=plain', '.'], { cwd: project.dir, env });
    await expect.poll(() => asked.size, { timeout: 20_000 }).toBeGreaterThan(0);
    child.kill(signal);
    expect((await result).status).toBe(STATUS[signal]);
    silent.close();
  });
});

/** Commands of a step that has the project's mark in it, wherever on this machine they run. */
function runningSteps(project: Project): string[] {
  const mark = /; : (\S+)$/m.exec(project.read('Dockerfile'))?.[1];
  if (mark === undefined) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => textOf(`/proc/${pid}/cmdline`))
    .filter((commandLine) => commandLine.includes(mark));
}

/** Processes of the sessions of this test. */
function servers(): number[] {
  return readdirSync(sessionRoot()).flatMap((id) => {
    const record = textOf(join(sessionRoot(), id, 'session.json'));
    return record === '' ? [] : [JSON.parse(record).pid as number];
  });
}

function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  return textOf(`/proc/${pid}/cmdline`) !== '';
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
