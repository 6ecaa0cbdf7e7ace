/** Plain progress says what that of `docker buildx` says: the same vertices with the same lines, the same words at the end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { endRuns, runBxtui } from '../helpers/run.js';
import { findBuildx } from '../parity/buildx.js';
import { plainShape } from '../parity/plain-shape.js';

const buildx = findBuildx();
const orWhy = typeof buildx === 'string' ? ` (skipped: ${buildx})` : '';

type Build = readonly [name: string, dockerfile: string, args?: readonly string[]];

const BUILDS: readonly Build[] = [
  ['commands that print', `${BASE}RUN echo "to stdout"; echo "to stderr" >&2\nRUN printf 'no line end'\n`],
  [
    'stages',
    `${BASE}RUN echo one-$RUN_ID > /one\nFROM base AS two\nRUN echo two\nFROM scratch\nCOPY --from=base /one /\nCOPY --from=two /bin/busybox /b\n`,
  ],
  ['everything from the cache', BASE.replace(/ENV .*\n/, '')],
  ['configuration only', 'FROM scratch\nENV RUN_ID=@RUN_ID@\n'],
  ['a name', `${BASE}RUN true\n`, ['-t', 'bxtui-plain-shape:x']],
  ['files as the result', `${BASE}RUN echo x > /x\n`, ['-o', 'type=local,dest=out']],
  ['an archive as the result', `${BASE}RUN echo x > /x\n`, ['-o', 'type=tar,dest=out.tar']],
  ['one warning', 'FROM scratch\nCOPY Dockerfile /\nCMD run @RUN_ID@\n'],
  ['warnings', 'FROM scratch as x\nCOPY Dockerfile /\nLABEL a @RUN_ID@\nCMD run it\n'],
  ['a heredoc', `${BASE}RUN <<EOF\necho one\necho two\nEOF\n`],
  ['a progress bar', `${BASE}RUN printf '10%%\\r50%%\\r100%%\\n'\n`],
  ['a command that fails', `${BASE}RUN echo "the reason"; \\\n    exit 3\nRUN never\n`],
  ['a program that is not there', 'FROM scratch\nENV RUN_ID=@RUN_ID@\nRUN ["/none"]\n'],
  [
    'several platforms',
    `${BASE}ARG TARGETARCH\nRUN echo on $TARGETARCH > /arch\nFROM base\nCOPY --from=base /arch /arch\n`,
    ['--platform', 'linux/amd64,linux/386', '-o', 'type=local,dest=out'],
  ],
  [
    'a command that fails on one of several platforms',
    `${BASE}ARG TARGETARCH\nRUN [ $TARGETARCH = 386 ] && sleep 300; exit 4\n`,
    ['--platform', 'linux/amd64,linux/386', '-o', 'type=local,dest=out'],
  ],
  ['what is no instruction', 'FROM scratch\nCOPPY a /\n'],
];

afterAll(() => {
  endRuns();
  removeProjects();
});

// What is cached for the one program and was not for the other would differ.
beforeAll(async () => {
  if (typeof buildx === 'string') return;
  const platforms = buildx.takesLayouts ? ['--platform', 'linux/amd64,linux/386'] : [];
  await runBxtui(['build', '--progress=plain', ...platforms, '.'], { cwd: createProject(BASE).dir });
}, 60_000);

/** What serves several platforms has the name of the one that came to it first. */
const shapeOf = (text: string): ReturnType<typeof plainShape> => plainShape(text.replace(/\[linux\/(?:amd64|386) /g, '['));

describe.skipIf(typeof buildx === 'string')(`plain progress beside that of docker buildx${orWhy}`, () => {
  const skipsPlatforms = (args: readonly string[]): boolean =>
    args.includes('--platform') && typeof buildx !== 'string' && !buildx.takesLayouts;
  const WHY = 'docker buildx builds for one platform only where images are not kept in containerd';

  it.for(BUILDS)('of %s', async ([, dockerfile, args = []], { skip }) => {
    if (typeof buildx === 'string') return;
    skip(skipsPlatforms(args), WHY);
    const build = ['build', '--progress=plain', ...args, '.'];
    const [ours, theirs] = [createProject(dockerfile), createProject(dockerfile)];
    const other = await buildx.docker(['buildx', ...build], { cwd: theirs.dir });
    const run = await runBxtui(build, { cwd: ours.dir });
    expect(run.status, run.output).toBe(other.status);
    const [shape, expected] = [shapeOf(run.stderr), shapeOf(other.stderr)];
    expect(shape.vertices).toEqual(expected.vertices);
    // What to do next is said here only, and buildx has its warnings in no order.
    const lines = (end: readonly string[]): string[] => [...end].sort();
    expect(lines(shape.end.filter((line) => expected.end.includes(line)))).toEqual(lines(expected.end));
  });

  it('of a build that may be looked into, for several platforms', async ({ skip }) => {
    if (typeof buildx === 'string') return;
    const [, dockerfile, args = []] = BUILDS.find(([name]) => name === 'several platforms')!;
    skip(skipsPlatforms(args), WHY);
    const [ours, theirs] = [createProject(dockerfile), createProject(dockerfile)];
    const other = await buildx.docker(['buildx', 'build', '--progress=plain', ...args, '.'], { cwd: theirs.dir });
    const run = await runBxtui(['build', '--progress=plain', '--on=error', ...args, '.'], { cwd: ours.dir });
    expect(run.status, run.output).toBe(0);
    expect(shapeOf(run.stderr).vertices).toEqual(shapeOf(other.stderr).vertices);
  });
});
