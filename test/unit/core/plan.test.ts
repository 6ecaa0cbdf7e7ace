import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../src/core/dockerfile/index.js';

const text = [
  '# syntax=docker/dockerfile:1',
  'ARG V=1',
  'FROM scratch AS base',
  'COPY busybox /bin/busybox',
  'FROM base as Deps',
  'RUN --mount=type=cache,target=/c,from=base --network=none echo hi \\',
  '  # a comment',
  '  && echo \\',
  '',
  '  ho',
  'RUN <<EOF',
  'echo a',
  'EOF',
  'FROM deps',
  'COPY --from=base --link /a /b',
  'copy --from=1 /a /b',
  'CMD ["x"]',
  '',
].join('\n');

describe('parseDockerfile', () => {
  it('numbers every instruction from the first FROM on, with its lines and one-line text', () => {
    const plan = parseDockerfile(text);
    expect(plan.instructions.map((i) => [i.number, i.stage, i.lines.start, i.lines.end, i.text])).toEqual([
      [1, 0, 3, 3, 'FROM scratch AS base'],
      [2, 0, 4, 4, 'COPY busybox /bin/busybox'],
      [3, 1, 5, 5, 'FROM base as Deps'],
      [4, 1, 6, 10, 'RUN --mount=type=cache,target=/c,from=base --network=none echo hi && echo ho'],
      [5, 1, 11, 13, 'RUN <<EOF (echo a)'],
      [6, 2, 14, 14, 'FROM deps'],
      [7, 2, 15, 15, 'COPY --from=base --link /a /b'],
      [8, 2, 16, 16, 'copy --from=1 /a /b'],
      [9, 2, 17, 17, 'CMD ["x"]'],
    ]);
    expect(plan.instructions[7]?.instruction).toBe('COPY');
  });

  it('knows which stages a stage takes from, by name and by index, names without case', () => {
    const plan = parseDockerfile(text);
    expect(plan.stages.map((s) => [s.label, s.name, s.from])).toEqual([
      ['base', 'base', []],
      ['deps', 'deps', ['base']],
      ['stage-2', null, ['deps', 'base']],
    ]);
  });

  it('reads CRLF files and a changed escape character', () => {
    const plan = parseDockerfile('# escape=`\r\nFROM x\r\nRUN dir `\r\n  c:\\\r\n');
    expect(plan.instructions.map((i) => i.text)).toEqual(['FROM x', 'RUN dir c:\\']);
  });

  it.each([
    ['RUN <<EOF\n#!/bin/sh\nset -eu\n\n  make all\nmake check\nEOF', 'RUN <<EOF (make all …)'],
    ['RUN --mount=type=cache,target=/c <<-"END"\n\tmake\n\tEND', 'RUN --mount=type=cache,target=/c <<-"END" (make)'],
    ['RUN <<EOF\nset -e\nEOF', 'RUN <<EOF …'],
    ['RUN python3 <<EOF\nprint(1)\nEOF', 'RUN python3 <<EOF …'],
    ['COPY <<EOF /x\nhello\nEOF', 'COPY <<EOF /x …'],
  ])('shows of the heredoc %j the first command where it is the script', (instruction, shown) => {
    expect(parseDockerfile(`FROM x\n${instruction}\n`).instructions[1]?.text).toBe(shown);
  });

  it.each(['', '\n\n', 'not a dockerfile', '\0\u001b[31m', 'FROM', 'RUN x\nFROM y', '<<EOF'])('survives %j', (broken) => {
    expect(() => parseDockerfile(broken)).not.toThrow();
  });
});
