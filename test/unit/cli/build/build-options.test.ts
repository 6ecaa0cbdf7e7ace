import { describe, expect, it } from 'vitest';
import { ALL_BUILD_FLAGS } from '../../../../src/cli/build/build-flags.js';
import { buildHelp } from '../../../../src/cli/build/build-help.js';
import { readBuildOptions } from '../../../../src/cli/build/build-options.js';
import { BxError } from '../../../../src/platform/errors.js';

const read = (...args: string[]) => readBuildOptions(args, { V: '1' }, '/w');

describe('readBuildOptions', () => {
  it.each([
    [['--check'], 'lint'],
    [['--check', '--call', 'outline'], 'outline'],
    [['--call', 'outline', '--check'], 'lint'],
    [['--call', 'outline', '--check=false'], 'outline'],
  ])('asks the frontend what was said last: %j', (args, method) => {
    expect(read(...args, '.')?.call?.method).toBe(method);
  });

  it('has defaults for everything but the context', () => {
    expect(read('.')).toEqual({
      context: '.',
      detach: null,
      root: null,
      serverConfig: null,
      file: null,
      target: null,
      buildArgs: [],
      tags: [],
      noCache: false,
      platform: null,
      endpoint: { builder: null, context: null, platform: null, subject: '/w' },
      secrets: [],
      ssh: [],
      outputs: [],
      settings: {},
      sourcePolicyFile: null,
      sendsGitQueries: false,
      resultFiles: { iidFile: null, metadataFile: null, hasWarnings: false, record: null },
      builder: 'either',
      progress: 'auto',
      call: null,
      on: null,
      invoke: null,
      theme: null,
      color: null,
      glyphs: null,
      leaveKey: null,
    });
  });

  it('reads the flags of docker build', () => {
    const options = read(
      '-f',
      'D',
      '-tapp',
      '--build-arg=V',
      '--build-arg',
      'W=2',
      '--no-cache',
      '--target',
      'x',
      'ctx',
      '--load',
      '-q',
    );
    expect(options).toMatchObject({
      context: 'ctx',
      file: 'D',
      tags: ['app'],
      buildArgs: [
        ['V', '1'],
        ['W', '2'],
      ],
      noCache: true,
      target: 'x',
      outputs: [{ kind: 'store' }],
      progress: 'quiet',
    });
  });

  it.each([
    [{}, [], []],
    [{ SOURCE_DATE_EPOCH: '7' }, [], [['SOURCE_DATE_EPOCH', '7']]],
    [{ SOURCE_DATE_EPOCH: '' }, [], []],
    [{ SOURCE_DATE_EPOCH: '7' }, ['--build-arg=SOURCE_DATE_EPOCH=8'], [['SOURCE_DATE_EPOCH', '8']]],
    [{ SOURCE_DATE_EPOCH: '7' }, ['--build-arg=SOURCE_DATE_EPOCH'], [['SOURCE_DATE_EPOCH', '7']]],
  ])('with %j and %j has the arguments %j', (env, args, expected) => {
    expect(readBuildOptions([...args, '.'], env, '/w')?.buildArgs).toEqual(expected);
  });

  it.each([
    ['plain', [], 'plain'],
    ['quiet', [], 'none'],
    ['none', [], 'none'],
    ['tty', [], 'tty'],
    ['rawjson', [], 'rawjson'],
    ['', [], 'auto'],
    ['plain', ['--progress=auto'], 'plain'],
    ['quiet', ['--progress=plain'], 'plain'],
    ['rawjson', ['--progress=plain'], 'plain'],
    ['plain', ['-q'], 'quiet'],
    ['plain', ['-q', '--progress=none'], 'quiet'],
  ])('with BUILDKIT_PROGRESS=%s and %j shows progress as %s', (told, args, expected) => {
    expect(readBuildOptions([...args, '.'], { BUILDKIT_PROGRESS: told }, '/w')?.progress).toBe(expected);
  });

  it.each([
    ['1', [], [{ kind: 'cacheonly' }]],
    ['true', ['--load'], [{ kind: 'store' }]],
    ['true', ['--engine=classic'], []],
    ['0', [], []],
    ['maybe', [], []],
  ] as const)('with BUILDX_NO_DEFAULT_LOAD=%s and %j has the outputs %j', (told, args, outputs) => {
    expect(readBuildOptions([...args, '.'], { BUILDX_NO_DEFAULT_LOAD: told }, '/w')?.outputs).toEqual(outputs);
  });

  it('says which values of BUILDKIT_PROGRESS there are', () => {
    const read = () => readBuildOptions(['.'], { BUILDKIT_PROGRESS: 'json' }, '/w');
    expect(read).toThrow('BUILDKIT_PROGRESS is "json", and must be auto, none, plain, quiet, rawjson, tty');
  });

  it('gives nothing for --help, whatever else is there', () => {
    expect(read('--help')).toBeNull();
    expect(read('a', 'b', '-h')).toBeNull();
  });

  it.each([
    [[], 'requires 1 argument', 'bxtui build .'],
    [['--invoke', '.'], 'requires 1 argument', '--invoke=default .'],
    [['a', 'b'], 'requires 1 argument, not 2: a b', 'Flags may stand'],
    [['--on=never', '.'], 'must be error or always', '--help'],
    [['--progress=json', '.'], 'must be auto, none, plain, quiet, rawjson or tty', '--help'],
    [['--check', '--on=error', '.'], '--on makes no sense with --call', 'Leave one'],
    [['--call=check,what=x', '.'], '--call check,what=x: there is no option what', 'METHOD'],
    [['--progress=plain', '-q', '.'], '--progress=plain and --quiet cannot be used together', 'Leave one'],
    [['--iidfile', 'id', '-o', 'out', '.'], '--iidfile: --output type=local makes no image', 'Leave one'],
    [['--push', '.'], 'an image that is pushed needs a name', '-t registry.example.com'],
  ])('refuses %j', (args, message, hint) => {
    let error: unknown;
    try {
      read(...args);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(BxError);
    expect(error).toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });
});

it('asks for the engine’s record of the build where the metadata are wanted', () => {
  const record = (env: Record<string, string>, ...args: string[]) =>
    readBuildOptions([...args, '.'], env, '/')?.resultFiles.record;
  const flag = '--metadata-file=m';
  expect(record({}, '--iidfile=i')).toBe(null);
  expect(record({}, flag)).toBe('min');
  expect(record({ BUILDX_METADATA_PROVENANCE: 'max' }, flag)).toBe('max');
  for (const told of ['disabled', 'false', '0']) expect(record({ BUILDX_METADATA_PROVENANCE: told }, flag)).toBe('reference');
});

it('takes a platform of the environment, unless the command line names one', () => {
  const platform = (env: NodeJS.ProcessEnv, ...args: string[]) => readBuildOptions([...args, '.'], env, '/')?.platform;
  expect(platform({ DOCKER_DEFAULT_PLATFORM: 'linux/aarch64' })).toBe('linux/arm64');
  expect(platform({ DOCKER_DEFAULT_PLATFORM: 'linux/arm64' }, '--platform=linux/386')).toBe('linux/386');
  expect(platform({ DOCKER_DEFAULT_PLATFORM: '' })).toBe(null);
  expect(() => platform({ DOCKER_DEFAULT_PLATFORM: 'x/y' })).toThrow(/DOCKER_DEFAULT_PLATFORM x\/y: unknown operating system/);
});

it.each([
  ['1', true],
  ['true', true],
  ['0', false],
  ['maybe', false],
  ['', false],
])('BUILDX_METADATA_WARNINGS=%s', (told, expected) => {
  const wanted = (...args: string[]) =>
    readBuildOptions([...args, '.'], { BUILDX_METADATA_WARNINGS: told }, '/')?.resultFiles.hasWarnings;
  expect(wanted('--metadata-file=m')).toBe(expected);
  expect(wanted('--metadata-file=m', '--check')).toBe(false);
});

describe('the flag table', () => {
  it('has every name and every letter once', () => {
    const names = ALL_BUILD_FLAGS.map((flag) => flag.name);
    const letters = ALL_BUILD_FLAGS.flatMap((flag) => flag.short ?? []);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(letters).size).toBe(letters.length);
  });

  it('is all in --help but for other names of the same', () => {
    for (const cols of [40, 80, 200]) {
      const help = buildHelp(cols);
      for (const flag of ALL_BUILD_FLAGS)
        expect(new RegExp(`--${flag.name}[ \\n]`).test(help), flag.name).toBe(flag.sameAs === undefined);
    }
  });

  it('keeps the lines of --help within the terminal', () => {
    const lines = buildHelp(80).split('\n');
    expect(lines.filter((line) => line.length > 84)).toEqual([]);
  });
});
