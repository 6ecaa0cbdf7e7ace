import { DockerfileParser } from 'dockerfile-ast';
import { describe, expect, it } from 'vitest';
import { takePlainLines } from '../../../src/core/dockerfile/plain-lines.js';

/** Start, end and keyword of each instruction. */
type Place = readonly [start: number, end: number, keyword: string];

function placesOf(text: string): Place[] {
  return DockerfileParser.parse(text)
    .getInstructions()
    .map((node) => [node.getRange().start.line + 1, node.getRange().end.line + 1, node.getKeyword()] as const);
}

function placesOfSplit(text: string): Place[] {
  const { plain, rest } = takePlainLines(text);
  const own = plain.map(({ line, keyword }) => [line, line, keyword] as const);
  return [...own, ...placesOf(rest)].sort((a, b) => a[0] - b[0]);
}

const PIECES = [
  ...[
    '# escape=`',
    '# syntax=x',
    '# a comment',
    '',
    '  ',
    'FROM x AS y',
    ' from x',
    'FROM',
    'COPY a b',
    '\tRun echo "# no comment"',
  ],
  ...[
    'RUN echo \\',
    'RUN echo `',
    'RUN a \\  ',
    'RUN a\\tb',
    '  && b',
    '  && b \\',
    'RUN <<EOF',
    'COPY <<-A <<B /',
    'EOF',
    '\tA',
    'B',
  ],
  ...[
    'COPY --from=x a b',
    'RUN x --y',
    'ENV A=1 B',
    'CMD',
    'nonsense',
    'RU\\',
    'N echo',
    'ADD a b\r',
    '\r',
    'ONBUILD RUN x',
    'RUN é',
  ],
  ...['COPY\\ a', '12 34', 'RUN a # b', 'RUN a \\ # b', '\ufeffFROM x', 'FROMAGE a', 'FROM-x a'],
];

describe('takePlainLines', () => {
  it('leaves FROM, flags, heredocs and what is continued to the parser', () => {
    const text = ['FROM x', 'COPY a b', 'RUN a \\', '  b', 'COPY --link a b', 'ENV A=1', 'RUN <<E', 'ENV B=1', 'E', ''].join(
      '\n',
    );
    expect(takePlainLines(text).plain).toEqual([
      { line: 2, keyword: 'COPY' },
      { line: 6, keyword: 'ENV' },
    ]);
  });

  it('finds the same instructions as the parser alone, whatever the lines are', () => {
    let seed = 1;
    const next = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * below);
    };
    for (let round = 0; round < 3000; round++) {
      const text = Array.from({ length: 1 + next(9) }, () => PIECES[next(PIECES.length)]).join(next(8) === 0 ? '\r\n' : '\n');
      expect(placesOfSplit(text), JSON.stringify(text)).toEqual(placesOf(text));
    }
  });
});
