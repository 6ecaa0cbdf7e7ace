/** Whose fault a failed run was, where the engine says little of it. */
import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../../src/core/dockerfile/index.js';
import { interpretFailure } from '../../../../src/engine/buildkit/outcome.js';
import type { BuildRequest } from '../../../../src/engine/engine.js';
import { exec, graphOf, source } from './graph-fixture.js';

const text = 'FROM base\nRUN one\nRUN two\n';
const request = {
  dockerfile: { dir: '/', name: 'Dockerfile', text, plan: parseDockerfile(text) },
} as unknown as BuildRequest;
const graph = graphOf([source('docker-image://base'), exec(['/bin/sh', '-c', 'one'], 0), exec(['/bin/sh', '-c', 'two'], 1)], {
  dockerfile: text,
  lines: { 1: 2, 2: 3 },
});

const failureOf = (message: string) =>
  interpretFailure(new ConnectError(message, Code.Unknown), {
    request,
    graphs: [graph],
    vertices: new Map(),
    home: (digest) => digest,
    transferError: null,
    credentials: [],
    isForeign: () => false,
    ownPlatform: 'linux/amd64',
  }).failure;

describe('a failure of which no vertex was told', () => {
  it('is that of the program that the error names', () => {
    const failure = failureOf('executor failed running [/bin/sh -c two]: exit code: 3');
    expect(failure).toMatchObject({ digest: graph.digests[2], line: 3, exitCode: 3 });
    expect(failure.op?.op.case).toBe('exec');
  });

  it("is nobody's where it names none of the build", () => {
    expect(failureOf('executor failed running [/bin/sh -c three]: exit code: 3').digest).toBeNull();
    expect(failureOf('no space left on device').digest).toBeNull();
  });
});
