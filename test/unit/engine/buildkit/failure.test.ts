/** The engine's errors read, cleaned and explained. The texts are those of real engines. */
import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { explainFailure } from '../../../../src/engine/buildkit/failure-hints.js';
import { isVictim, shortenHostPaths, stripWrappers } from '../../../../src/engine/buildkit/failure-text.js';
import { readSolveFailure } from '../../../../src/engine/buildkit/solve-error.js';
import type { CredentialsLookUp } from '../../../../src/engine/shared/registry-refusal.js';

function detail(type: string, json: unknown) {
  return { type, value: new TextEncoder().encode(JSON.stringify(json)) };
}

/** As the transport hands it over: details come from the trailer, which only a decoded error can carry. */
function engineError(message: string, details: ReturnType<typeof detail>[] = []): ConnectError {
  const error = new ConnectError(message, Code.Unknown);
  error.details = details;
  return error;
}

const read = (error: unknown) => readSolveFailure(error, 'Dockerfile');
const explain = (
  message: string,
  options: { text?: string; stages?: string[]; searchedIn?: string; credentials?: CredentialsLookUp[]; policy?: string } = {},
) =>
  explainFailure(read(engineError(message)), {
    dockerfileText: options.text ?? '',
    stageNames: options.stages ?? [],
    searchedIn: options.searchedIn ?? null,
    credentials: options.credentials ?? [],
    sourcePolicy: options.policy ?? null,
    hintForMissing: () => null,
  });

describe('details of a failed solve', () => {
  const exec = {
    exec: { meta: { args: ['/bin/sh', '-c', 'exit 3'] }, mounts: [{ dest: '/' }, { cacheOpt: { sharing: 'LOCKED' } }] },
  };

  it('name the operation, its results, its line and its exit code; the solve with an op counts', () => {
    const failure = read(
      engineError('process "/bin/sh -c exit 3" did not complete successfully: exit code: 3', [
        detail('errdefs.Solve+json', { inputIDs: ['outer'] }),
        detail('errdefs.Solve+json', { inputIDs: ['i'], mountIDs: ['m', ''], op: exec, newField: 1 }),
        detail('github.com/moby/buildkit/errdefs.Vertex+json', { digest: 'sha256:d' }),
        detail('errdefs.Source+json', { info: { filename: 'Dockerfile' }, ranges: [{ start: { line: 7 }, end: { line: 9 } }] }),
        detail('gatewayapi.ExitMessage+json', { Code: 3 }),
      ]),
    );
    expect(failure).toMatchObject({
      digest: 'sha256:d',
      inputIds: ['i'],
      mountIds: ['m', ''],
      kind: 'exec',
      line: 7,
      exitCode: 3,
    });
    expect(failure.op?.op.case).toBe('exec');
  });

  it('tell a file operation from the look-up of its files', () => {
    const file = { file: { actions: [{ input: '0', secondaryInput: '1' }] } };
    expect(read(engineError('x', [detail('errdefs.Solve+json', { op: file, file: { index: '1' } })]))).toMatchObject({
      kind: 'file',
      subjectIndex: 1,
    });
    expect(read(engineError('x', [detail('errdefs.Solve+json', { op: file, cache: { index: '1' } })]))).toMatchObject({
      kind: 'cache',
      subjectIndex: 1,
    });
  });

  it('of a shape that is not known do not hide the error', () => {
    const failure = read(
      engineError('broken', [detail('errdefs.Solve+json', { op: { exec: 'no' } }), { type: 'x', value: new Uint8Array() }]),
    );
    expect(failure).toMatchObject({ message: 'broken', digest: null, kind: 'other' });
  });

  it('are read from the words where there are none', () => {
    expect(read(engineError('executor failed running [/bin/sh -c exit 3]: exit code: 3'))).toMatchObject({
      kind: 'exec',
      exitCode: 3,
    });
    expect(read(engineError('did not complete successfully: exit code: 4294967295')).exitCode).toBeNull();
    expect(
      read(
        engineError(
          'failed to solve with frontend dockerfile.v0: failed to create LLB definition: dockerfile parse error line 3: unknown instruction: RUNN',
        ),
      ),
    ).toMatchObject({ line: 3, message: 'dockerfile parse error line 3: unknown instruction: RUNN' });
  });
});

