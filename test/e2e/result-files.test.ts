/** `--iidfile` and `--metadata-file` of a build in lines, as scripts read them. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { isDocker } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { runBxtui } from '../helpers/run.js';

describe('the files of a result', () => {
  afterEach(removeProjects);

  // A buildkitd has no image of a build that nobody wants anywhere.
  it.skipIf(!isDocker())('are there when the build has ended, and are not there when it has failed', async () => {
    const project = createProject(`${BASE}RUN test ! -e /fail`);
    const [id, metadata] = [project.path('id'), project.path('metadata.json')];
    const args = ['build', '--progress=quiet', '--iidfile', id, '--metadata-file', metadata];
    const { status, stdout, stderr } = await runBxtui([...args, project.dir]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(readFileSync(id, 'utf8')).toBe(stdout.trim());
    const told = JSON.parse(readFileSync(metadata, 'utf8'));
    // Docker Engine 20.10 has one word for both.
    expect(told['containerimage.config.digest'] ?? told['containerimage.digest']).toBe(stdout.trim());
    rmSync(metadata);
    project.edit('! -e /fail', '-e /fail');
    expect((await runBxtui([...args, project.dir])).status).toBe(1);
    expect(existsSync(id)).toBe(false);
    expect(existsSync(metadata)).toBe(false);
  });

  it('fail the build where they cannot be written', async () => {
    const project = createProject(BASE);
    const path = project.path('nowhere/id');
    const { status, stderr } = await runBxtui(['build', '--iidfile', path, project.dir]);
    expect(status).toBe(1);
    expect(stderr).toContain(`--iidfile: cannot write ${path}`);
  });
});
