/** Sessions in processes of their own, in a directory that a test has for itself. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { engineEnv, expectNoContainers } from './engines.js';
import { type Project, removeProjects } from './project.js';
import { type RunResult, runBxtui } from './run.js';
import { shellOpens } from './session.js';
import { testDirectory } from './session-root.js';
import { closeTerminals, type StartOptions, startTerminal, type TestTerminal } from './terminal.js';

export interface ListedSession {
  readonly id: string;
  readonly state: string;
  readonly shells: number;
  readonly clients: number;
  readonly version: string;
}

export interface AttachOptions extends Partial<StartOptions> {
  readonly flags?: readonly string[];
  /** False: no screen is waited for. */
  readonly isShown?: boolean;
}

/** Waits until the build of a session has failed and its shell is open: what comes later would take the keys, or be the container in use. */
export async function untilFailed(root: string, id?: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const listed: ListedSession[] = JSON.parse((await runBxtui(['ls', '--root', root, '--json'])).stdout);
    if (listed.some((one) => one.id === (id ?? one.id) && one.state === 'failed' && one.shells === 1)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the build did not fail');
}

export class Sessions {
  readonly root = testDirectory();

  run(command: string, ...args: string[]): Promise<RunResult> {
    return runBxtui([command, '--root', this.root, ...args]);
  }

  /** Starts one and resolves with its id. */
  async detach(project: Project, ...flags: string[]): Promise<string> {
    const started = await this.run('build', '--detach', ...flags, project.dir);
    expect(started.status, started.output).toBe(0);
    expect(started.stdout).toMatch(/^[0-9a-f]{8}\n$/);
    return started.stdout.trim();
  }

  async attach(id: string, options: AttachOptions = {}): Promise<TestTerminal> {
    const { flags = [], isShown = true, ...start } = options;
    const args = ['attach', '--root', this.root, ...flags, id];
    const terminal = startTerminal({ cols: 120, rows: 40, ...start, args, env: { ...engineEnv(), ...start.env } });
    if (isShown) await terminal.waitFor(/\[1\] Steps/, { what: 'the first frame' });
    return terminal;
  }

  /** Goes into the shell of the failed step, where a new screen may be already. */
  async typeInto(terminal: TestTerminal): Promise<void> {
    const screen = await terminal.waitFor(/FAILED exit 3[\s\S]* (?:TERMINAL|NORMAL) /);
    if (!screen.includes(' TERMINAL ')) terminal.press('char:i');
    await shellOpens(terminal);
  }

  async list(): Promise<ListedSession[]> {
    return JSON.parse((await this.run('ls', '--json')).stdout);
  }

  /** `id` missing: of the only session. */
  untilFailed(id?: string): Promise<void> {
    return untilFailed(this.root, id);
  }

  serverPid(id: string): number {
    return JSON.parse(readFileSync(join(this.root, id, 'session.json'), 'utf8')).pid;
  }

  /** Ends everything, and looks that nothing is left of it on the engine. */
  async end(): Promise<void> {
    await closeTerminals();
    await this.run('kill', '--all');
    rmSync(this.root, { recursive: true, force: true });
    removeProjects();
    await expectNoContainers();
  }
}
