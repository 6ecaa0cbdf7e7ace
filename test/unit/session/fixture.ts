/** A build for the fake engine: its request, and what an engine says of it. */
import { parseDockerfile } from '../../../src/core/dockerfile/index.js';
import type { EngineEvent } from '../../../src/core/events.js';
import type { BuildRequest } from '../../../src/engine/engine.js';

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