describe('words', () => {
  it('lose their wrappers', () => {
    expect(stripWrappers('failed to solve: failed to load LLB: network.host is not allowed')).toBe('network.host is not allowed');
    expect(stripWrappers('failed to solve: ')).toBe('failed to solve:');
  });

  it('lose the paths of the host', () => {
    const id = 'k3l4m5n6o7p8q9r0s1t2u3v4w';
    expect(shortenHostPaths(`cannot copy to non-directory: /var/lib/docker/overlay2/${id}/merged/before`)).toBe(
      'cannot copy to non-directory: /before',
    );
    expect(shortenHostPaths(`mkdir /var/lib/docker/overlay2/${id}/merged: file exists`)).toBe('mkdir /: file exists');
    expect(shortenHostPaths('lstat /var/lib/buildkit/cachemounts/buildkit123456789/x: gone')).toBe('lstat /x: gone');
    expect(shortenHostPaths('lstat /var/lib/docker/tmp/buildkit-mount3056/a/b: no such file')).toBe('lstat /a/b: no such file');
    expect(shortenHostPaths('/app/overlay2/readme and /usr/lib/buildkit/x stay')).toBe(
      '/app/overlay2/readme and /usr/lib/buildkit/x stay',
    );
  });

  it('tell victims by their end', () => {
    expect(isVictim('process "x" did not complete successfully: exit code: 137: context canceled: context canceled')).toBe(true);
    expect(isVictim('process "echo context canceled; false" did not complete successfully: exit code: 1')).toBe(false);
  });
});

describe('what to do', () => {
  it('an unknown target: the stages, the most alike first', () => {
    const explained = explain('target stage "biuld" could not be found', { stages: ['assets', 'test', 'build'] });
    expect(explained.message).toBe('the Dockerfile has no stage named "biuld"');
    expect(explained.hint).toMatch(/: build, /);
    expect(explain('target stage "x" could not be found').hint).toMatch(/No stage of this Dockerfile has a name/);
  });

  it('a parse error: the line', () => {
    const explained = explain('dockerfile parse error on line 2: unknown instruction: RUNN', { text: 'FROM a\nRUNN b\n' });
    expect(explained).toMatchObject({ line: 2, hint: 'Correct line 2 and build again: RUNN b' });
  });

  it('a file that COPY does not find: where it looked', () => {
    const message = 'failed to compute cache key: failed to calculate checksum of ref moby::x: "/missing.txt": not found';
    expect(explain(message, { searchedIn: 'the build context' })).toMatchObject({
      message: '"/missing.txt" is not in the build context',
      hint: expect.stringContaining('.dockerignore'),
    });
    expect(explain(message, { searchedIn: 'stage build' }).message).toBe('"/missing.txt" is not in stage build');
    const old = 'failed to compute cache key: "/missing.txt" not found: not found';
    expect(explain(old, { searchedIn: 'the build context' }).message).toBe('"/missing.txt" is not in the build context');
  });

  it('a frontend image that cannot be pulled: the line, and how to do without', () => {
    const explained = explain(
      'failed to resolve source metadata for docker.io/docker/dockerfile:1: failed to do request: Head "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
      { text: '# escape=\\\n# syntax=docker/dockerfile:1\nFROM scratch\n' },
    );
    expect(explained.line).toBe(2);
    expect(explained.message).toContain('docker/dockerfile:1');
    expect(explained.hint).toContain('Remove the syntax line');
  });

  it('a base image: the line, and whether it is the network, the name or the right', () => {
    const text = 'FROM golang:1\nFROM registry.test/team/app:3\n';
    const network = explain(
      'failed to resolve source metadata for registry.test/team/app:3: failed to do request: dial tcp: lookup registry.test: no such host',
      { text },
    );
    expect(network).toMatchObject({ line: 2, hint: expect.stringContaining('network') });
    const denied = explain(
      'pull access denied, repository does not exist or may require authorization: registry.test/team/app:3',
      { text },
    );
    expect(denied.hint).toContain('docker login');
    expect(explain('failed to resolve source metadata for golang:1: golang:1: not found', { text }).hint).toContain('tag');
  });

  it('a failing command has no hint of ours', () => {
    expect(explain('process "/bin/sh -c cat x: not found" did not complete successfully: exit code: 1').hint).toBeNull();
  });
});

