/** What a file of `--server-config` says, however a session is started: where it is kept, where its process writes, how much, how long it lives. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sessions } from '../helpers/detached.js';
import { engineEnv } from '../helpers/engines.js';
import { BASE, createProject, type Project } from '../helpers/project.js';
import { runBxtui } from '../helpers/run.js';
import { quit, shellOpens } from '../helpers/session.js';
import { startTerminal } from '../helpers/terminal.js';

const FAILING = `${BASE}RUN echo out-of-the-step; exit 3\n`;

let sessions: Sessions;
let project: Project;
beforeEach(() => {
  sessions = new Sessions();
  project = createProject(FAILING);
});
afterEach(() => sessions.end());

function configure(lines: string): string {
  project.write('conf/server.toml', lines);
  return project.path('conf/server.toml');
}

/** With a weaker root in the environment. */
const start = (...args: string[]) => runBxtui(args, { env: { BXTUI_ROOT: project.path('weaker') }, input: 'kill\n' });

describe('--server-config', () => {
  it('says where a detached session is kept, where its process writes, and when it ends', async () => {
    const file = configure(`root = "${sessions.root}"\nlog_file = "server.log"\nlog_level = "info"\nidle = "3h"\n`);
    const started = await start('build', '--detach', '--server-config', file, project.dir);
    expect(started.status, started.output).toBe(0);
    const id = started.stdout.trim();
    await sessions.untilFailed();
    expect(existsSync(project.path('weaker'))).toBe(false);
    expect((await sessions.run('ls')).stdout).toMatch(/ in 3h {2}/);
    await sessions.run('kill', id);
    const log = project.path('conf/server.log');
    expect(statSync(log).mode & 0o777).toBe(0o600);
    const text = readFileSync(log, 'utf8');
    expect(text).toMatch(new RegExp(`^\\S+Z info {2}${id} {2}begins: process \\d+, bxtui `, 'm'));
    expect(text).toMatch(/client 1 \(command, .*\) has come\n/);
    expect(text).toMatch(/client 1 \(command, .*\) has gone\n/);
    expect(text).toMatch(/ends: a client wants it to\n[\s\S]* has ended\n$/);
    expect(text).not.toMatch(/ debug |out-of-the-step/);
  });

  it('ends a session that nobody has looked at for as long as it says, which holds containers too', async () => {
    const file = configure(`root = "${sessions.root}"\nlog_file = "server.log"\nlog_level = "info"\nidle = "1s"\n`);
    expect((await start('build', '--detach', '--server-config', file, project.dir)).status).toBe(0);
    for (let tries = 0; (await sessions.list()).length > 0; tries++) {
      expect(tries).toBeLessThan(40);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(readFileSync(project.path('conf/server.log'), 'utf8')).toContain('ends: nobody has been there for long');
  });

  it('counts for a session on the screen, where --root goes before it', async () => {
    const file = configure('root = "elsewhere"\nlog_file = "server.log"\nlog_level = "debug"\n');
    const args = ['build', '--root', sessions.root, '--server-config', file, project.dir];
    const terminal = startTerminal({ cols: 120, rows: 40, args, env: engineEnv() });
    await shellOpens(terminal);
    expect(await sessions.list()).toHaveLength(1);
    expect(existsSync(project.path('conf/elsewhere'))).toBe(false);
    await quit(terminal);
    const text = readFileSync(project.path('conf/server.log'), 'utf8');
    expect(text).toMatch(/ debug [0-9a-f]{8} {2}engine\.reported build\.failed\n/);
    expect(text).not.toContain('out-of-the-step');
  });

  it('counts for bxtui debug --detach, and says nothing of a session in which nothing goes wrong unless it is asked to', async () => {
    const file = configure(`root = "${sessions.root}"\nlog_file = "server.log"\n`);
    const ended = await start('debug', '--detach', '--server-config', file, '--on=error', 'build', project.dir);
    expect(ended.output).toContain('out-of-the-step');
    expect(existsSync(project.path('weaker'))).toBe(false);
    expect(readFileSync(project.path('conf/server.log'), 'utf8')).toBe('');
  });

  it('whose log cannot be written is refused by name, and leaves nothing', async () => {
    const file = configure(`root = "${sessions.root}"\nlog_file = "none/server.log"\n`);
    for (const args of [
      ['build', '--detach', '--server-config', file, project.dir],
      ['debug', '--detach', '--server-config', file, 'build', project.dir],
    ]) {
      const refused = await start(...args);
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain(
        `cannot write the log of the session ${project.path('conf/none/server.log')}: there is no such directory`,
      );
    }
    expect(await sessions.list()).toEqual([]);
  });
});
