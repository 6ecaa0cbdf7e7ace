/** What the classic builder does not know is refused with the reason; the words of its own errors; whom it needs credentials of. */
import { describe, expect, it } from 'vitest';
import { chooseBuilder } from '../../../../src/cli/build/builder-kind.js';
import { parseDockerfile } from '../../../../src/core/dockerfile/index.js';
import { DOCKERD } from '../../../../src/engine/classic/dialect.js';
import { describeFailure } from '../../../../src/engine/classic/failure.js';
import { refuseOtherPlatform, refuseUnknown, requireTarget } from '../../../../src/engine/classic/refuse.js';
import type { BuildRequest } from '../../../../src/engine/engine.js';
import { registryOf } from '../../../../src/engine/shared/registry-name.js';

const TEXT = 'FROM scratch AS one\nCOPY a /a\nFROM one\nCOPY --from=one /b /b\n';
const plan = parseDockerfile(TEXT);
const request = (overrides: Partial<BuildRequest>): BuildRequest => ({
  contextDir: '/c',
  dockerfile: { dir: '/c', name: 'Dockerfile', text: TEXT, plan },
  ...{ target: null, buildArgs: [], tags: [], noCache: false, platform: null, secrets: [], ssh: [], outputs: [] },
  ...overrides,
});

const refuse = (asked: BuildRequest): void => {
  refuseUnknown(asked, DOCKERD);
  refuseOtherPlatform(asked, 'linux/amd64', DOCKERD);
};

describe('a request to the classic builder', () => {
  it.each([
    [{ secrets: [{ id: 'a', from: { kind: 'env', name: 'A' } }] }, '--secret'],
    [{ ssh: [{ id: 'default', socket: '/s' }] }, '--ssh'],
    [{ platform: 'linux/arm64' }, '--platform linux/arm64'],
    [{ outputs: [{ kind: 'local', dest: '/out' }] }, '--output'],
    [{ outputs: [{ kind: 'image', attrs: { push: 'true' } }] }, '--push'],
    [{ attestations: [{ type: 'sbom', spec: 'type=sbom' }] }, '--attest type=sbom'],
    [{ annotations: { 'annotation.a': 'b' } }, '--annotation'],
  ] as ReadonlyArray<[Partial<BuildRequest>, string]>)('is refused: %j', (overrides, flag) => {
    const refused = (): void => refuse(request(overrides));
    expect(refused).toThrow(expect.objectContaining({ code: 'unsupported', message: expect.stringContaining(flag) }));
  });

  it.each([{ platform: 'linux/amd64' }, { platform: 'linux/amd64/v2' }, { outputs: [{ kind: 'store' }] }, {}] as const)(
    'is taken: %j',
    (overrides) => expect(() => refuse(request(overrides))).not.toThrow(),
  );

  it('needs a target that is there, in any case', () => {
    expect(() => requireTarget(request({ target: 'ONE' }))).not.toThrow();
    expect(() => requireTarget(request({ target: 'two' }))).toThrow(expect.objectContaining({ hint: 'It has: one.' }));
  });
});

describe('an error of the classic builder', () => {
  const step = (text: string) => plan.instructions.find((one) => one.text.startsWith(text)) ?? null;
  it.each([
    [
      "The command '/bin/sh -c exit 3' returned a non-zero code: 3",
      'COPY a',
      { exitCode: 3, message: 'process "/bin/sh -c exit 3" did not complete successfully: exit code: 3' },
    ],
    [
      'COPY failed: file not found in build context or excluded by .dockerignore: stat a: file does not exist',
      'COPY a',
      { message: '"/a" is not in the build context', line: 2 },
    ],
    ['COPY failed: stat b: file does not exist', 'COPY --from', { message: '"/b" is not in stage one', line: 4 }],
    ['dockerfile parse error line 7: unknown instruction: RUNN', '', { line: 7, digest: null }],
    ['the --mount option requires BuildKit.', 'COPY a', { hint: expect.stringContaining('--engine=buildkit') }],
    ['Get "https://r/v2/": dial tcp: connection refused', 'COPY a', { hint: expect.stringContaining('registry') }],
  ])('%s', (message, at, expected) => {
    expect(describeFailure(message, null, at === '' ? null : step(at), 'd')).toMatchObject(expected);
  });
});

describe('the registry of an image', () => {
  it.each([
    ['busybox', 'docker.io'],
    ['user/image:1', 'docker.io'],
    ['docker.io/library/busybox', 'docker.io'],
    ['ghcr.io/a/b', 'ghcr.io'],
    ['localhost/a', 'localhost'],
    ['host:5000/a', 'host:5000'],
  ])('%s: %s', (image, host) => expect(registryOf(image)).toBe(host));
});

describe('the builder that is meant', () => {
  it.each([
    [null, {}, 'either'],
    [null, { DOCKER_BUILDKIT: '' }, 'either'],
    [null, { DOCKER_BUILDKIT: '1' }, 'buildkit'],
    [null, { DOCKER_BUILDKIT: '0' }, 'classic'],
    [null, { DOCKER_BUILDKIT: 'False' }, 'classic'],
    ['buildkit', { DOCKER_BUILDKIT: '0' }, 'buildkit'],
    ['classic', {}, 'classic'],
  ])('--engine=%s and %j: %s', (flag, env, kind) => expect(chooseBuilder(flag, env)).toBe(kind));

  it('is not guessed', () =>
    expect(() => chooseBuilder(null, { DOCKER_BUILDKIT: 'maybe' })).toThrow(/DOCKER_BUILDKIT is "maybe"/));
});
