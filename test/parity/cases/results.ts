/** Cases of results, checks, errors and caches. Each is small and says one thing; `BASE` has a shell. */
import { BASE, type ParityCase } from '../case.js';
import { configuration, fromScratch, inShell, MODES, OUT, TREE } from './common.js';

export const images: readonly ParityCase[] = [
  configuration(
    'all of a configuration',
    [
      'COPY a.txt /',
      'ENV A=1 B="two words"',
      'WORKDIR /w',
      'USER 5:6',
      'EXPOSE 80 53/udp',
      'VOLUME ["/v", "/w x"]',
      'ENTRYPOINT ["/e", "x"]',
      'CMD ["c"]',
      'STOPSIGNAL SIGINT',
      'LABEL a=1 "b c"=d',
    ],
    { files: TREE },
  ),
  configuration('commands in shell form', ['COPY a.txt /', 'SHELL ["/bin/other", "-e"]', 'ENTRYPOINT run it', 'CMD and this'], {
    files: TREE,
  }),
  configuration(
    'a health check',
    ['COPY a.txt /', 'HEALTHCHECK --interval=5s --timeout=3s --start-period=1s --retries=4 CMD ["x"]'],
    { files: TREE },
  ),
  configuration('no health check', ['COPY a.txt /', 'HEALTHCHECK NONE'], { files: TREE }),
  configuration('an author', ['COPY a.txt /', 'MAINTAINER someone'], { files: TREE }),
  configuration('nothing but a configuration', ['ENV A=1']),
  configuration('a working directory that is relative', ['WORKDIR /a', 'WORKDIR b', 'WORKDIR ../c']),
];

export const labels: readonly ParityCase[] = [
  configuration('of the command line', ['COPY a.txt /', 'LABEL a=file b=file'], {
    files: TREE,
    args: ['--label', 'a=line', '--label', 'c=x=y', '--label', 'd'],
  }),
  configuration('over lines and quotes', ['COPY a.txt /', 'LABEL one="a\\', 'b" \\', '  two=\'$X\' three="$X"'], { files: TREE }),
];

export const exports: readonly ParityCase[] = [
  { name: 'a directory', dockerfile: fromScratch('COPY . /'), files: { ...TREE, ...MODES } },
  {
    name: 'an archive',
    dockerfile: fromScratch('COPY . /'),
    files: { ...TREE, ...MODES, l: { link: 'a.txt' } },
    compared: 'tar',
  },
  {
    name: 'an archive of what a command has made',
    dockerfile: inShell('RUN mkfifo /out/pipe && ln -s nowhere /out/l && ln /out/l /out/m && chmod 2711 /out'),
    compared: 'tar',
  },
  {
    name: 'special files in a directory',
    dockerfile: inShell('RUN mkfifo /out/pipe && mknod /out/null c 1 3 && ln -s /x /out/l'),
  },
  { name: 'nothing', dockerfile: fromScratch('COPY a.txt /x', 'LABEL a=b'), files: TREE },
  {
    name: 'times of the epoch',
    dockerfile: inShell('RUN touch /out/x'),
    args: ['--build-arg', 'SOURCE_DATE_EPOCH=1234567890'],
    compared: 'tar',
  },
  {
    name: 'metadata of an image',
    dockerfile: fromScratch('COPY a.txt /'),
    files: TREE,
    args: ['-t', 'parity/@PROGRAM@:1'],
    compared: 'metadata',
  },
  {
    name: 'a name that no image can have',
    dockerfile: fromScratch('COPY a.txt /'),
    files: TREE,
    args: ['-t', 'UPPER'],
    compared: 'failure',
    says: /UPPER/,
  },
  {
    name: 'an output of no kind',
    dockerfile: fromScratch('COPY a.txt /'),
    files: TREE,
    args: ['-o', 'type=none'],
    compared: 'failure',
    says: /none/,
  },
];

const REMOTE = 'https://user:secret@example.com/app.git';
const MAX = { BUILDX_METADATA_PROVENANCE: 'max' };
const underGit = (name: string, more: Partial<ParityCase>): ParityCase => ({
  name,
  dockerfile: fromScratch('COPY a.txt /'),
  files: { ...TREE, 'dir/Dockerfile': fromScratch('COPY one.txt /') },
  remote: REMOTE,
  ...more,
});

