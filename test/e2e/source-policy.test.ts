/** EXPERIMENTAL_BUILDKIT_SOURCE_POLICY: sources that are denied or converted by the engine, as with docker buildx. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serveToEngine, type WebServer } from '../helpers/engine-network.js';
import { BASE, createProject, type Project, removeProjects } from '../helpers/project.js';
import { endRuns, type RunResult, runBxtui } from '../helpers/run.js';
import { findBuildx } from '../parity/buildx.js';

const NAME = 'EXPERIMENTAL_BUILDKIT_SOURCE_POLICY';
const buildx = findBuildx();
let served: string;
let server: WebServer;

beforeAll(async () => {
  served = mkdtempSync(join(tmpdir(), 'bxtui-served-'));
  for (const name of ['one', 'two']) writeFileSync(join(served, name), `${name}\n`);
  server = await serveToEngine(served);
});
afterAll(() => {
  server.close();
  rmSync(served, { recursive: true });
});
afterEach(() => {
  endRuns();
  removeProjects();
});

/** Line 6 takes a file by its URL. */
function project(): Project {
  return createProject(`${BASE}FROM base\nADD ${server.url}/one /file\nRUN echo "it is $(cat /file)"\n`);
}

const rule = (action: string, identifier: string, to?: string) => ({
  ...{ action, selector: { identifier } },
  ...(to !== undefined && { updates: { identifier: to } }),
});

interface Asked {
  readonly args?: readonly string[];
  readonly input?: string;
}

function build(dir: Project, rules: unknown, { args = [], input = '' }: Asked = {}, program = 'bxtui'): Promise<RunResult> {
  writeFileSync(dir.path('policy.json'), typeof rules === 'string' ? rules : JSON.stringify({ rules }));
  const all = ['build', '--progress=plain', ...args, dir.dir];
  const options = { cwd: dir.dir, env: { [NAME]: 'policy.json' }, input };
  if (program === 'bxtui') return runBxtui(all, options);
  if (typeof buildx === 'string') throw new Error(buildx);
  return buildx.docker(['buildx', ...all], options);
}

/** Docker Engine 20.10 would build as if there were no policy. */
function isRefused({ status, output }: RunResult): boolean {
  if (!output.includes('knows no source policies')) return false;
  expect(status, output).toBe(1);
  expect(output).toContain('policy.json');
  return true;
}

describe('a source policy', () => {
  it('denies a source, which is told with its line and the file of the policy', async () => {
    const dir = project();
    const run = await build(dir, [rule('DENY', 'http://*')]);
    if (isRefused(run)) return;
    expect(run.status, run.output).toBe(1);
    expect(run.output).toContain(`source "${server.url}/one" denied by policy`);
    expect(run.output).toMatch(/Dockerfile:6\n/);
    expect(run.output).toContain(`Change the rules in ${dir.path('policy.json')}`);
  });

  it('converts a source, also in what is written and in the shells of a build that is looked into', async () => {
    const dir = project();
    const rules = [rule('CONVERT', `${server.url}/one`, `${server.url}/two`)];
    const run = await build(dir, rules);
    if (isRefused(run)) return;
    expect(run.status, run.output).toBe(0);
    expect(run.output).toMatch(/it is two$/m);
    const steps = [...run.output.matchAll(/^#\d+ \[(?:base|stage-1) \d\/\d\] (?:COPY|RUN|ADD)/gm)].map(([step]) => step);
    expect(new Set(steps).size).toBe(5);
    const commands = ['rollback 6 cat /file', 'rollback 7 cat /file', 'cat 6 /file', 'exit'];
    const looked = await build(dir, rules, {
      args: ['--on=always', '--no-cache', '-o', dir.path('out')],
      input: `${commands.join('\n')}\n`,
    });
    expect(looked.status, looked.output).toBe(0);
    expect(looked.output.match(/^two$/gm), looked.output).toHaveLength(3);
    expect(readFileSync(dir.path('out/file'), 'utf8')).toBe('two\n');
  });

  it('of which the new source cannot be had fails at its step', async () => {
    const run = await build(project(), [rule('CONVERT', `${server.url}/one`, `${server.url}/none`)]);
    if (isRefused(run)) return;
    expect(run.status, run.output).toBe(1);
    expect(run.output).toMatch(/#(\d+) \[stage-1 1\/2\] ADD [\s\S]*#\1 ERROR: .*404/);
  });

  it('that cannot be read is told before anything is built', async () => {
    const run = await build(project(), '{"rules":[{"action":"NO","selector":{}}]}');
    expect(run.status).toBe(1);
    expect(run.output).toMatch(/ERROR: the source policy \S+policy.json cannot be read: the action of rule 1 is "NO"/);
    expect(run.output).not.toContain('#1');
  });

  it.skipIf(typeof buildx === 'string')('is what it is with docker buildx', async () => {
    const cases = [
      [[rule('DENY', 'http://*')], /source "\S+\/one" denied by policy: source denied by policy/],
      [[rule('DENY', 'http://*'), rule('ALLOW', `${server.url}/one`)], null],
      [[rule('CONVERT', `${server.url}/one`, `${server.url}/two`)], null],
      [[rule('CONVERT', `${server.url}/one`, `${server.url}/none`)], /invalid response status 404/],
      [[{ action: 'CONVERT', selector: { identifier: `${server.url}/one` } }], /missing destination for convert rule/],
      ['', null],
      ['{"rules":[{"action":3,"selector":{}}]}', /source policy/],
    ] as const;
    for (const [rules, says] of cases) {
      const seen = async (program: string) => {
        const dir = project();
        const run = await build(dir, rules, { args: ['-o', dir.path('out')] }, program);
        const file = existsSync(dir.path('out/file')) ? readFileSync(dir.path('out/file'), 'utf8') : null;
        if (says !== null) expect(run.output).toMatch(says);
        return { status: run.status, file };
      };
      expect(await seen('bxtui'), JSON.stringify(rules)).toEqual(await seen('buildx'));
    }
  });
});
