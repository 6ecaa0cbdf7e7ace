import { describe, expect, it } from 'vitest';
import type { FlagSpec } from '../../../../src/cli/flags/flag-spec.js';
import { parseFlags, parseLeadingFlags } from '../../../../src/cli/flags/parse-flags.js';
import { BxError } from '../../../../src/platform/errors.js';

const SPECS: readonly FlagSpec[] = [
  { name: 'tag', short: 't', kind: 'list', value: 'NAME', summary: '' },
  { name: 'quiet', short: 'q', kind: 'bool', value: '', summary: '' },
  { name: 'no-cache', kind: 'bool', value: '', summary: '' },
  { name: 'path', kind: 'string', value: 'PATH', summary: '', sameAs: 'file' },
  { name: 'file', short: 'f', kind: 'string', value: 'PATH', summary: '' },
  { name: 'on', kind: 'string', value: 'WHEN', summary: '', choices: ['error', 'always'] },
  { name: 'mode', kind: 'string', value: 'MODE', summary: '', choices: ['plain'], fallback: 'auto' },
];
const parse = (...args: string[]) => parseFlags(SPECS, args, 'bxtui build --help');
const failure = (...args: string[]): BxError => {
  try {
    parse(...args);
  } catch (error) {
    if (error instanceof BxError) return error;
  }
  throw new Error(`no BxError for ${args.join(' ')}`);
};

describe('parseFlags', () => {
  it.each([
    [
      ['-t', 'a', '-tb', '-t=c', '--tag', 'd', '--tag=e', '.'],
      ['a', 'b', 'c', 'd', 'e'],
    ],
    [['-qt', 'x', '.'], ['x']],
    [['-qtx', '.'], ['x']],
    [['.', '--tag', '-x'], ['-x']],
    [['--tag=', '.'], ['']],
  ])('reads the values of %j', (args, tags) => {
    const flags = parse(...args);
    expect(flags.list('tag')).toEqual(tags);
    expect(flags.positionals).toEqual(['.']);
  });

  it('takes flags before, between and after positional arguments, and everything after -- as it is', () => {
    const flags = parse('a', '-q', 'b', '--file', 'D', '--', '-t', '--file');
    expect(flags.positionals).toEqual(['a', 'b', '-t', '--file']);
    expect(flags.text('file')).toBe('D');
    expect(flags.bool('quiet')).toBe(true);
    expect(flags.isSet('tag')).toBe(false);
  });

  it.each([
    [['--no-cache=false'], false],
    [['--no-cache=T'], true],
    [['--no-cache', '--no-cache=0'], false],
    [['-q=1'], false],
    [['-q', '-qq=false', '--no-cache=TRUE'], true],
    [[], false],
  ])('reads the boolean in %j', (args, expected) => {
    expect(parse(...args, '.').bool('no-cache')).toBe(expected);
  });

  it('takes an empty value, and one that looks like a flag', () => {
    expect(parse('-f=', '.').text('file')).toBe('');
    expect(parse('-f', '--quiet', '.').text('file')).toBe('--quiet');
    expect(parse('--file', '--', '.').text('file')).toBe('--');
    expect(parse('-tf=x', '.').list('tag')).toEqual(['f=x']);
  });

  it('keeps a lone dash as a positional argument', () => {
    expect(parse('-').positionals).toEqual(['-']);
  });

  it('does not let a bool eat the next argument', () => {
    expect(parse('--no-cache', 'false').positionals).toEqual(['false']);
  });

  it.each([
    [['--nope'], 'unknown flag: --nope'],
    [['-x'], "unknown shorthand flag: 'x' in -x"],
    [['-qx'], "unknown shorthand flag: 'x' in -x"],
    [['-xq'], "unknown shorthand flag: 'x' in -xq"],
    [['-qq=maybe'], 'invalid argument "maybe" for "-q, --quiet" flag: not a boolean'],
    [['-f'], "flag needs an argument: 'f' in -f"],
    [['--file'], 'flag needs an argument: --file'],
    [['-qf'], "flag needs an argument: 'f' in -f"],
    [['--=x'], 'bad flag syntax: --=x'],
    [['---file'], 'bad flag syntax: ---file'],
    [['--no-cache=maybe'], 'invalid argument "maybe" for "--no-cache" flag: not a boolean'],
    [['--on=never'], 'invalid argument "never" for "--on" flag: must be error or always'],
  ])('refuses %j', (args, message) => {
    const error = failure(...args);
    expect(error.code).toBe('usage');
    expect(error.message).toBe(message);
    expect(error.hint).toContain('bxtui build --help');
  });

  it('takes another name of a flag for it: the last counts', () => {
    expect(parse('--path=a').text('file')).toBe('a');
    expect(parse('-f', 'a', '--path', 'b').text('file')).toBe('b');
    expect(parse('--path=a', '-f', 'b').text('file')).toBe('b');
    expect(parse('--path=a').isSet('path')).toBe(false);
  });

  it('knows which of several was given last', () => {
    expect(parse('-q', '--on=error', '-q').last('quiet', 'on')).toBe('quiet');
    expect(parse('-q', '--on=error').last('quiet', 'on')).toBe('on');
    expect(parse('--on=error').last('quiet', 'tag')).toBeNull();
  });

  it('takes an empty choice for none where there is a default', () => {
    expect(parse('--mode=plain', '--mode=').text('mode')).toBeNull();
    expect(failure('--on=').message).toContain('must be error or always');
  });

  it('guesses what an unknown flag was meant to be', () => {
    expect(failure('--no-cach').hint).toContain('--no-cache?');
    expect(failure('--zzz').hint).not.toContain('Did you mean');
  });
});

describe('parseLeadingFlags', () => {
  const leading = (...args: string[]) => {
    const flags = parseLeadingFlags(SPECS, args, 'bxtui exec --help', 1);
    return [flags.list('tag'), flags.positionals];
  };

  it('leaves everything behind the first words to somebody else', () => {
    expect(leading('-t', 'a', 'ls', '-t', 'b', '--', '--nope')).toEqual([['a'], ['ls', '-t', 'b', '--', '--nope']]);
    expect(leading('-t', 'a')).toEqual([['a'], []]);
    expect(leading('--', '-t', 'b')).toEqual([[], ['-t', 'b']]);
  });

  it('refuses what it does not know before them', () => {
    expect(() => leading('--nope', 'ls')).toThrow('unknown flag: --nope');
  });
});
