/** What Podman 4.3 has said to builds, as it was recorded, turned into events; and its errors. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../../src/core/dockerfile/index.js';
import type { EngineEvent } from '../../../../src/core/events.js';
import { PODMAN } from '../../../../src/engine/classic/podman/dialect.js';
import { describePodmanFailure } from '../../../../src/engine/classic/podman/failure.js';
import { createPodmanProgress } from '../../../../src/engine/classic/podman/progress.js';
import { createMessageReader } from '../../../../src/engine/shared/message-stream.js';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/podman');
const read = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8');

function play(dockerfile: string, stream: string) {
  const plan = parseDockerfile(dockerfile);
  const progress = createPodmanProgress(PODMAN.stepsFor({ plan, dockerfileText: '', buildArgs: [] }, null), (step) => `d${step}`);
  const reader = createMessageReader();
  const events: EngineEvent[] = [];
  for (const message of [...reader.push(Buffer.from(stream)), ...reader.end()]) events.push(...progress.take(message));
  const keyOf = (text: string): string => plan.instructions.find((one) => one.text.includes(text))?.key ?? '';
  const failedStep = progress.current;
  events.push(...progress.stop(progress.failure?.message ?? ''));
  const logOf = (text: string): string =>
    events.flatMap((event) => (event.type === 'log.appended' && event.digest === `d${keyOf(text)}` ? [event.text] : [])).join('');
  const ends = Object.fromEntries(
    events.flatMap((event) =>
      event.type === 'vertex.updated' && event.completedAtMs !== null
        ? [[event.digest.slice(1), event.error !== '' ? 'failed' : event.isCached ? 'cached' : 'done']]
        : [],
    ),
  );
  const bases = progress.takeBases();
  return { plan, progress, events, keyOf, logOf, ends, bases, failedStep };
}

describe('the answer of Podman to a build', () => {
  it('has the steps of each stage, their images and what their commands print', () => {
    const { progress, ends, logOf, keyOf, failedStep } = play(read('failing.Dockerfile'), read('failing.jsonl'));
    expect(Object.values(ends)).toEqual(['cached', 'cached', 'cached', 'cached', 'done', 'done', 'done', 'done', 'failed']);
    expect(logOf('out ✓')).toBe('err\nout ✓\nno newline--> dc661d49c94\n');
    expect(progress.images.get(keyOf('COPY busybox'))).toBe('e2e37cb815a2d047753c250e6973065f6f77887944ee51067dd88f1365a956ce');
    // Podman tells it of a stage that begins with another one.
    expect(progress.images.get(keyOf('FROM base'))).toBe('15a21fef1c8a585d6247b62826dad312003570957b206ea4453150a171140715');
    expect(progress.images.get(keyOf('ENV A'))).toBe('a5d674aeadc');
    expect(failedStep).toBe(keyOf('exit 3'));
    expect(progress.images.has(keyOf('exit 3'))).toBe(false);
  });

  it('is no other where commands print the like of it', () => {
    const { progress, logOf, keyOf } = play(read('failing.Dockerfile'), read('failing.jsonl'));
    expect(progress.images.get(keyOf('STEP 9/9'))).toBe('c00742e0834');
    expect(logOf('STEP 9/9')).toContain('--> 0123456789a\nSTEP 9/9: COPY x\n[2/2] STEP 6/6: RUN partial\n[2/2] COMMIT\n');
    const last = play(read('stages.Dockerfile'), read('stages.jsonl'));
    expect(last.progress.images.get(last.keyOf('abcdef01234'))).toBe('703f48bc4e6');
    expect(last.logOf('abcdef01234')).toBe('--> 0123456789a\nCOMMIT\n--> abcdef01234\n--> 703f48bc4e6\n');
  });

  it.each([
    ['an image', ['--> 0123456789a\n']],
    ['an image and a step that is not the next one', ['--> 0123456789a\n', 'STEP 4/4: RUN two\n']],
    ['an image and another instruction than the next one', ['--> 0123456789a\n', 'STEP 3/4: COPY a b\n']],
    ['the next step without an image', ['STEP 3/4: RUN one\n']],
    ['the end', ['COMMIT\n', '--> 0123456789a\n']],
  ])('does not end a command that prints %s', (_, printed) => {
    const lines = ['STEP 1/4: FROM scratch\n', 'STEP 2/4: RUN zero\n', ...printed];
    const { logOf, progress } = play(
      'FROM scratch\nRUN zero\nRUN one\nRUN two\n',
      [...lines, '--> aaaaaaaaaaa\n', 'STEP 3/4: RUN one\n', 'one\n'].map((stream) => JSON.stringify({ stream })).join('\n'),
    );
    expect(logOf('RUN zero')).toBe([...printed, '--> aaaaaaaaaaa\n'].join(''));
    expect(progress.images.get('2')).toBe('aaaaaaaaaaa');
    expect(logOf('RUN one')).toBe('one\n');
  });

  it.each([
    ['without a tag', []],
    ['with one, for which Podman commits', ['COMMIT docker.io/library/foo:latest\n']],
  ])('has an image of the last step also where that is cached, %s', (_, commit) => {
    const [copied, last] = ['f1b68790477f', '1df93a5b53b9'].map((start) => start.padEnd(64, '0'));
    const said = [
      'STEP 1/3: FROM scratch\n',
      'STEP 2/3: COPY a /a\n',
      `--> Using cache ${copied}\n`,
      `--> ${copied!.slice(0, 11)}\n`,
      'STEP 3/3: RUN echo a > /a\n',
      `--> Using cache ${last}\n`,
      ...commit,
      `--> ${last!.slice(0, 11)}\n`,
      ...(commit.length > 0 ? ['Successfully tagged docker.io/library/foo:latest\n'] : []),
      `${last}\n`,
      'Successfully built 1df93a5b53b9\n',
    ];
    const stream = said.map((text) => JSON.stringify({ stream: text })).join('\n');
    const { progress, ends, keyOf, logOf } = play('FROM scratch\nCOPY a /a\nRUN echo a > /a\n', stream);
    expect(Object.values(ends)).toEqual(['cached', 'cached', 'cached']);
    expect(progress.images.get(keyOf('COPY a'))).toBe(copied);
    expect(progress.images.get(keyOf('echo a'))).toBe(last);
    expect(logOf('echo a')).not.toContain('Successfully');
  });

  it('is cached where Podman says so', () => {
    const { ends } = play(read('failing.Dockerfile'), read('failing-cached.jsonl'));
    expect(Object.values(ends)).toEqual([...Array(8).fill('cached'), 'failed']);
  });

  it('leaves out the stages that nobody takes from, and tells those apart that go on after one another', () => {
    const { progress, ends, keyOf } = play(read('stages.Dockerfile'), read('stages.jsonl'));
    expect(ends[keyOf('echo never')]).toBeUndefined();
    expect(progress.images.get(keyOf('FROM base AS empty'))).toMatch(/^15a21fef1c8/);
    expect(progress.images.get(keyOf('COPY --from=empty'))).toBe('193df218cb0');
    expect(progress.imageId).toBe('sha256:703f48bc4e66f35b3d07340035083beec823de07344a2d5b1d2052aeefbb9272');
  });

  it('has what the base image brings along as a part of FROM', () => {
    const { progress, ends, logOf } = play(read('onbuild.Dockerfile'), read('onbuild.jsonl'));
    expect(progress.images.get('1')).toMatch(/^12313c13eaa/);
    expect(progress.images.get('2')).toBe('71f87cdac39');
    expect(logOf('echo a')).toBe('a\n--> 4ef8a6b229b\n');
    expect(ends).toEqual({ 1: 'cached', 2: 'done', 3: 'done' });
  });

  it('asks for the image of a base from elsewhere, whose id Podman does not tell', () => {
    const said = ['STEP 1/2: FROM docker.io/library/one:1\n', 'STEP 2/2: RUN true\n'].map((stream) => JSON.stringify({ stream }));
    const { bases } = play('FROM one:1\nRUN true\n', said.join('\n'));
    expect(bases).toEqual([{ key: '1', digest: 'd1', name: 'docker.io/library/one:1' }]);
    expect(play('FROM scratch\nRUN true\n', said.join('\n').replace('docker.io/library/one:1', 'scratch')).bases).toEqual([]);
  });
});

describe('an error of Podman', () => {
  const plan = parseDockerfile('FROM a\nCOPY nope /x\nCOPY --from=base /nope /x\nRUN --mount=type=cache,target=/c exit 3\n');
  const [, copy, copyFrom, run] = plan.instructions;
  it.each([
    [
      'building at STEP "RUN exit 3": while running runtime: exit status 3\n',
      run,
      { exitCode: 3, line: 4 },
      /^process "\/bin\/sh -c exit 3" did not .* exit code: 3$/,
    ],
    [
      'building at STEP "COPY nope /x": checking on sources under "/var/tmp/libpod_builder2033280206/build": copier: stat: "/nope": no such file or directory\n',
      copy,
      { exitCode: null, line: 2 },
      /^"\/nope" is not in the build context$/,
    ],
    [
      'building at STEP "COPY --from=base /nope /x": checking on sources under "/tmp/root/overlay/f5e47/merged": copier: stat: "/nope": no such file or directory\n',
      copyFrom,
      { line: 3 },
      /^"\/nope" is not in stage base$/,
    ],
    [
      'building at STEP "RUNN ": Build error: Unknown instruction: "RUNN" &imagebuilder.Step{Env:[]string{}}\n',
      run,
      { line: 4 },
      /^unknown instruction: RUNN$/,
    ],
    ['building: no stages to build\n', null, { digest: null, line: null, hint: expect.stringContaining('FROM') }, /no stages/],
    [
      'creating build container: initializing source docker://127.0.0.1:9/none/such:1: dial tcp 127.0.0.1:9: connect: connection refused\n',
      plan.instructions[0],
      { line: 1, hint: expect.stringContaining('registry') },
      /^creating build container/,
    ],
    [
      'building at STEP "COPY a b /f/": open /var/lib/containers/storage/overlay/ab12/merged/f/a: not a directory\n',
      copy,
      { line: 2 },
      /^open (?!.*overlay).*not a directory$/,
    ],
  ] as const)('%s', (message, step, fields, words) => {
    const failure = describePodmanFailure(message, null, step ?? null, step ? 'd' : null);
    expect(failure).toMatchObject({ ...fields, message: expect.stringMatching(words) });
  });
});
