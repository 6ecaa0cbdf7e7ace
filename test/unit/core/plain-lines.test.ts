import { DockerfileParser } from 'dockerfile-ast';
import { describe, expect, it } from 'vitest';
import { type Parts, takePlainLines } from '../../../src/core/dockerfile/plain-lines.js';
import { partsOfNode } from '../../../src/core/dockerfile/plan.js';

/** Where each instruction is, and what FROM and the instructions with flags consist of. */
function seenByParser(text: string) {
  return DockerfileParser.parse(text)
    .getInstructions()
    .map((node) => {
      const { start, end } = node.getRange();
      const lines = [start.line + 1, end.line + 1] as const;
      return { lines, keyword: node.getKeyword(), ...askedParts(node.getKeyword(), partsOfNode(node)) };
    });
}

function seen(text: string) {
  const { plain, rest } = takePlainLines(text);
  const own = plain.map(({ line, keyword, parts }) => ({
    ...{ lines: [line, line] as const, keyword },
    ...askedParts(keyword, parts),
  }));
  return [...own, ...seenByParser(rest)].sort((a, b) => a.lines[0] - b.lines[0]);
}

function askedParts(keyword: string, { flags, args }: Parts): Partial<Parts> {
  if (keyword === 'FROM') return { flags, args };
  return keyword === 'COPY' || keyword === 'RUN' ? { flags } : {};
}

const PIECES = [
  ...[
    'FROM --platform=x a AS b',
    'FROM --platform a',
    'FROM --a=b --platform=x c as d e',
    'FROM a as',
    'FROM a b c',
    'FROM a--b AS c',
  ],
  ...[
    'COPY --from=x --link a b',
    'COPY --from= a b',
    'COPY a --from=x b',
    'COPY a--b --from=x c',
    'RUN --mount=type=cache,from=a x',
  ],
  ...[
    'COPY --from="x" a b',
    'FROM $A AS b',
    'FROM a # b',
    'RUN --mount=a=b=c\tx',
    'FROM --=a b',
    'COPY -- a',
    'COPY --from=x ["a", "b"]',
    'RUN ["a", "--b"]',
    'COPY [ "--a", "b" ]',
    'RUN ["a", "--b"] || c --d',
  ],
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
  it('leaves heredocs and what is continued to the parser', () => {
    const text = ['FROM x', 'COPY a b', 'RUN a \\', '  b', 'COPY --link a b', 'ENV A=1', 'RUN <<E', 'ENV B=1', 'E', ''].join(
      '\n',
    );
    expect(takePlainLines(text).plain.map(({ line, keyword }) => [line, keyword])).toEqual([
      [1, 'FROM'],
      [2, 'COPY'],
      [5, 'COPY'],
      [6, 'ENV'],
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
      expect(seen(text), JSON.stringify(text)).toEqual(seenByParser(text));
    }
  });
});
