/** Plain progress says what that of `docker buildx` says: the same vertices with the same lines, the same words at the end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { endRuns, runBxtui } from '../helpers/run.js';
import { findBuildx } from '../parity/buildx.js';
import { plainShape } from '../parity/plain-shape.js';

const buildx = findBuildx();
const orWhy = typeof buildx === 'string' ? ` (skipped: ${buildx})` : '';

const BUILDS: ReadonlyArray<readonly [name: string, dockerfile: string, args?: readonly string[]]> = [
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
  ['what is no instruction', 'FROM scratch\nCOPPY a /\n'],
];

afterAll(() => {
  endRuns();
  removeProjects();
});

// What is cached for the one program and was not for the other would differ.
beforeAll(async () => {
  if (typeof buildx !== 'string') await runBxtui(['build', '--progress=plain', '.'], { cwd: createProject(BASE).dir });
}, 60_000);

describe.skipIf(typeof buildx === 'string')(`plain progress beside that of docker buildx${orWhy}`, () => {
  it.for(BUILDS)('of %s', async ([, dockerfile, args = []]) => {
    if (typeof buildx === 'string') return;
    const build = ['build', '--progress=plain', ...args, '.'];
    const [ours, theirs] = [createProject(dockerfile), createProject(dockerfile)];
    const other = await buildx.docker(['buildx', ...build], { cwd: theirs.dir });
    const run = await runBxtui(build, { cwd: ours.dir });
    expect(run.status, run.output).toBe(other.status);
    const [shape, expected] = [plainShape(run.stderr), plainShape(other.stderr)];
    expect(shape.vertices).toEqual(expected.vertices);
    // What to do next is said here only, and buildx has its warnings in no order.
    const lines = (end: readonly string[]): string[] => [...end].sort();
    expect(lines(shape.end.filter((line) => expected.end.includes(line)))).toEqual(lines(expected.end));
  });
});
