// biome-ignore-all lint/suspicious/noTemplateCurlyInString: arguments of Dockerfiles look like it.
import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../../src/core/dockerfile/index.js';
import { stageOrigin } from '../../../../src/engine/shared/stage-origin.js';
import { expandWord, splitRawWords } from '../../../../src/engine/shared/word-expansion.js';

const VALUES = new Map([
  ['X', 'base'],
  ['EMPTY', ''],
  ['PATHS', '/a/b.tar.gz'],
]);

describe('expandWord', () => {
  it.each([
    ['plain', 'plain'],
    ['$X', 'base'],
    ['${X}', 'base'],
    ['a${X}b$X.', 'abasebbase.'],
    ['$NONE', ''],
    ['"${X}"', 'base'],
    [`'$X'`, '$X'],
    [`a"b'$X"'c"'`, `ab'basec"`],
    ['\\$X', '$X'],
    ['"\\$X \\n"', '$X \\n'],
    ['a\\ b', 'a b'],
    ['cost$', 'cost$'],
    ['$-', '$-'],
    ['${NONE:-y}', 'y'],
    ['${NONE-y}', 'y'],
    ['${EMPTY:-y}', 'y'],
    ['${EMPTY-y}', ''],
    ['${X:-y}', 'base'],
    ['${X:+y}', 'y'],
    ['${EMPTY:+y}', ''],
    ['${EMPTY+y}', 'y'],
    ['${NONE+y}', ''],
    ['${NONE:-${X}s}', 'bases'],
    ['${NONE:-"a b}"}', 'a b}'],
    ['${X:?no}', 'base'],
    ['${X#b}', 'ase'],
    ['${PATHS#*/}', 'a/b.tar.gz'],
    ['${PATHS##*/}', 'b.tar.gz'],
    ['${PATHS%.*}', '/a/b.tar'],
    ['${PATHS%%.*}', '/a/b'],
    ['${X/a/o}', 'bose'],
    ['${PATHS//a/o}', '/o/b.tor.gz'],
    ['${X/[/$&}', 'base'],
    ['', ''],
  ])('%s', (word, expanded) => {
    expect(expandWord(word, VALUES)).toBe(expanded);
  });

  it.each(['${X', '${', '${}', '${NONE:?no}', '${X^}', '"open', "'open", '${X:-"}'])('refuses %s', (word) => {
    expect(expandWord(word, VALUES)).toBeNull();
  });

  it("takes the file's escape character", () => {
    expect(expandWord('`$X\\', VALUES, '`')).toBe('$X\\');
  });

  it('splits words as they are written', () => {
    expect(splitRawWords(`A=1  B="a b" C='x y'\\ z\tD`)).toEqual(['A=1', 'B="a b"', `C='x y'\\ z`, 'D']);
  });
});

describe('the stage that a stage starts from', () => {
  const origin = (head: string, from: string, buildArgs: ReadonlyArray<readonly [string, string | null]> = []) => {
    const dockerfileText = `${head}\nFROM scratch AS base\nFROM scratch AS other\nFROM ${from} AS last\n`;
    const plan = parseDockerfile(dockerfileText);
    const index = stageOrigin({ plan, dockerfileText, buildArgs }, 2);
    return index === null ? null : plan.stages[index]!.name;
  };

  it.each([
    ['', 'base', 'base'],
    ['', 'BASE', 'base'],
    ['', 'alpine', null],
    ['ARG X=base', '$X', 'base'],
    ['ARG X="base"', '"${X}"', 'base'],
    ['ARG A=ba\nARG X=${A}se', '${X}', 'base'],
    ['ARG A=o X=ther', '$A$X', 'other'],
    ['# a comment\n\nARG A=1 \\\n# more\n  X=other', '${X}', 'other'],
    ['# escape=`\nARG A=1 `\n X=other', '${X}', 'other'],
    ['ARG X', '${X:-base}', 'base'],
    ['ARG X=none', '${NOPE:-other}', 'other'],
    ['ARG X=other', '${X:+base}', 'base'],
    ['ARG X=$SELF', '${X:-base}', 'base'],
    ['ARG X', '${X:-alpine}', null],
  ])('%j with FROM %s: %s', (head, from, name) => {
    expect(origin(head, from)).toBe(name);
  });

  it('takes a value from the command line, of what the file declares', () => {
    expect(origin('ARG X=base', '$X', [['X', 'other']])).toBe('other');
    expect(origin('ARG X', '$X', [['X', 'other']])).toBe('other');
    expect(origin('ARG X=base', '$X', [['X', null]])).toBe('base');
    expect(origin('', '${X:-base}', [['X', 'other']])).toBe('base');
  });
});
