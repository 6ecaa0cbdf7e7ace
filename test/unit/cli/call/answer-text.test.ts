import { describe, expect, it } from 'vitest';
import { callsText, lintError, lintText, outlineText, targetsText } from '../../../../src/cli/call/answer-text.js';
import { printAnswer } from '../../../../src/cli/call/print-answer.js';
import { parseCall } from '../../../../src/cli/values/call.js';

const SOURCE = Buffer.from('FROM scratch\nLABEL a b\nCMD x\n').toString('base64');
const at = (line: number) => ({ ranges: [{ start: { line }, end: { line } }] });
const LINT = {
  warnings: [
    { ruleName: 'Later', detail: 'second', location: at(3) },
    { ruleName: 'First', url: 'https://rule', detail: 'first', location: at(2) },
  ],
  sources: [{ filename: 'Dockerfile', data: SOURCE }],
};

describe('parseCall', () => {
  it.each([
    ['', null],
    ['build', null],
    ['check', { method: 'lint', format: 'text', ignoresStatus: false }],
    ['lint,ignorestatus=1', { method: 'lint', format: 'text', ignoresStatus: true }],
    ['format=json,outline', { method: 'outline', format: 'json', ignoresStatus: false }],
  ])('reads %j', (text, expected) => {
    expect(parseCall(text)).toEqual(expected);
  });

  it.each(['check,outline', 'check,error=true', 'check,ignorestatus=perhaps'])('refuses %j', (text) => {
    expect(() => parseCall(text)).toThrow(`--call ${text}`);
  });
});

describe('answers in text', () => {
  it('has the warnings of a check by their lines', () => {
    expect(lintText(LINT, 'dir/Dockerfile')).toEqual([
      'Check complete, 2 warnings have been found!',
      '',
      'WARNING: First - https://rule',
      'first',
      'dir/Dockerfile:2',
      '--------------------',
      '   1 |     FROM scratch',
      '   2 | >>> LABEL a b',
      '   3 |     CMD x',
      '   4 |     ',
      '--------------------',
      '',
      'WARNING: Later',
      'second',
      'dir/Dockerfile:3',
      '--------------------',
      '   1 |     FROM scratch',
      '   2 |     LABEL a b',
      '   3 | >>> CMD x',
      '   4 |     ',
      '--------------------',
    ]);
    expect(lintText({}, 'Dockerfile')).toEqual(['Check complete, no warnings found.']);
  });

  it('has what cannot be built apart', () => {
    const broken = { ...LINT, warnings: [], buildError: { message: 'no such thing', location: at(1) } };
    expect(lintText(broken, 'D')).toEqual([]);
    expect(lintError(broken, 'D').slice(0, 2)).toEqual(['no such thing', 'D:1']);
    expect(lintError(LINT, 'D')).toEqual([]);
  });

  it('has outlines, targets and calls in columns', () => {
    const args = [
      { name: 'A', value: '1' },
      { name: 'LONGER', description: 'what it is' },
    ];
    expect(outlineText({ name: 'x', args, secrets: [{ name: 'key', required: true }] })).toEqual([
      'TARGET: x',
      '',
      'BUILD ARG   VALUE   DESCRIPTION',
      'A           1       ',
      'LONGER              what it is',
      '',
      'SECRET   REQUIRED',
      'key      true',
      '',
    ]);
    expect(targetsText({ targets: [{ name: 'a' }, { default: true, description: 'd' }] })).toEqual([
      'TARGET    DESCRIPTION',
      'a         ',
      '(default) d',
    ]);
    expect(callsText([{ name: 'frontend.lint', version: '1.0.0', description: 'Lint' }])).toEqual([
      'NAME VERSION DESCRIPTION',
      'lint 1.0.0   Lint',
    ]);
  });
});

describe('printAnswer', () => {
  const print = (text: string, metadata: Record<string, string>) => {
    const said = { out: [] as string[], errors: [] as string[] };
    const status = printAnswer(
      parseCall(text)!,
      { imageId: null, tags: [], outputs: [], metadata },
      {
        context: '.',
        file: null,
        print: (lines) => said.out.push(...lines),
        printError: (lines) => said.errors.push(...lines),
      },
    );
    return { status, ...said };
  };

  it('exits as the frontend says, unless that is not wanted', () => {
    const metadata = { 'result.json': JSON.stringify(LINT), 'result.statuscode': '1', version: '1.0.0' };
    expect(print('check', metadata)).toMatchObject({ status: 1, errors: [] });
    expect(print('check,ignorestatus=true', metadata)).toMatchObject({ status: 0 });
    expect(print('check,format=json', metadata).out).toEqual([metadata['result.json']]);
  });

  it('takes the text of an answer that is newer than what is known here', () => {
    expect(print('outline', { 'result.json': '{}', 'result.txt': 'as told\n', version: '1.1.0' }).out).toEqual(['as told']);
    expect(print('other', { 'result.txt': 'as \x1b[2Jtold' }).out).toEqual(['as told']);
  });

  it('says that it cannot read what is no JSON', () => {
    expect(() => print('targets', { 'result.json': 'no' })).toThrow('no JSON');
  });
});
