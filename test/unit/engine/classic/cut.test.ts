// biome-ignore-all lint/suspicious/noTemplateCurlyInString: arguments of Dockerfiles look like it.
/** The Dockerfile that is sent for a pending step: only what the step needs, every instruction on its line. */
import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../../src/core/dockerfile/index.js';
import { cutBefore, wholeBuild } from '../../../../src/engine/classic/cut.js';

const FILE = `ARG V=1
FROM scratch AS base
ARG A
COPY a /a
FROM base AS slow
RUN \\
  make slow
FROM base AS last
RUN one
COPY --from=slow /x /x
RUN two
`;
const plan = parseDockerfile(FILE);
const cut = (
  text: string,
  images: ReadonlyArray<readonly [string, string]> = [],
  dockerfileText = FILE,
  buildArgs: ReadonlyArray<readonly [string, string | null]> = [],
) => {
  const plan = parseDockerfile(dockerfileText);
  const step = (text: string) => plan.instructions.find((one) => one.text.includes(text))!;
  const done = new Map(images.map(([name, image]) => [step(name).key, image]));
  const { text: sent, sent: steps } = cutBefore({ plan, dockerfileText, buildArgs }, step(text), done);
  return { lines: sent.trimEnd().split('\n'), shown: steps.filter(({ isHidden }) => !isHidden).map((one) => one.step.text) };
};

describe('a build up to a step', () => {
  it('leaves out what the step does not need, also what its stage needs later', () => {
    const { lines, shown } = cut('RUN one');
    expect(lines).toEqual([
      'ARG V=1',
      'FROM scratch AS base',
      'ARG A',
      'COPY a /a',
      'FROM scratch AS slow',
      '',
      '',
      'FROM base AS last',
      'RUN one',
    ]);
    expect(shown).not.toContain('FROM base AS slow');
  });

  it('keeps the stages that are copied from', () => {
    expect(cut('COPY --from').lines.slice(4, 7)).toEqual(['FROM base AS slow', 'RUN \\', '  make slow']);
  });

  it('begins with the image of what is done, and with its arguments', () => {
    const { lines, shown } = cut('RUN two', [
      ['COPY a', 'aaa'],
      ['RUN one', 'bbb'],
      ['make slow', 'ccc'],
    ]);
    expect(lines).toEqual([
      'ARG V=1',
      'FROM aaa AS base',
      'ARG A',
      '',
      'FROM ccc AS slow',
      '',
      '',
      'FROM bbb AS last',
      '',
      'COPY --from=slow /x /x',
      'RUN two',
    ]);
    expect(shown).toEqual(['COPY --from=slow /x /x', 'RUN two']);
  });
});

describe('stages that are named otherwise', () => {
  const needed = (file: string, step: string, buildArgs: ReadonlyArray<readonly [string, string | null]> = []) =>
    cut(step, [], file, buildArgs)
      .lines.filter((line) => /^FROM (?!scratch)/.test(line))
      .map((line) => line.replace(/^FROM /, ''));
  const FILE = `ARG B=one
FROM alpine AS one
FROM alpine AS two
FROM \${B:-two} AS three
RUN true
`;

  it('are kept where an argument names them', () => {
    expect(needed(FILE, 'RUN true')).toEqual(['alpine AS one', '${B:-two} AS three']);
    expect(needed(FILE, 'RUN true', [['B', 'two']])).toEqual(['alpine AS two', '${B:-two} AS three']);
    expect(needed(FILE.replace('=one', ''), 'RUN true')).toEqual(['alpine AS two', '${B:-two} AS three']);
    expect(needed(FILE, 'RUN true', [['B', 'debian']])).toEqual(['${B:-two} AS three']);
  });

  it('are kept where only a number or a trigger names them', () => {
    const file =
      'FROM alpine AS zero\nFROM alpine AS onb\nONBUILD COPY --from=late /x /x\nFROM alpine AS late\nFROM onb\nRUN here';
    expect(needed(file, 'RUN here')).toEqual(['alpine AS onb', 'alpine AS late', 'onb']);
    const copied = 'FROM alpine\nFROM alpine AS one\nFROM debian\nCOPY --from=0 /x /x\nRUN here';
    expect(needed(copied, 'RUN here')).toEqual(['alpine', 'debian']);
    expect(needed(copied, 'FROM debian')).toEqual(['debian']);
  });

  it('are not those that only look like it', () => {
    const file = 'FROM alpine AS one\nFROM debian\nRUN echo " --from=one"\nCOPY --from=$X /x /x\nRUN here';
    expect(needed(file, 'RUN here')).toEqual(['debian']);
  });
});

describe('a whole build', () => {
  it('has every stage up to its target', () => {
    expect(
      wholeBuild(plan, 'SLOW')
        .map((one) => one.step.text)
        .at(-1),
    ).toContain('make slow');
    expect(wholeBuild(plan, null)).toHaveLength(plan.instructions.length);
    expect(wholeBuild(plan, 'none')).toEqual([]);
  });
});