describe('what to do, beyond the words of the engine', () => {
  it.each([
    ['unset ssh forward key default', /ssh agent "default"/, /--ssh default \(SSH_AUTH_SOCK/],
    ['no SSH key "" forwarded from the client', /ssh agent "default"/, /--ssh default \(SSH_AUTH_SOCK/],
    ['unset ssh forward key deploy', /ssh agent "deploy"/, /--ssh deploy=\/path/],
    ['dockerfile contains no stages to build', /no stages/, /FROM scratch/],
    [
      'failed to load cache key: Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused',
      /Get "http/,
      /engine downloads it itself/,
    ],
    ['failed to load cache key: invalid response status 404', /404/, /answered 404: check the URL/],
    [
      'failed to configure s3 cache exporter: region ($AWS_REGION) not set for s3 cache',
      /AWS_REGION/,
      /add region=… to the cache's options/,
    ],
    [
      'error writing layer blob: operation error S3: PutObject, https response error StatusCode: 404, RequestID: , HostID: , api error NoSuchBucket: The specified bucket does not exist',
      /NoSuchBucket/,
      /Create the bucket/,
    ],
    [
      'failed to check file presence in cache: operation error S3: HeadObject, exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , HostID: , request send failed, Head "http://127.0.0.1:1/cache/blobs/sha256%3A49ab": dial tcp 127.0.0.1:1: connect: connection refused',
      /connection refused/,
      /cannot reach it: check endpoint_url .* ignore-error=true/,
    ],
    [
      'failed to configure azblob cache exporter: failed to create container client: failed to get properties of cache container cache: GET http://127.0.0.1:10000/acc/cache RESPONSE 403: 403 ERROR CODE: AuthorizationFailure',
      /403/,
      /account_name and secret_access_key/,
    ],
    ['failed to configure gha cache exporter: token is malformed', /malformed/, /ACTIONS_RUNTIME_TOKEN/],
    ['dockerfile parse error line 4: Unknown flag: link', /Unknown flag/, /too old for --link/],
    ["unexpected key 'env' in 'env=ENVS'", /unexpected key/, /does not know env there/],
  ])('about: %s', (message, said, hint) => {
    const explained = explain(message);
    expect(explained.message).toMatch(said);
    expect(explained.hint).toMatch(hint);
  });

  it.each([
    ['line 3: unknown instruction: SET', /too old for here-documents/],
    ['line 4: unknown instruction: EOF', /too old for here-documents/],
    ['on line 5: unknown instruction: USR', 'Correct line 5 and build again: USR node'],
    ['on line 5: unknown instruction: USR (did you mean USER?)', 'Correct line 5 and build again: USR node'],
    ['on line 3: unknown instruction: SET (did you mean ADD?)', 'Correct line 3 and build again: set -e'],
  ])('names here-documents only where a line of one was not understood: %s', (at, hint) => {
    const text = 'FROM a\nRUN <<EOF\nset -e\nEOF\nUSR node\n';
    expect(explain(`dockerfile parse error ${at}`, { text }).hint).toMatch(hint);
  });

  it('names no line that the Dockerfile has not', () => {
    expect(explain('dockerfile parse error line 5: unknown instruction: SET', { text: 'FROM a\nSET x\n' }).hint).toBe(
      'Correct the Dockerfile and build again.',
    );
  });

  it.each([
    ['http://x/one', 2],
    ['docker-image://docker.io/library/alpine:3', 1],
    ['git://x/app.git', null],
  ])('of a source that the policy denies names the policy and the line: %s', (source, line) => {
    const message = `error evaluating the source policy: source "${source}" denied by policy: source denied by policy`;
    const explained = explain(message, { text: 'FROM library/alpine:3\nADD http://x/one /\n', policy: '/p.json' });
    expect(explained).toMatchObject({ message, line, hint: expect.stringContaining('rules in /p.json') });
  });

  it.each([
    ['failed to load cache key: subdir not supported yet', '-f DIR/Dockerfile'],
    ['failed to load cache key: repository does not contain ref master, output: ""', 'URL#main'],
    ['unsupported frontend capability moby.buildkit.frontend.gitquerystring', 'URL#REF:DIR'],
    [
      'failed to read dockerfile: failed to load cache key: failed to fetch remote https://ssh://git@h/x.git: exit status 128',
      'git@HOST:PATH#REF',
    ],
    ['failed to read dockerfile: rpc error: code = NotFound desc = no access allowed to dir "dockerfile"', 'git@HOST:PATH#REF'],
  ])('of a repository lead to what this engine takes: %s', (message, hint) => {
    expect(explain(message).hint).toContain(hint);
  });
});
