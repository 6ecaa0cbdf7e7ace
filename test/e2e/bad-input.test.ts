/** What goes wrong in everyday life, and what is said about it: what failed, on what, and what to do. */
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { engineEnv } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { endRuns, runBxtui } from '../helpers/run.js';
import { closeTerminals, RESTORED_MODES, startTerminal } from '../helpers/terminal.js';
import { projectRoot } from '../setup/toolchain.mjs';

afterEach(async () => {
  endRuns();
  await closeTerminals();
  removeProjects();
});

describe('the context', () => {
  it('is missing', async () => {
    const run = await runBxtui(['build', '/nonexistent/context']);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('/nonexistent/context');
  });

  it('is a file', async () => {
    const project = createProject(BASE);
    const run = await runBxtui(['build', project.path('busybox')]);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('busybox');
    expect(run.stderr).toMatch(/director|folder/);
  });

  it('has no Dockerfile', async () => {
    const project = createProject(BASE);
    rmSync(project.path('Dockerfile'));
    const run = await runBxtui(['build', project.dir]);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/Dockerfile/);
    expect(run.stderr).toMatch(/-f|--file/);
  });

  it('holds sockets and dangling links', async () => {
    const project = createProject(`${BASE}COPY . /all\nRUN ls -l /all && readlink /all/dangling\n`);
    symlinkSync('nowhere/at/all', project.path('dangling'));
    const server = createServer().listen(project.path('a.sock'));
    try {
      const run = await runBxtui(['build', '--progress=plain', project.dir]);
      expect(run.status, run.output).toBe(0);
      expect(run.output).toContain('nowhere/at/all');
    } finally {
      server.close();
    }
  });

  it('holds a file that may not be read', async () => {
    const project = createProject(`${BASE}COPY . /all\n`, { 'private/key.pem': 'secret' });
    chmodSync(project.path('private/key.pem'), 0o000);
    const run = await runBoundByModes(['build', '--progress=plain', project.dir]);
    expect(run.status).toBe(1);
    expect(run.output).toMatch(/key\.pem/);
    expect(run.output).toMatch(/permission|read/i);
  });
});

describe('the Dockerfile', () => {
  it('cannot be parsed: the line is shown', async () => {
    const project = createProject(`${BASE}RUN echo fine\nCOPPY a b\nRUN echo fine too\n`);
    const run = await runBxtui(['build', '--progress=plain', project.dir]);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/unknown instruction: COPPY/i);
    expect(run.stderr).toMatch(/6 \| >>> COPPY a b/);
  });

  it('is empty', async () => {
    const project = createProject('');
    const run = await runBxtui(['build', '--progress=plain', project.dir]);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/empty|no build stage|file with no instructions/i);
  });

  it('has no such target: the nearest names are offered', async () => {
    const project = createProject(`${BASE}FROM base AS runtime\nRUN true\n`);
    const run = await runBxtui(['build', '--progress=plain', '--target', 'runtine', project.dir]);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('runtine');
    expect(run.stderr).toMatch(/\bruntime\b/);
  });

  it('copies what is not there', async () => {
    const project = createProject(`${BASE}COPY no-such-file /x\n`);
    const run = await runBxtui(['build', '--progress=plain', project.dir]);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('no-such-file');
    expect(run.stderr).toMatch(/>>> COPY no-such-file/);
    expect(run.stderr).not.toContain('/var/lib');
  });
});

describe('the engine', () => {
  it('is not there: the endpoints tried are named', async () => {
    const project = createProject(BASE);
    const run = await runBxtui(['build', project.dir], { env: engineEnv('unix:///nonexistent/docker.sock') });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('unix:///nonexistent/docker.sock');
    expect(run.stderr).toMatch(/DOCKER_HOST/);
  });

  it('is not there at all: nothing is installed, everything tried is named', async () => {
    const project = createProject(BASE);
    const env = {
      ...engineEnv('unix:///x/docker.sock'),
      DOCKER_HOST: undefined,
      HOME: project.dir,
      XDG_RUNTIME_DIR: project.dir,
    };
    const run = await runBxtui(['build', project.dir], { env });
    // A machine with an engine of its own at the default socket has one, of course.
    if (run.status === 0) return expect(run.output).toMatch(/docker\.sock/);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/\/var\/run\/docker\.sock/);
  });

  it('refuses connections', async () => {
    const project = createProject(BASE);
    const run = await runBxtui(['build', project.dir], {
      env: { ...engineEnv('unix:///x/docker.sock'), DOCKER_HOST: 'tcp://127.0.0.1:1' },
    });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('127.0.0.1:1');
    expect(run.stderr).toMatch(/refused/i);
  });

  it('is something else', async () => {
    const project = createProject(BASE);
    const server = createServer((socket) => socket.end('220 smtp.example.org ESMTP\r\n')).listen(project.path('docker.sock'));
    try {
      const run = await runBxtui(['build', project.dir], { env: engineEnv(`unix://${project.path('docker.sock')}`) });
      expect(run.status).toBe(1);
      expect(run.stderr).toContain('docker.sock');
    } finally {
      server.close();
    }
  });

  it('never answers', async () => {
    const project = createProject(BASE);
    const server = createServer(() => {}).listen(project.path('docker.sock'));
    try {
      const run = await runBxtui(['build', project.dir], {
        env: engineEnv(`unix://${project.path('docker.sock')}`),
        timeoutMs: 20_000,
      });
      expect(run.status).toBe(1);
      expect(run.stderr).toContain('docker.sock');
    } finally {
      server.close();
    }
  });

  it('is missing on a terminal: a message, and the terminal as it was', async () => {
    const project = createProject(BASE);
    const terminal = startTerminal({ args: ['build', project.dir], env: engineEnv('unix:///nonexistent/docker.sock') });
    const exit = await terminal.waitForExit();
    expect(exit.code).toBe(1);
    expect(terminal.scrollback()).toContain('unix:///nonexistent/docker.sock');
    expect(terminal.modes()).toEqual(RESTORED_MODES);
  });
});

describe('where its words go', () => {
  /** `to`: what the shell says of the program's outputs. */
  function runInto(
    to: string,
    args: readonly string[],
  ): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
    const script = `exec "$0" "$@" ${to}`;
    const command = ['-c', script, join(projectRoot, 'bin/bxtui'), ...args];
    return spawnSync('sh', command, { encoding: 'utf8', env: { ...process.env, ...engineEnv() }, timeout: 60_000 });
  }

  it('is a full disk: what was asked for and cannot be had is an error, and a build that cannot be told of is none', () => {
    const project = createProject(BASE);
    for (const args of [['--help'], ['build', '-q', project.dir]]) {
      const run = runInto('>/dev/full', args);
      expect([run.status, run.stderr]).toEqual([1, expect.stringContaining('cannot write to standard output: no space left')]);
    }
    for (const mode of ['plain', 'rawjson'])
      expect(runInto('2>/dev/full', ['build', `--progress=${mode}`, project.dir]).status).toBe(0);
  });
});

/** Root reads everything by a capability; without it the mode bits count for root as for anybody. */
async function runBoundByModes(args: readonly string[]): Promise<{ status: number | null; output: string }> {
  if (process.getuid?.() !== 0) return await runBxtui(args);
  const without = '-dac_override,-dac_read_search';
  const command = ['--bounding-set', without, '--inh-caps', without, join(projectRoot, 'bin/bxtui'), ...args];
  const result = spawnSync('setpriv', command, { encoding: 'utf8', env: { ...process.env, ...engineEnv() }, timeout: 60_000 });
  return { status: result.status, output: `${result.stdout}${result.stderr}` };
}
