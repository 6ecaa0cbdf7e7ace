/** Of every flag: what is no value of it is refused before anything else, with the flag, what was given, and what is taken. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_BUILD_FLAGS } from '../../../../src/cli/build/build-flags.js';
import { readBuildOptions } from '../../../../src/cli/build/build-options.js';
import { chooseLeaveKey } from '../../../../src/cli/screen/screen-settings.js';
import { DEFAULT_SETTINGS } from '../../../../src/config/index.js';
import { BxError } from '../../../../src/platform/errors.js';

interface Malformed {
  /** What the value has to be a wrong one for. */
  readonly with?: readonly string[];
  readonly values: readonly string[];
  /** What message and hint say of the values that there are. */
  readonly taken: RegExp;
}

/** BuildKit passes them over, and what is in them. */
const CLASSIC = ['--engine=classic'];

const of = (taken: RegExp, ...values: readonly string[]): Malformed => ({ values, taken });

const MALFORMED: Readonly<Record<string, Malformed>> = {
  'add-host': of(/HOST[:=]IP|name:address|example/i, 'nohost', ':1.2.3.4', 'a:', 'a:not.an.ip.at.all', 'a:1.2.3.400'),
  allow: of(/network\.host.*security\.insecure/s, 'network', 'security.none', ' '),
  annotation: of(/--annotation \S+=/, 'novalue', '=x', 'nothing:a=b', 'index[:a=b'),
  attest: of(
    /provenance.*sbom/s,
    'type=',
    'mode=max',
    'type=none',
    'type=provenance,mode=most',
    'type=provenance,disabled=maybe',
    'x',
  ),
  'build-arg': of(/--build-arg \w+=/, '=x', ''),
  'build-context': of(/--build-context \w+=/, 'noequals', '=dir', 'a='),
  'cache-from': of(/registry.*local/s, 'type=none', 'type=', 'src=x', 'type=local', 'type=registry', 'type=registry,ref=a,x=y'),
  'cache-to': of(
    /registry.*local/s,
    'type=none',
    'mode=max',
    'type=local',
    'type=registry',
    'type=inline,mode=max',
    'type=local,dest=x,mode=most',
  ),
  'cpu-period': of(/--cpu-period \d+/, 'x', '', '1.5', '09', '1__0'),
  'cpu-quota': of(/--cpu-quota \d+/, '1k', ''),
  'cpu-shares': of(/--cpu-shares \d+/, 'much', '0x'),
  memory: { with: CLASSIC, ...of(/\bk\b.*\bm\b.*\bg\b|64m/s, 'much', '-1', '', '1x', '64mm') },
  'memory-swap': { with: CLASSIC, ...of(/\bk\b.*\bm\b.*\bg\b|64m/s, 'much', '-2', '-1k', '') },
  'security-opt': of(/quote/, 'a"b', '"a'),
  call: of(/check.*outline.*targets/s, 'check,what=x'),
  label: of(/--label \w+=/, '=x'),
  output: of(
    /type=|local.*tar/s,
    'type=none',
    'type=',
    'type=local',
    'type=tar,dest',
    'dest=x',
    'type=local,dest=x,what=y',
    'type=oci,dest=x,compression=zip',
  ),
  platform: of(/linux\/amd64|OS\/ARCH/i, 'linux/', '/', 'linux/amd64/v1/x', 'a b'),
  provenance: of(/mode=min|true|false/, 'mode=most', 'maybe', 'mode='),
  sbom: of(/generator=|true|false/, 'maybe'),
  secret: of(
    /id=|\bid\b|key=value|file and env|src=FILE|Set it/,
    'noequals',
    'src=x',
    'id=',
    'id=a,what=x',
    'type=none,id=a',
    'src=key',
    'id=a,src=/nowhere/at/all',
  ),
  'shm-size': of(/\bk\b.*\bm\b.*\bg\b|64m/s, 'much', '-1', '1x', '1.2.3m', 'm'),
  ssh: of(/SOCKET|KEY|socket|key|agent/, 'a=/nowhere/at/all', 'a=.', 'default'),
  tag: of(/For example: -t \S+/, 'UPPER', 'a:b:c:d/', '', 'a b', ':x'),
  ulimit: of(/TYPE=SOFT|nofile=|soft/i, 'nofile', 'none=1', 'nofile=', 'nofile=x', 'nofile=2:1', 'nofile=1:2:3'),
  invoke: of(/args|program|shell/i, 'on=error,', 'args=x,what=y', 'tty=maybe,args=x'),
};

