import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../../../src/core/dockerfile/index.js';
import type { Moment } from '../../../../../src/core/model/index.js';
import { environmentAt } from '../../../../../src/engine/buildkit/container/environment.js';
import type { RunContext } from '../../../../../src/engine/buildkit/run-context.js';
import { type FixtureOp, graphOf, source } from '../graph-fixture.js';

interface Meta {
  readonly args: string[];
  readonly env: string[];
  readonly user?: string;
  readonly cwd: string;
}

const command = (meta: Meta, root: number): FixtureOp => ({
  op: { case: 'exec', value: { meta, mounts: [{ dest: '/', input: 0n, output: 0n }] } },
  inputs: [root],
});

const DOCKERFILE = 'FROM parent\nENV C=1\nRUN after';
const FIRST = { args: ['/bin/sh', '-c', 'first'], env: ['A=1'], cwd: '/' };
const SECOND = { args: ['/bin/sh', '-c', 'second'], env: ['A=1', 'B=1'], cwd: '/onb' };
/** As the frontend has them behind the last trigger, whatever that is. */
const PROBED = { args: ['/bin/bash', '-ec', 'true'], env: ['A=1', 'B=1', 'Z=1'], user: 'u', cwd: '/last' };

const parent = source('docker-image://parent');
const graph = graphOf([parent, command(FIRST, 0), command(SECOND, 1), command({ ...SECOND, args: ['after'] }, 2)], {
  dockerfile: DOCKERFILE,
  lines: { 0: 1, 1: 1, 2: 1, 3: 3 },
});

function environmentOf(moment: Moment, { failed = -1, refusal = '' } = {}) {
  const plan = parseDockerfile(DOCKERFILE);
  const asked: string[] = [];
  const solve = async () => {
    if (refusal !== '') throw new Error(refusal);
    const probe = graphOf([parent, command(PROBED, 0)]);
    const def = probe.output === null ? new Uint8Array() : probe.encoded(probe.output);
    return { result: { result: { case: 'ref', value: { id: 'x', def } } } };
  };
  const context = {
    ...{ graph, frontend: 'dockerfile.v0', frontendInputs: {}, frontendOptions: () => ({}) },
    request: { dockerfile: { plan, text: DOCKERFILE, name: 'Dockerfile', dir: null } },
    capabilities: { buildWarnings: { isAvailable: false } },
    failureAt: () => (failed < 0 ? null : { digest: graph.verticesOf('1')[failed] }),
    session: { addLocal: (_: string, files: Map<string, Uint8Array>) => asked.push(String(files.get('Dockerfile'))) },
    gateway: { bridge: { solve } },
  } as unknown as RunContext;
  const [from] = plan.instructions;
  if (from === undefined) throw new Error('no FROM');
  return environmentAt(context, from, moment, new AbortController().signal).then((environment) => ({ ...environment, asked }));
}

describe('the environment of a FROM whose image has triggers', () => {
  it('is, after it, the one behind all of them', async () => {
    expect(await environmentOf('after')).toEqual({
      ...{ env: PROBED.env, user: 'u', cwd: '/last', runShell: ['/bin/bash', '-ec'], note: null },
      asked: ['FROM parent\nRUN true\n'],
    });
  });

  it('is that of the trigger which has failed', async () => {
    expect(await environmentOf('failed', { failed: 2 })).toMatchObject({ env: SECOND.env, user: '', cwd: '/onb', note: null });
    expect(await environmentOf('before', { failed: 1 })).toMatchObject({ env: FIRST.env, cwd: '/', note: null });
  });

  it('is that of the last command where the engine cannot tell, and says so', async () => {
    expect(await environmentOf('after', { refusal: 'no such thing' })).toMatchObject({
      ...{ env: SECOND.env, cwd: '/onb', runShell: ['/bin/sh', '-c'] },
      note: 'The environment is that of step 1: no such thing',
    });
  });
});
