/** A build for the fake engine: its request, and what an engine says of it. */
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDockerfile } from '../../../src/core/dockerfile/index.js';
import type { EngineEvent } from '../../../src/core/events.js';
import type { BuildRequest, Engine } from '../../../src/engine/engine.js';
import type { LocalSessionOptions } from '../../../src/session/index.js';

export function requestOf(text: string): BuildRequest {
  return {
    contextDir: '/x',
    dockerfile: { dir: '/x', name: 'Dockerfile', text, plan: parseDockerfile(text) },
    target: null,
    buildArgs: [],
    tags: [],
    noCache: false,
    platform: null,
    secrets: [],
    ssh: [],
    outputs: [],
  };
}

/** A session of that build which opens no shell by itself, at a time that stands still. */
export function optionsOf(request: BuildRequest, connect: () => Promise<Engine>): LocalSessionOptions {
  return {
    id: 's1',
    contextLabel: '.',
    connect,
    prepare: () => request,
    target: null,
    openOn: 'never',
    invoke: null,
    spillDirectory: join(tmpdir(), `bxtui-test-${randomUUID()}`),
    now: () => 1,
  };
}

/** One vertex `v<line>` for each line. */
export function planOf(lines: readonly number[]): EngineEvent {
  return {
    type: 'plan.resolved',
    vertices: lines.map((line) => ({
      digest: `v${line}`,
      name: `v${line}`,
      inputs: [],
      lines: { start: line, end: line },
      op: 'exec' as const,
    })),
  };
}

export function updateOf(line: number, isDone: boolean): EngineEvent {
  return {
    type: 'vertex.updated',
    digest: `v${line}`,
    name: `v${line}`,
    inputs: [],
    isCached: false,
    startedAtMs: isDone ? 1 : null,
    completedAtMs: isDone ? 2 : null,
    error: '',
  };
}

/** Two commands, the second of which fails or not, and a shell in one of them. */
export const TWO_COMMANDS = 'FROM scratch\nRUN one\nRUN two\n';
export const failure: EngineEvent = {
  type: 'build.failed',
  failure: { digest: 'v3', message: 'exit code: 1', hint: null, exitCode: 1, line: 3 },
};
export const success: EngineEvent = { type: 'build.succeeded', result: { imageId: null, tags: [], outputs: [] } };
export const rollback = (step: string) =>
  ({ type: 'step.rollback', step, moment: 'auto', exclusiveCaches: 'mount', size: { cols: 80, rows: 24 } }) as const;
