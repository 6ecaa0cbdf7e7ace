/** Repositories whose URL has a query, as the graph that a frontend is given. */
import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { takeGitInputs } from '../../../../src/engine/buildkit/git-inputs.js';
import { type Definition, OpSchema } from '../../../../src/engine/buildkit/proto/gen/pb_pb.js';
import type { BuildRequest } from '../../../../src/engine/engine.js';

const dockerfile = { origin: 'context' } as BuildRequest['dockerfile'];
const take = (options: Record<string, string>, more: Partial<BuildRequest> = {}) =>
  takeGitInputs({ dockerfile, sendsGitQueries: true, ...more }, options, () => undefined);
const sourceOf = (definition: Definition | undefined) => fromBinary(OpSchema, definition?.def[0] ?? new Uint8Array()).op.value;

const URL = 'https://u:p@example.com:8443/a/app.git';

describe('a repository whose URL has a query', () => {
  it('takes the place of the context and of its Dockerfile', async () => {
    const options: Record<string, string> = { context: `${URL}?branch=main&subdir=web`, filename: 'Dockerfile' };
    const inputs = await take(options);
    expect(options).toEqual({ filename: 'Dockerfile', 'input:context': `${URL}?branch=main&subdir=web` });
    expect(Object.keys(inputs)).toEqual(['context', 'dockerfile']);
    expect(sourceOf(inputs.context)).toMatchObject({
      identifier: 'git://example.com:8443/a/app.git#refs/heads/main:web',
      attrs: { 'git.fullurl': URL, 'git.authtokensecret': 'GIT_AUTH_TOKEN', 'git.authheadersecret': 'GIT_AUTH_HEADER' },
    });
    const here = { ...dockerfile, origin: 'stdin' } as const;
    expect(Object.keys(await take({ context: `${URL}?tag=v1` }, { dockerfile: here }))).toEqual(['context']);
  });

  it('takes the place of a named context', async () => {
    const options: Record<string, string> = { 'context:more': `${URL}?commit=abc&submodules=false&keep-git-dir#main` };
    const inputs = await take(options);
    expect(options).toEqual({
      'context:more': 'input:git_state_context:more',
      'input:context:more': `${URL}?commit=abc&submodules=false&keep-git-dir#main`,
    });
    expect(sourceOf(inputs['git_state_context:more'])).toMatchObject({
      identifier: 'git://example.com:8443/a/app.git#main',
      attrs: { 'git.checksum': 'abc', 'git.skipsubmodules': 'true', 'git.keepgitdir': 'true' },
    });
  });

  it.each([
    ['git://h/p.git?tag=refs/tags/v1', 'git://h/p.git#refs/tags/v1'],
    ['https://h/p%20q.git?ref=a', 'git://h/p q.git#a'],
    ['https://h/p.git?submodules', 'git://h/p.git'],
    ['https://h/p.git?subdir=d#:d', 'git://h/p.git#:d'],
  ])('is named by host, path, ref and directory: %s', async (url, identifier) => {
    expect(sourceOf((await take({ context: url })).context)).toMatchObject({ identifier });
  });

  it('keeps its .git where an argument says so', async () => {
    const argument = { 'build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR': '1' };
    const inputs = await take({ ...argument, context: `${URL}?ref=a`, 'context:more': `${URL}?ref=a` });
    expect(sourceOf(inputs.context)).toMatchObject({ attrs: { 'git.keepgitdir': 'true' } });
    expect(sourceOf(inputs['git_state_context:more'])).not.toMatchObject({ attrs: { 'git.keepgitdir': 'true' } });
  });

  it('is left to the frontend where that is wanted, as is every other context', async () => {
    const options = { context: `${URL}?ref=a`, 'context:more': 'docker-image://a?b' };
    expect(await take({ ...options }, { sendsGitQueries: false })).toEqual({});
    for (const context of [URL, `${URL}#a?b`, 'https://h/archive.tgz?x=1']) expect(await take({ context })).toEqual({});
  });

  it.each([
    ['?what=1', 'unexpected query "what"'],
    ['?ref=a&ref=a', 'query "ref" has multiple values'],
    ['?branch=', 'query "branch" has no value'],
    ['?submodules=maybe', 'invalid submodules value: "maybe"'],
    ['?branch=a&tag=a', 'branch conflicts with tag'],
    ['?branch=a#b', 'ref conflicts: "b" vs "refs/heads/a"'],
    ['?subdir=a#:b', 'subdir conflicts: "b" vs "a"'],
  ])('is refused for %s', async (query, message) => {
    await expect(take({ context: `${URL}${query}` })).rejects.toThrow(message);
  });
});
