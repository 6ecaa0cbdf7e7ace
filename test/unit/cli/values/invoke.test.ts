import { describe, expect, it } from 'vitest';
import { parseInvoke } from '../../../../src/cli/values/invoke.js';

const SHELL = { args: null, env: [], user: null, cwd: null, tty: true };

describe('parseInvoke', () => {
  it.each([
    ['', SHELL],
    ['default', SHELL],
    ['on-error', { ...SHELL, args: ['/bin/sh'] }],
    ['/bin/bash', { ...SHELL, args: ['/bin/bash'] }],
    ['ls -l /', { ...SHELL, args: ['ls -l /'] }],
    ['"a,b"', { ...SHELL, args: ['a,b'] }],
  ])('reads the short form %j', (text, expected) => {
    expect(parseInvoke(text)).toEqual(expected);
  });

  it('reads the record of the documentation', () => {
    expect(
      parseInvoke('entrypoint=["sh"],"args=[""-c"", ""env | grep -e FOO -e AAA""]","env=[""FOO=bar"", ""AAA=bbb""]"'),
    ).toEqual({ ...SHELL, args: ['sh', '-c', 'env | grep -e FOO -e AAA'], env: ['FOO=bar', 'AAA=bbb'] });
  });

  it.each([
    ['args=ls', { ...SHELL, args: ['ls'] }],
    ['ARGS=ls,Entrypoint=env', { ...SHELL, args: ['env', 'ls'] }],
    ['env=A=1,env=B=2', { ...SHELL, env: ['A=1', 'B=2'] }],
    ['"env=[""A=1""]",env=[1]', { ...SHELL, env: ['A=1', '[1]'] }],
    ['user=me,cwd=/srv,tty=F', { ...SHELL, user: 'me', cwd: '/srv', tty: false }],
    ['args=a"b', { ...SHELL, args: ['a"b'] }],
  ])('reads the long form %j', (text, expected) => {
    expect(parseInvoke(text)).toEqual(expected);
  });

  it.each([
    ['args=ls,nope', 'invalid field "nope"'],
    ['shell=sh', 'unknown key "shell"'],
    ['tty=yes', 'invalid value "yes" of tty'],
  ])('refuses %j', (text, message) => {
    expect(() => parseInvoke(text)).toThrow(message);
  });
});
