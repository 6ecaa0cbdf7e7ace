import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../../src/core/dockerfile/index.js';
import { describeFailure } from '../../../../src/engine/classic/failure.js';
import { misreadIn } from '../../../../src/engine/classic/misread.js';

const told = (text: string): string[] => {
  const plan = parseDockerfile(text);
  return misreadIn(text, plan, plan.instructions).map(({ step, lines, message }) => {
    return `${step} ${lines.start}-${lines.end} ${/# syntax=\S+|heredocs/.exec(message)?.[0]}`;
  });
};

describe('what the classic builder misreads', () => {
  it.each<[string, string[]]>([
    ['FROM scratch\nRUN echo a << b\n', []],
    ['# syntax=docker/dockerfile:1\nFROM scratch\n', ['1 1-1 # syntax=docker/dockerfile:1']],
    ['\ufeff# escape=`\n#Syntax = a/b\nFROM scratch\n', ['1 2-2 # syntax=a/b']],
    ['# a comment\n# syntax=a/b\nFROM scratch\n', []],
    ['FROM scratch\n# syntax=a/b\nRUN x\n', []],
    ['FROM scratch\nRUN <<EOF\necho a\nEOF\nRUN b\n', ['2 2-4 heredocs']],
    ['FROM scratch\nCOPY <<"EOF" <<-B /x/\na\nEOF\nb\nB\n', ['2 2-6 heredocs']],
    ['FROM scratch\nENV A="<<EOF"\nLABEL b="<<C"\n', []],
  ])('%j', (text, expected) => {
    expect(told(text)).toEqual(expected);
  });

  it('is what a refusal is put down to', () => {
    const plan = parseDockerfile('FROM scratch\nRUN <<EOF\necho a\nEOF\nRUNN b\n');
    const failure = (message: string) => describeFailure(message, null, null, null, plan);
    expect(failure('dockerfile parse error line 3: unknown instruction: ECHO')).toMatchObject({
      line: 3,
      hint: expect.stringContaining('RUN in line 2'),
    });
    expect(failure('dockerfile parse error line 5: unknown instruction: RUNN')).toMatchObject({
      hint: 'Correct the line and reload.',
    });
  });
});
