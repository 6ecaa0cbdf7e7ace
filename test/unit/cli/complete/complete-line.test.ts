import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS, helpOf } from '../../../../src/cli/complete/commands.js';
import { completeLine } from '../../../../src/cli/complete/complete-line.js';
import { createRecordDirectory, recordsRoot } from '../../../../src/session/recording/record-store.js';

let dockerfile = '';
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-complete-'));
  dockerfile = join(dir, 'D');
  writeFileSync(dockerfile, 'FROM scratch AS one\nFROM one\nFROM one AS three\n');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const complete = async (...line: string[]): Promise<string[]> => {
  const { candidates, files } = await completeLine(line);
  return [...candidates.map(({ word }) => word), ...(files === 'none' ? [] : [`:${files}`])];
};

describe('completeLine', () => {
  it.each<[string[], string[]]>([
    [['at'], ['attach']],
    [
      ['help', 'eng'],
      ['engine', 'engines'],
    ],
    [
      ['build', '--no-cache'],
      ['--no-cache', '--no-cache-filter'],
    ],
    [['build', '--progress', 'p'], ['plain']],
    [['build', '--progress=p'], ['--progress=plain']],
    [['build', '-qf', ''], [':file']],
    [['build', '-f', 'x', ''], [':directory']],
    [['build', '--file', '-f', ''], [':directory']],
    [['build', '--', '--pro'], [':directory']],
    [['build', '--pull=f'], ['--pull=false']],
    [['build', '--tag', '--pro'], []],
    [['build', '--nope='], []],
    [
      ['engine', 'st'],
      ['start', 'stop', 'status'],
    ],
    [['engine', 'start', '--engine', 'b'], ['buildkitd']],
    [['debug', 'b'], ['build']],
    [['debug', '--no-cache-f'], []],
    [['debug', 'build', '--no-cache-f'], ['--no-cache-filter']],
    [['debug', 'build', ''], [':directory']],
    [['completion', 'z'], ['zsh']],
    [
      ['record', 'rm', '--'],
      ['--all', '--root', '--help'],
    ],
    [['record', 'rm', '--a'], ['--all']],
    [['record', 'rm', '--no'], []],
    [['record', 'ls', '--j'], ['--json']],
    [['record', 'ls', '--a'], []],
    [['record', 'ls', ''], []],
    [['record', 'export', '--a'], ['--asciicast']],
    [['record', 'export', '--j'], []],
    [['nope', ''], []],
    [['build', '--theme', 'da'], ['dark']],
  ])('gives for %j', async (line, expected) => {
    const found = await complete(...line);
    expect(found.filter((word) => !/^--progress=(?!plain)/.test(word))).toEqual(expect.arrayContaining(expected));
    if (expected.length === 0) expect(found).toEqual([]);
  });

  it('knows the stages of the Dockerfile that the line names', async () => {
    expect(await complete('build', '-f', dockerfile, '--target', '')).toEqual(['one', 'three']);
    expect(await complete('build', '-f', dockerfile, '--no-cache-filter', '')).toEqual(['one', 'three']);
    expect(await complete('build', '-f', join(dir, 'gone'), '--target=')).toEqual([]);
  });

  it('looks for the Dockerfile in the directory of a build that is debugged', async () => {
    writeFileSync(join(dir, 'Dockerfile'), 'FROM scratch AS two\n');
    expect(await complete('debug', 'build', dir, '--target', '')).toEqual(['two']);
    expect(await complete('debug', 'build', '-f', dockerfile, '--target=t')).toEqual(['--target=three']);
  });

  it('knows the records, beside files where one may stand there', async () => {
    const root = join(dir, 'root');
    for (const id of ['3f9a', '81bc']) createRecordDirectory(recordsRoot(root, {}), id);
    for (const id of ['3f9a', '81bc']) writeFileSync(join(recordsRoot(root, {}), id, '000001.jsonl'), '');
    expect(await complete('replay', '--root', root, '3')).toEqual(['3f9a', ':file']);
    expect(await complete('record', 'export', '--root', root, '8')).toEqual(['81bc', ':file']);
    expect(await complete('record', 'export', '--root', root, '3f9a', '')).toEqual([':file']);
    expect((await complete('record', 'rm', '--root', root, '3f9a', '')).toSorted()).toEqual(['3f9a', '81bc']);
    expect(await complete('replay', '--root', dockerfile, '')).toEqual([':file']);
  });

  it('has a table for each command that has flags', async () => {
    const without = [];
    for (const [name] of COMMANDS) if ((await helpOf(name)) === null) without.push(name);
    expect(without).toEqual(['completion', 'man', 'help', 'version']);
  });
});