/** Names and paths: whatever is written there, somebody else says whether it is one. */
const FREE = [
  ...[
    'builder',
    'context',
    'cgroup-parent',
    'cpuset-cpus',
    'cpuset-mems',
    'isolation',
    'file',
    'iidfile',
    'metadata-file',
    'network',
    'no-cache-filter',
    'target',
    'root',
    'server-config',
  ],
  // Words of which the screen says what is taken.
  ...['theme', 'leave-key'],
];

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-values-'));
  writeFileSync(join(dir, 'file'), '');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function refusal(...args: readonly string[]): BxError | null {
  try {
    readBuildOptions([...args, '.'], {}, dir);
    return null;
  } catch (error) {
    if (error instanceof BxError) return error;
    throw error;
  }
}

describe('a value that is none', () => {
  const taking = ALL_BUILD_FLAGS.filter(({ sameAs }) => sameAs === undefined);

  it('is known of every flag that takes one', () => {
    const structured = taking.filter(({ kind, choices }) => kind !== 'bool' && choices === undefined).map(({ name }) => name);
    expect(structured.sort()).toEqual([...Object.keys(MALFORMED), ...FREE].sort());
  });

  it.each(Object.entries(MALFORMED).flatMap(([name, { values, ...more }]) => values.map((value) => ({ name, value, ...more }))))(
    'is refused: --$name $value',
    ({ name, value, taken, with: others = [] }) => {
      const error = refusal(...others, `--${name}=${value}`);
      expect(error, 'it is taken').not.toBe(null);
      if (error === null) return;
      expect(['usage', 'input']).toContain(error.code);
      expect(error.message).toContain(`--${name}`);
      // The value, or of a record the field of it that is wrong.
      expect(
        [value.trim(), ...value.split(/[,=]/).filter((part) => part.length > 1)].some((part) => error.message.includes(part)),
      ).toBe(true);
      expect(`${error.message}\n${error.hint ?? ''}`).toMatch(taken);
    },
  );

  it.each(taking.filter(({ choices }) => choices !== undefined))(
    'is refused with all that there are: --$name',
    ({ name, choices = [] }) => {
      const error = refusal(`--${name}=none-of-them`);
      expect(error?.message).toContain(`--${name}`);
      expect(error?.message).toContain('none-of-them');
      for (const choice of choices) expect(error?.message).toContain(choice);
    },
  );

  it.each(taking.filter(({ kind }) => kind === 'bool'))('is refused as neither true nor false: --$name', ({ name }) => {
    const error = refusal(`--${name}=maybe`);
    expect(error?.message).toMatch(new RegExp(`--${name}\\b[\\s\\S]*maybe|maybe[\\s\\S]*--${name}\\b`));
    expect(`${error?.message}\n${error?.hint}`).toMatch(/true or false|boolean/);
  });

  it.each(taking.filter(({ kind }) => kind !== 'bool'))('is missing at the end of a command line: --$name', ({ name }) => {
    const run = (): unknown => readBuildOptions([`--${name}`], {}, dir);
    expect(run).toThrow(`--${name}`);
    expect(run).toThrow(BxError);
  });

  it.each(['--memory=much', '-m=', '--memory-swap=-2'])('is passed over with BuildKit, as docker does: %s', (flag) => {
    expect(refusal('--engine=buildkit', flag)).toBe(null);
    expect(refusal(flag)).toBe(null);
  });

  it.each(['none-of-them', 'ctrl-', 'a'])('is refused where the key is needed: --leave-key %s', (value) => {
    const choose = (): unknown => chooseLeaveKey({ leaveKey: value }, DEFAULT_SETTINGS);
    expect(choose).toThrow(value);
    expect(choose).toThrow(BxError);
  });
});
