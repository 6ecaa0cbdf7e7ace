import { describe, expect, it } from 'vitest';
import { chooseFrontEnd } from '../../../../src/cli/build/front-end.js';

const WISH = { progress: 'auto', on: null, hasInvoke: false, writesToStdout: false } as const;
const TERMINAL = { stdinIsTerminal: true, stdoutIsTerminal: true, stderrIsTerminal: true, term: 'xterm' };
const PIPE = { stdinIsTerminal: false, stdoutIsTerminal: false, stderrIsTerminal: false, term: 'xterm' };

describe('chooseFrontEnd', () => {
  it('is the screen on a terminal, which opens a shell after an error and stays', () => {
    expect(chooseFrontEnd(WISH, TERMINAL)).toEqual({
      progress: 'screen',
      monitor: 'none',
      openOn: 'error',
      endsOnSuccess: false,
    });
  });

  it('does without the screen where no session has a process of its own', () => {
    const around = { ...TERMINAL, canServe: false };
    expect(chooseFrontEnd(WISH, around)).toMatchObject({ progress: 'tty', monitor: 'none', openOn: 'never' });
    expect(chooseFrontEnd({ ...WISH, on: 'error' }, around)).toMatchObject({
      progress: 'plain',
      monitor: 'terminal',
      openOn: 'error',
    });
  });

  it('ends the screen by itself after a success with an explicit --on=error', () => {
    expect(chooseFrontEnd({ ...WISH, on: 'error' }, TERMINAL)).toMatchObject({ openOn: 'error', endsOnSuccess: true });
    expect(chooseFrontEnd({ ...WISH, on: 'always' }, TERMINAL)).toMatchObject({ openOn: 'always', endsOnSuccess: false });
  });

  it('opens --invoke on success too when --on says nothing', () => {
    expect(chooseFrontEnd({ ...WISH, hasInvoke: true }, TERMINAL)).toMatchObject({ progress: 'screen', openOn: 'always' });
    expect(chooseFrontEnd({ ...WISH, hasInvoke: true, on: 'error' }, TERMINAL)).toMatchObject({ openOn: 'error' });
    expect(chooseFrontEnd({ ...WISH, hasInvoke: true }, PIPE)).toMatchObject({
      progress: 'plain',
      monitor: 'script',
      openOn: 'always',
    });
  });

  it('is plain and not interactive without a terminal', () => {
    const expected = { progress: 'plain', monitor: 'none', openOn: 'never' };
    expect(chooseFrontEnd(WISH, PIPE)).toMatchObject(expected);
    expect(chooseFrontEnd(WISH, { ...TERMINAL, stdinIsTerminal: false, stderrIsTerminal: false })).toMatchObject(expected);
    expect(chooseFrontEnd(WISH, { ...TERMINAL, term: 'dumb' })).toMatchObject(expected);
  });

  it('is compact where only the messages go to a terminal', () => {
    const expected = { progress: 'tty', monitor: 'none', openOn: 'never' };
    expect(chooseFrontEnd(WISH, { ...TERMINAL, stdinIsTerminal: false })).toMatchObject(expected);
    expect(chooseFrontEnd(WISH, { ...TERMINAL, stdoutIsTerminal: false })).toMatchObject(expected);
    expect(chooseFrontEnd({ ...WISH, writesToStdout: true }, { ...TERMINAL, stdoutIsTerminal: false })).toMatchObject(expected);
    expect(chooseFrontEnd({ ...WISH, progress: 'tty' }, TERMINAL)).toMatchObject(expected);
  });

  it('is plain with the monitor, and compact nowhere but on a terminal', () => {
    const debugged = { ...WISH, progress: 'tty', on: 'error' } as const;
    expect(chooseFrontEnd(debugged, TERMINAL)).toMatchObject({ progress: 'plain', monitor: 'terminal' });
    expect(() => chooseFrontEnd({ ...WISH, progress: 'tty' }, PIPE)).toThrow('no terminal');
  });

  it.each(['rawjson', 'none', 'quiet', 'plain'] as const)('is %s wherever that is asked for', (progress) => {
    expect(chooseFrontEnd({ ...WISH, progress }, TERMINAL).progress).toBe(progress);
    expect(chooseFrontEnd({ ...WISH, progress }, PIPE).progress).toBe(progress);
  });

  it.each([
    ['a prompt on a terminal', { progress: 'plain', on: 'error' }, TERMINAL, 'terminal'],
    ['commands from a pipe', { on: 'always' }, { ...TERMINAL, stdinIsTerminal: false }, 'script'],
    ['commands from a pipe into a file', { on: 'error' }, PIPE, 'script'],
    [
      'nothing when the answers are not seen',
      { progress: 'plain', on: 'error' },
      { ...TERMINAL, stdoutIsTerminal: false },
      'none',
    ],
    ['nothing without --on and --invoke', { progress: 'plain' }, TERMINAL, 'none'],
  ] as const)('reads %s', (_name, wish, around, monitor) => {
    const frontEnd = chooseFrontEnd({ ...WISH, ...wish }, around);
    expect(frontEnd.monitor).toBe(monitor);
    expect(frontEnd.openOn === 'never').toBe(monitor === 'none');
  });

  it('keeps quiet progress with the monitor', () => {
    expect(chooseFrontEnd({ ...WISH, progress: 'quiet', on: 'error' }, PIPE)).toMatchObject({
      progress: 'quiet',
      monitor: 'script',
    });
  });
});
