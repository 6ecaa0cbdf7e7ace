/** `bxtui debug` on a terminal and the commands beside it, over the sessions of one test, and the end of all of them. */
import { engineEnv, expectNoContainers } from './engines.js';
import { removeProjects } from './project.js';
import { endRuns, type RunResult, runBxtui } from './run.js';
import { endSessions, sessionRoot } from './session-root.js';
import { closeTerminals, startTerminal, type TestTerminal } from './terminal.js';

export const LEAVE = '\u001d';
/** 128 + SIGHUP. */
export const HUNG_UP = 129;

export function debug(...args: string[]): TestTerminal {
  const env = { ...engineEnv(), XDG_STATE_HOME: sessionRoot() };
  return startTerminal({ args: ['debug', '--root', sessionRoot(), ...args], env, cols: 150, rows: 60 });
}

export function run(command: string, ...args: string[]): Promise<RunResult> {
  return runBxtui([command, '--root', sessionRoot(), ...args]);
}

export async function list(): Promise<unknown> {
  return JSON.parse((await run('ls', '--json')).stdout);
}

/** Ends whatever a test has begun, and looks that nothing is left of it on the engine. */
export async function endAll(): Promise<void> {
  endRuns();
  await closeTerminals();
  await endSessions();
  removeProjects();
  await expectNoContainers();
}
