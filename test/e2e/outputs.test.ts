/** Results on standard output and in files, and what is left of them when the build does not come to its end. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { engineEnv } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { runBxtui, startBxtui } from '../helpers/run.js';
import { projectRoot } from '../setup/toolchain.mjs';

describe('the outputs of a build', () => {
  afterEach(removeProjects);

  it('are a tar on standard output, with nothing else there', async () => {
    const project = createProject(`${BASE}RUN echo here > /file`);
    for (const output of ['-', 'type=tar', 'type=tar,dest=-']) {
      const command = `"${join(projectRoot, 'bin/bxtui')}" build -o ${output} "${project.dir}" > "${project.path('out.tar')}"`;
      execFileSync('sh', ['-c', command], { env: { ...process.env, ...engineEnv() }, stdio: ['ignore', 'ignore', 'ignore'] });
      expect(execFileSync('tar', ['xOf', project.path('out.tar'), 'file'], { encoding: 'utf8' })).toBe('here\n');
    }
  });

  it('are not touched by a build that fails', async () => {
    const project = createProject(`${BASE}RUN false`);
    writeFileSync(project.path('out.tar'), 'old');
    const args = ['-o', 'type=tar,dest=out.tar', '-o', 'tree', '-o', 'type=docker,dest=image.tar'];
    const { status } = await runBxtui(['build', '--progress=plain', ...args, '.'], { cwd: project.dir });
    expect(status).toBe(1);
    expect(readFileSync(project.path('out.tar'), 'utf8')).toBe('old');
    expect(readdirSync(project.dir).sort()).toEqual(['Dockerfile', 'busybox', 'out.tar']);
  });

  it('are whole or not there after Ctrl-C', async () => {
    const project = createProject(`${BASE}RUN dd if=/dev/zero of=/big bs=1 count=0 seek=8G`);
    const build = startBxtui(['build', '--progress=plain', '-o', 'type=tar,dest=out.tar', '.'], { cwd: project.dir });
    const parts = (): string[] => readdirSync(project.dir).filter((name) => name.endsWith('.part'));
    await expect.poll(parts, { timeout: 30_000, interval: 5 }).toHaveLength(1);
    build.process.kill('SIGINT');
    expect((await build.result).status).toBe(130);
    expect(readdirSync(project.dir).sort()).toEqual(['Dockerfile', 'busybox']);
  });
});
