import { describe, expect, it } from 'vitest';
import { DEFAULT_LEAVE_KEY, parseLeaveKey, parseLeaveKeys } from '../../../src/input/leave-key.js';
import { BxError } from '../../../src/platform/errors.js';

describe('the leave key', () => {
  it('is Ctrl-] by default', () => {
    expect(DEFAULT_LEAVE_KEY).toMatchObject({ key: 'C-]', label: '^]', warning: null });
    expect([...DEFAULT_LEAVE_KEY.bytes]).toEqual([0x1d]);
  });

  it.each([
    ['ctrl-]', 'C-]', 0x1d],
    ['Ctrl+]', 'C-]', 0x1d],
    ['^]', 'C-]', 0x1d],
    ['0x1d', 'C-]', 0x1d],
    ['c-g', 'C-g', 0x07],
    ['ctrl-^', 'C-^', 0x1e],
    ['ctrl-_', 'C-_', 0x1f],
  ])('%s is %s', (setting, key, byte) => {
    const parsed = parseLeaveKey(setting);
    expect(parsed.key).toBe(key);
    expect([...parsed.bytes]).toEqual([byte]);
  });

  it('may be a function key', () => {
    expect(parseLeaveKey('F12')).toMatchObject({ key: 'f12', label: 'F12' });
    expect(Buffer.from(parseLeaveKey('f12').bytes).toString()).toBe('\x1b[24~');
  });

  it.each([
    'enter',
    'esc',
    'tab',
    'a',
    '',
    '^',
    'f0',
    'f13',
    '0x41',
    '0x1b',
    'ctrl-c',
    '^d',
    'ctrl-h',
    'ctrl-i',
    'ctrl-m',
    'ctrl-[',
    '^?',
    'ctrl-1',
  ])('is never %j', (setting) => {
    try {
      parseLeaveKey(setting);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(BxError);
      expect(error).toMatchObject({ code: 'usage', hint: expect.stringContaining('ctrl-]') });
    }
  });

  it.each(['ctrl-a', 'ctrl-b', 'ctrl-z'])('%s is taken with a warning', (setting) => {
    expect(parseLeaveKey(setting).warning).not.toBeNull();
  });
});

describe('parseLeaveKeys', () => {
  const read = (setting: string) => {
    const { label, bytes, second } = parseLeaveKeys(setting);
    return [label, [...bytes], second === null ? null : [...second]];
  };

  it.each([
    ['ctrl-]', ['^]', [0x1d], null]],
    ['f12', ['F12', [...Buffer.from('\u001b[24~')], null]],
    ['ctrl-a,c', ['^A c', [1], [0x63]]],
    [' ^A , d ', ['^A d', [1], [0x64]]],
  ])('%s', (setting, expected) => expect(read(setting)).toEqual(expected));

  it.each(['ctrl-c,c', 'ctrl-a,cc', 'ctrl-a,', 'a,c'])('%s is refused', (setting) => {
    expect(() => parseLeaveKeys(setting)).toThrow('cannot be the key that leaves the terminal');
  });

  it('is refused where one key has to do, with the reason', () => {
    expect(() => parseLeaveKey('ctrl-a,c')).toThrow('only the line-mode monitor takes two keys');
  });
});
