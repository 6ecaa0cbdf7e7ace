/**
 * Images with an index (of several platforms, with what is attested of them), each by `docker buildx`, by a build of bxtui that nobody looks into, and
 * by one that stays open for somebody who may: all three are the same. Skipped where the engine keeps no such images.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Emulation, startEmulation, whyNoEmulation } from '../helpers/emulation.js';
import { createProject, type Project, removeProjects } from '../helpers/project.js';
import { findRegistry, type Registry, startRegistry } from '../helpers/registry.js';
import { endRuns, type RunResult, runBxtui } from '../helpers/run.js';
import { type Buildx, findBuildx } from '../parity/buildx.js';
import { describeImageArchive, describePushed } from '../parity/image-archive.js';

const found = findBuildx();
const why = typeof found === 'string' ? found : found.takesLayouts ? null : 'the engine keeps no images with an index';
const buildx = found as Buildx;
const noRegistry = why === null ? findRegistry() : { lacks: why };
const noEmulation = why === null ? whyNoEmulation() : why;

const BUSYBOX = `FROM scratch AS base
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
ARG RUN_ID
`;
const DOCKERFILE = `${BUSYBOX}ARG TARGETARCH
RUN echo for $TARGETARCH; cat /proc/sys/kernel/random/uuid > /uuid
FROM base AS other
RUN echo $RUN_ID > /other
FROM base
COPY --from=other /other /
`;
/** As the engine wants one (BuildKit, docs/attestations/sbom-protocol.md). */
const SCANNER = `${BUSYBOX}COPY --chmod=755 scan.sh /
ENTRYPOINT ["/scan.sh"]
`;
const SCAN = `#!/bin/sh
for source in "$BUILDKIT_SCAN_SOURCE" "$BUILDKIT_SCAN_SOURCE_EXTRAS"/*; do
  [ -e "$source" ] || continue
  name=$(basename "$source")
  echo "{\\"_type\\":\\"https://in-toto.io/Statement/v0.1\\",\\"predicateType\\":\\"https://spdx.dev/Document\\",\\"predicate\\":{\\"name\\":\\"$name\\"}}" > "$BUILDKIT_SCAN_DESTINATION/$name.spdx.json"
done
`;
const SCANNER_NAME = `bxtui-parity/scanner:${randomUUID()}`;

const TWO = ['--platform', 'linux/amd64,linux/386'] as const;
const MAX = ['--attest', 'type=provenance,mode=max'];
const SBOM = [`--sbom=generator=${SCANNER_NAME}`];

const CASES: ReadonlyArray<readonly [name: string, args: readonly string[]]> = [
  ['two platforms', TWO],
  ['two platforms, with all that is known of how they were made', [...TWO, ...MAX]],
  ['two platforms, with nothing attested', [...TWO, '--provenance=false']],
  ['two platforms, with what is in them', [...TWO, ...SBOM]],
  ['one platform, with what is in it', SBOM],
  ['what is in every stage', [...TWO, ...SBOM, '--build-arg', 'BUILDKIT_SBOM_SCAN_STAGE=true']],
  ['what is in the context as well', [...SBOM, ...MAX, '--build-arg', 'BUILDKIT_SBOM_SCAN_CONTEXT=true']],
  [
    'annotations of each level',
    [
      ...TWO,
      ...['index:a=1', 'index-descriptor:b=2', 'manifest[linux/386]:c=3', 'manifest-descriptor:d=4', 'e=5'].flatMap((one) => [
        '--annotation',
        one,
      ]),
    ],
  ],
];

interface Made {
  readonly program: string;
  readonly run: RunResult;
  readonly runId: string;
}

/** Each for itself, so that nothing is cached of another. */
async function build(project: Project, args: (program: string) => readonly string[]): Promise<readonly Made[]> {
  const programs = ['buildx', 'unattended', 'attended'].map(async (program): Promise<Made> => {
    const runId = randomUUID();
    const all = ['build', '--progress=plain', '--build-arg', `RUN_ID=${runId}`, ...args(program), '.'];
    const attended = program === 'attended' ? ['--on=error'] : [];
    const options = { cwd: project.dir };
    const run = await (program === 'buildx'
      ? buildx.docker(['buildx', ...all], options)
      : runBxtui([...all.slice(0, 1), ...attended, ...all.slice(1)], options));
    expect(run.status, run.output).toBe(0);
    return { program, run, runId };
  });
  return Promise.all(programs);
}

