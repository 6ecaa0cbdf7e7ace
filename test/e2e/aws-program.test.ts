/** A program of this machine that tells the key of a cache (`credential_process` of an AWS profile): nothing stands still while it is asked. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ListedSession, Sessions } from '../helpers/detached.js';
import { engineEnv } from '../helpers/engines.js';
import { BASE, createProject, type Project } from '../helpers/project.js';
import { endRuns, runBxtui, startBxtui } from '../helpers/run.js';
import { shellOpens } from '../helpers/session.js';
import { startTerminal } from '../helpers/terminal.js';

const KEY = { secret: 'secret-of-the-program-4711', token: 'token-of-the-program-0815' };
const CACHE = ['--cache-from', 'type=s3,bucket=b,region=r,endpoint_url=http://127.0.0.1:9'];

let sessions: Sessions;
beforeEach(() => {
  sessions = new Sessions();
});
afterEach(async () => {
  endRuns();
  await sessions.end();
});

/** The program notes who it is, and waits for a file `go` where it is to. */
function projectOf({ waits = true, tells = true } = {}, dockerfile = `${BASE}RUN exit 3\n`): { project: Project; env: object } {
  const answer = { Version: 1, AccessKeyId: 'id', SecretAccessKey: KEY.secret, SessionToken: KEY.token };
  const project = createProject(dockerfile, { answer: JSON.stringify(answer) });
  const at = `${project.dir}/`;
  const wait = waits ? `until test -e ${at}go; do sleep 0.1; done; ` : '';
  const end = tells ? `exec cat ${at}answer` : 'echo no such user >&2; exit 7';
  project.write('program', `echo $$ >> ${at}asked; ${wait}${end}\n`);
  project.write('config', `[profile told]\ncredential_process = sh ${at}program\n`);
  const env = { AWS_CONFIG_FILE: project.path('config'), AWS_PROFILE: 'told', AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
  return { project, env };
}

const askedOf = (project: Project): number[] =>
  existsSync(project.path('asked')) ? project.read('asked').trim().split('\n').map(Number) : [];
const isAlive = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
};
const alive = (project: Project): number[] => askedOf(project).filter(isAlive);

describe('a program that tells the key of a cache', () => {
  it('is named while it is waited for; what it tells is in no record, from its first line on', async () => {
    const printing = `${BASE}# ${KEY.secret}\nRUN echo ${KEY.secret} ${KEY.token}; exit 3\n`;
    const { project, env } = projectOf({}, printing);
    const flags = ['--root', sessions.root, ...CACHE];
    const screen = startTerminal({
      args: ['build', ...flags, project.dir],
      env: { ...engineEnv(), ...env },
      cols: 180,
      rows: 40,
    });
    await screen.waitFor(/asking credential_process of the profile told: no answer yet/);
    const [{ id }] = (await sessions.list()) as [ListedSession];
    const directory = join(sessions.root, 'records', id);
    expect(readdirSync(directory)).toEqual([]);
    project.write('go', '');
    await screen.waitFor('FAILED exit 3');
    await shellOpens(screen);
    const record = (): string =>
      readdirSync(directory).reduce((all, name) => all + readFileSync(join(directory, name), 'utf8'), '');
    await expect.poll(record).toContain('exit code: 3');
    expect(record()).toContain('RUN echo [redacted] [redacted]; exit 3');
    for (const value of Object.values(KEY)) expect(record()).not.toContain(value);
    await screen.waitFor(' TERMINAL ');
  });

  it('is ended by x, and asked again by r', async () => {
    const { project, env } = projectOf();
    const args = ['build', '--root', sessions.root, ...CACHE, project.dir];
    const screen = startTerminal({ args, env: { ...engineEnv(), ...env }, cols: 180, rows: 40 });
    await screen.waitFor(/PLANNING/);
    await expect.poll(() => askedOf(project), { timeout: 10_000 }).toHaveLength(1);
    screen.press('char:x');
    await screen.waitFor('Cancel the build?');
    screen.press('char:y');
    await screen.waitFor('CANCELLED');
    await expect.poll(() => alive(project)).toEqual([]);
    project.write('go', '');
    screen.press('char:r');
    await screen.waitFor('FAILED exit 3');
    expect(askedOf(project)).toHaveLength(2);
  });

  it.each(['plain', 'quiet'])('is ended with a build by Ctrl-C: %s', async (progress) => {
    const { project, env } = projectOf();
    const { process: child, result } = startBxtui(['build', `--progress=${progress}`, ...CACHE, project.dir], {
      env: { ...env },
    });
    await expect.poll(() => askedOf(project), { timeout: 20_000 }).toHaveLength(1);
    child.kill('SIGINT');
    expect((await result).status).toBe(130);
    await expect.poll(() => alive(project)).toEqual([]);
  });

  it('is named with its profile and its words when it fails, wherever the session is', async () => {
    const { project, env } = projectOf({ waits: false, tells: false });
    const message = 'type=s3: credential_process of the profile told tells no key: it ended with status 7: no such user';
    const plain = await runBxtui(['build', '--progress=plain', ...CACHE, project.dir], { env: { ...env } });
    expect([plain.status, plain.output]).toEqual([1, expect.stringContaining(message)]);
    expect(plain.output).toContain('It is this command: sh … Run it by hand to see, or name another profile with AWS_PROFILE.');
    const args = ['build', '--root', sessions.root, ...CACHE, project.dir];
    const screen = startTerminal({ args, env: { ...engineEnv(), ...env }, cols: 180, rows: 40 });
    const { code } = await screen.waitForExit();
    expect(code).toBe(1);
    expect(screen.rawOutput).toContain('tells no key: it ended with status 7: no such user');
  });
});