/** What git says of the context, and what the metadata has of the engine's warnings. */
export const environment: readonly ParityCase[] = [
  underGit('a commit, in the provenance', { compared: 'metadata', env: MAX }),
  underGit('a commit, not in a short one', { compared: 'metadata' }),
  underGit('a commit that is not to be told', { compared: 'metadata', env: { ...MAX, BUILDX_GIT_INFO: 'false' } }),
  underGit('directories besides the context', {
    compared: 'metadata',
    env: MAX,
    args: ['-f', '@DIR@/context/dir/Dockerfile', '--build-context', 'more=@DIR@/context/dir', '--build-context', 'no=/usr/share'],
    dockerfile: 'FROM nothing',
    files: { ...TREE, 'dir/Dockerfile': fromScratch('COPY --from=more one.txt /') },
  }),
  underGit('labels', { compared: 'image', env: { BUILDX_GIT_LABELS: '1' } }),
  underGit('labels of all there is, before others', {
    compared: 'image',
    env: { BUILDX_GIT_LABELS: 'full' },
    args: ['--label=org.opencontainers.image.source=mine', '--label=own=1', '-f', '@DIR@/context/dir/../Dockerfile'],
  }),
  underGit('labels without the other', { compared: 'image', env: { BUILDX_GIT_LABELS: 'true', BUILDX_GIT_INFO: '0' } }),
  underGit('labels that are no boolean', { compared: 'image', env: { BUILDX_GIT_LABELS: 'some' } }),
  underGit('labels of a tree without changes', {
    compared: 'image',
    env: { BUILDX_GIT_LABELS: '1', BUILDX_GIT_CHECK_DIRTY: '1' },
  }),
  ...['1', 'true', '0', 'maybe'].map(
    (told): ParityCase => ({
      name: `warnings in the metadata: ${told}`,
      dockerfile: 'from scratch\nCOPY a.txt /\nLABEL a b\nMAINTAINER x\n',
      files: TREE,
      compared: 'metadata',
      env: { BUILDX_METADATA_WARNINGS: told },
    }),
  ),
  configuration('a platform of the environment', ['COPY a.txt /', 'ARG TARGETPLATFORM', 'LABEL p=$TARGETPLATFORM'], {
    files: TREE,
    env: { DOCKER_DEFAULT_PLATFORM: 'linux/arm64' },
  }),
  configuration('a platform before that of the environment', ['COPY a.txt /', 'ARG TARGETPLATFORM', 'LABEL p=$TARGETPLATFORM'], {
    files: TREE,
    args: ['--platform=linux/riscv64'],
    env: { DOCKER_DEFAULT_PLATFORM: 'linux/arm64' },
  }),
  {
    name: 'a platform of the environment that is none',
    dockerfile: fromScratch('COPY a.txt /'),
    files: TREE,
    env: { DOCKER_DEFAULT_PLATFORM: 'linux/a/b/c' },
    compared: 'failure',
    says: /linux\/a\/b\/c/,
  },
];

const called = (name: string, dockerfile: string, flags: readonly string[]): ParityCase => ({
  name,
  dockerfile,
  args: flags,
  compared: 'text',
});

const SLOPPY = 'FROM scratch as base\ncopy a /\nLABEL a b\nCMD run it\n';

const OUTLINED =
  '# described by this line\nARG A=1\n# base: where it begins\nFROM scratch AS base\nARG A\n# b is not set\nARG B\nRUN --mount=type=secret,id=key,required --mount=type=ssh --mount=type=cache,id=c,target=/c x\nFROM base AS last\n';

export const lint: readonly ParityCase[] = [
  called('--check', SLOPPY, ['--check']),
  called('--check of what is in order', fromScratch('COPY a /'), ['--check']),
  called('--call=check as JSON', SLOPPY, ['--call=check,format=json']),
  called('--call=lint of one target', SLOPPY, ['--call=lint', '--target', 'base']),
  called('whose status is passed over', SLOPPY, ['--call=check,ignorestatus=true']),
  called('of rules that are skipped', `# check=skip=LegacyKeyValueFormat,FromAsCasing\n${SLOPPY}`, ['--check']),
  called('of rules that are all skipped', `# check=skip=all\n${SLOPPY}`, ['--check']),
  called('of what cannot be parsed', 'FROM scratch\nFOO\n', ['--check']),
  called('--call=outline', OUTLINED, ['--call=outline']),
  called('--call=outline of a stage', OUTLINED, ['--call=outline', '--target', 'base', '--build-arg', 'A=given']),
  called('--call=outline as JSON', OUTLINED, ['--call', 'outline,format=json']),
  called('--call=targets', OUTLINED, ['--call=targets']),
  called('--print, its older name', OUTLINED, ['--print=targets']),
  called('the last of both names', OUTLINED, ['--print=outline', '--call=targets']),
  called('the last of both names, the older', OUTLINED, ['--call=outline', '--print', 'targets']),
  called('--call=targets as JSON', OUTLINED, ['--call=targets,format=json']),
  called('a list of calls', OUTLINED, ['--call=subrequests.describe']),
  {
    name: 'a call that there is not',
    dockerfile: fromScratch('COPY a /'),
    args: ['--call=none'],
    compared: 'failure',
    says: /unsupported request frontend\.none/,
  },
  {
    name: 'warnings that are errors',
    dockerfile: `# check=error=true\n${SLOPPY}`,
    compared: 'failure',
    says: /lint violation found for rules:/,
  },
];