describe.skipIf(why !== null)(
  `an image with an index beside that of docker buildx${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    beforeAll(async () => {
      const { status, output } = await buildx.docker(['buildx', 'build', '-t', SCANNER_NAME, '.'], {
        cwd: createProject(SCANNER, { 'scan.sh': SCAN }).dir,
      });
      expect(status, output).toBe(0);
    }, 60_000);
    afterEach(removeProjects);
    afterAll(async () => {
      endRuns();
      await buildx.docker(['image', 'rm', '-f', SCANNER_NAME]);
    });

    it.each(CASES)('as an archive: %s', async (_, args) => {
      const project = createProject(DOCKERFILE);
      const made = await build(project, (program) => [...args, '-o', `type=oci,dest=${program}.tar`]);
      const [expected, ...ours] = await Promise.all(
        made.map(({ program, runId }) => describeImageArchive(project.path(`${program}.tar`), [runId])),
      );
      expect(expected).not.toHaveLength(0);
      expect(ours).toEqual([expected, expected]);
    });

    describe.skipIf(noEmulation !== null)(
      `of which one is emulated${noEmulation === null ? '' : ` (skipped: ${noEmulation})`}`,
      () => {
        let emulation: Emulation;
        beforeAll(() => {
          emulation = startEmulation();
        }, 240_000);
        afterAll(() => emulation?.stop());

        it('two platforms, as an archive', async () => {
          const project = createProject(DOCKERFILE.replace('COPY busybox', 'ARG TARGETARCH\nCOPY busybox-$TARGETARCH'));
          emulation.addPrograms(project);
          const made = await build(project, (program) => [
            ...['--platform', 'linux/amd64,linux/arm64', ...MAX, '-o', `type=oci,dest=${program}.tar`],
          ]);
          const [expected, ...ours] = await Promise.all(
            made.map(({ program, runId, run }) => {
              for (const arch of ['amd64', 'arm64'])
                expect(run.output.match(new RegExp(`^#\\d+ [\\d.]+ for ${arch}$`, 'gm')), run.output).toHaveLength(1);
              return describeImageArchive(project.path(`${program}.tar`), [runId]);
            }),
          );
          expect(expected?.join('\n')).toMatch(/linux\/amd64[\s\S]*linux\/arm64/);
          expect(ours).toEqual([expected, expected]);
        });
      },
    );

    describe.skipIf('lacks' in noRegistry)(`pushed${'lacks' in noRegistry ? ` (skipped: ${noRegistry.lacks})` : ''}`, () => {
      let registry: Registry;
      beforeAll(async () => {
        if ('program' in noRegistry) registry = await startRegistry(noRegistry.program);
      });
      afterAll(() => registry?.stop());

      it.each(CASES)('%s', async (_, args) => {
        const project = createProject(DOCKERFILE);
        const nameOf = (program: string): string => `pushed/${randomUUID().slice(0, 8)}-${program}:two`;
        const names = new Map(['buildx', 'unattended', 'attended'].map((program) => [program, nameOf(program)]));
        const made = await build(project, (program) => [
          ...[...args, '--push', '-t', `${registry.host}/${names.get(program)}`, '--metadata-file', `${program}.json`],
        ]);
        const [expected, ...ours] = await Promise.all(
          made.map(async ({ program, runId }) => {
            const name = names.get(program) ?? '';
            const told = JSON.parse(readFileSync(project.path(`${program}.json`), 'utf8'));
            expect(told['containerimage.digest']).toBe(await registry.digest(name));
            return describePushed(registry, name, [runId, name.slice(0, -4)]);
          }),
        );
        expect(expected?.length).toBeGreaterThan(2);
        expect(ours).toEqual([expected, expected]);
      });

      it('with the same digest, where there is no time and nothing of its own in it', async () => {
        const project = createProject('FROM scratch\nARG TARGETARCH\nCOPY Dockerfile /$TARGETARCH\n');
        const name = (program: string): string => `${registry.host}/same/${program}:two`;
        const made = await build(project, (program) => [
          ...[...TWO, '--provenance=false', '--build-arg', 'SOURCE_DATE_EPOCH=1700000000', '--annotation', 'index:a=b'],
          ...['-o', `type=image,name=${name(program)},push=true`, '--metadata-file', `${program}.json`],
        ]);
        const digests = made.map(
          ({ program }) => JSON.parse(readFileSync(project.path(`${program}.json`), 'utf8'))['containerimage.digest'],
        );
        expect(digests).toEqual([digests[0], digests[0], digests[0]]);
      });
    });

    it('has the annotations that are asked for with nothing but a name, which buildx keeps only of an output that is named', async () => {
      const project = createProject(DOCKERFILE);
      const nameOf = (program: string): string => `bxtui-parity/${program}:annotated`;
      const asked = ['index:a=1', 'manifest:b=2'].flatMap((one) => ['--annotation', one]);
      const made = await build(project, (program) => [
        ...[...asked, '-t', nameOf(program)],
        ...(program === 'buildx' ? ['-o', 'type=image'] : []),
      ]);
      const told = await Promise.all(
        made.map(async ({ program, runId }) => {
          const archive = project.path(`${program}.tar`);
          const saved = await buildx.docker(['image', 'save', '-o', archive, nameOf(program)]);
          expect(saved.status, saved.output).toBe(0);
          await buildx.docker(['image', 'rm', '-f', nameOf(program)]);
          return describeImageArchive(archive, [runId, program]);
        }),
      );
      expect(JSON.stringify(told[0])).toMatch(/"?a"?[=:\\"]+1/);
      expect(told.slice(1)).toEqual([told[0], told[0]]);
    });

    it.each([
      ['named', (name: string) => ['-t', name]],
      ['as an output', (name: string) => ['-o', `type=image,name=${name}`]],
    ] as const)('in the store of the engine, %s; nothing ran twice for it', async (_, named) => {
      const project = createProject(DOCKERFILE);
      const nameOf = (program: string): string => `bxtui-parity/${program}:two`;
      const made = await build(project, (program) => [
        ...[...TWO, ...MAX, ...named(nameOf(program)), '--metadata-file', `${program}.json`],
      ]);
      const told = await Promise.all(
        made.map(async ({ program, runId, run }) => {
          const name = nameOf(program);
          const archive = project.path(`${program}.tar`);
          const saved = await buildx.docker(['image', 'save', '-o', archive, name]);
          expect(saved.status, saved.output).toBe(0);
          await buildx.docker(['image', 'rm', '-f', name]);
          for (const arch of ['amd64', '386'])
            expect(run.output.match(new RegExp(`^#\\d+ [\\d.]+ for ${arch}$`, 'gm')), run.output).toHaveLength(1);
          const { 'containerimage.descriptor': descriptor } = JSON.parse(readFileSync(project.path(`${program}.json`), 'utf8'));
          return { mediaType: descriptor.mediaType, archive: await describeImageArchive(archive, [runId, program]) };
        }),
      );
      expect(told.slice(1)).toEqual([told[0], told[0]]);
    });
  },
);
