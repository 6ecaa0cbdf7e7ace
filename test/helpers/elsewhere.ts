/** What a person does with an engine that is not on this machine's own socket: debugs a build there, or reads why it is not reached. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { BASE, createProject, removeProjects } from './project.js';
import { endRuns, type RunResult, runBxtui } from './run.js';
import { inShell, leaveTerminal, openSession, quit, shellOpens } from './session.js';
import { closeTerminals } from './terminal.js';

const FAILING = `${BASE}RUN echo partial > /two; exit 3\n`;
/** What the issue of an unreachable engine may take, the start of the program included. */
export const TOLD_WITHIN_MS = 5_000;

export type Env = Readonly<Record<string, string | undefined>>;

/** Whatever the machine of the tests has. */
export const NO_PROXIES: Env = Object.fromEntries(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [
    [name, undefined],
    [name.toLowerCase(), undefined],
  ]),
);

/** After each test, what it has opened is ended. Returns where it puts what else has to be. */
export function endAfterEach(): (() => unknown)[] {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    endRuns();
    await closeTerminals();
    removeProjects();
    for (const close of closing.splice(0)) await close();
  });
  return closing;
}

/** A failed build, a look into its shell, the end. `source`: what the screen says of where the engine comes from. */
export async function debugThere(env: Env, source: RegExp, flags: readonly string[] = []): Promise<void> {
  const terminal = await openSession(createProject(FAILING), { env, flags, cols: 160 });
  await shellOpens(terminal);
  expect(terminal.screen()).toMatch(source);
  expect(await inShell(terminal, 'cat /two 2>&1 || echo $((40 + 2))')).toMatch(/partial|42/);
  await leaveTerminal(terminal);
  expect((await quit(terminal)).code).toBe(1);
}

/** Runs a build that finds no engine, and says so in time. */
export async function unreachable(env: Env, ...flags: string[]): Promise<RunResult> {
  const project = createProject(BASE);
  const startMs = Date.now();
  const run = await runBxtui(['build', '--progress=plain', ...flags, project.dir], { env });
  expect(Date.now() - startMs, run.output).toBeLessThan(TOLD_WITHIN_MS);
  expect(run.status, run.output).toBe(1);
  return run;
}

/** With its directories. */
export function writeJson(path: string, value: unknown): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, JSON.stringify(value));
}