export const sources: readonly ParityCase[] = [
  {
    name: 'a command that fails',
    dockerfile: `${BASE}RUN echo before && \\\n    exit 42\n`,
    compared: 'failure',
    says: /Dockerfile:5\n-{20}\n.*\n.*>>> RUN echo before[\s\S]*exit code: 42/,
  },
  {
    name: 'a program that is not there',
    dockerfile: 'FROM scratch\nRUN ["/none"]\n',
    compared: 'failure',
    says: />>> RUN \["\/none"\][\s\S]*\/none/,
  },
  {
    name: 'an instruction that there is not',
    dockerfile: 'FROM scratch\n\nCOPPY a /\n',
    compared: 'failure',
    says: /Dockerfile:3[\s\S]*>>> COPPY a \/[\s\S]*unknown instruction: COPPY/,
  },
  { name: 'no FROM', dockerfile: 'RUN x\n', compared: 'failure', says: /no build stage in current context/ },
  { name: 'an empty Dockerfile', dockerfile: '\n', compared: 'failure', says: /file with no instructions/ },
  {
    name: 'no Dockerfile',
    dockerfile: 'FROM scratch\n',
    args: ['-f', '@DIR@/context/Other'],
    compared: 'failure',
    says: /Other/,
  },
  {
    name: 'a flag that there is not',
    dockerfile: fromScratch('COPY --what=x a /'),
    compared: 'failure',
    says: /unknown flag: (?:--)?what/,
  },
  {
    name: 'a base that cannot be had',
    dockerfile: 'FROM 127.0.0.1:9/none:1\nRUN x\n',
    compared: 'failure',
    says: /127\.0\.0\.1:9\/none/,
  },
  {
    name: 'another file',
    dockerfile: 'FROM none\n',
    files: { 'build/Other.Dockerfile': fromScratch('COPY a.txt /'), 'a.txt': 'x' },
    args: ['-f', '@DIR@/context/build/Other.Dockerfile'],
  },
  {
    name: 'a Dockerfile behind a link',
    dockerfile: 'FROM none\n',
    files: { real: fromScratch('COPY a.txt /'), Linked: { link: 'real' }, 'a.txt': 'x' },
    args: ['-f', '@DIR@/context/Linked'],
  },
  {
    name: 'a Dockerfile out of the context',
    dockerfile: 'FROM none\n',
    files: { '../Outside': fromScratch('COPY a.txt /'), 'a.txt': 'x' },
    args: ['-f', '@DIR@/Outside'],
  },
  { name: 'line ends of Windows', dockerfile: 'FROM scratch\r\nCOPY a.txt \\\r\n  /x\r\n', files: TREE },
  { name: 'another escape sign', dockerfile: '# escape=`\nFROM scratch\nCOPY a.txt `\n  /x\n', files: TREE },
];

export const caches: readonly ParityCase[] = [
  {
    name: '--no-cache runs it again',
    dockerfile: `${BASE}RUN mkdir /out && test ! -e /done && echo x > /out/x\n${OUT}`,
    args: ['--no-cache'],
  },
  { name: '--no-cache-filter', dockerfile: inShell('RUN echo x > /out/x'), args: ['--no-cache-filter', 'base'] },
  { name: '--no-cache-filter of an empty name', dockerfile: inShell('RUN echo x > /out/x'), args: ['--no-cache-filter', ''] },
  {
    name: '--cache-from of what is not there',
    dockerfile: fromScratch('COPY a.txt /'),
    files: TREE,
    args: ['--cache-from', '127.0.0.1:9/none'],
  },
  configuration('--cache-to in the image', ['COPY a.txt /'], { files: TREE, args: ['--cache-to', 'type=inline'] }),
  {
    name: '--cache-to of no kind',
    dockerfile: fromScratch('COPY a.txt /'),
    files: TREE,
    args: ['--cache-to', 'dest=x'],
    compared: 'failure',
    says: /type/,
  },
];
