import { describe, expect, it } from 'vitest';
import { parseServerConfig } from '../../../src/config/server-config.js';
import { BxError } from '../../../src/platform/errors.js';

const refusal = (text: string): string => {
  try {
    parseServerConfig(text, 'server.toml');
  } catch (error) {
    if (error instanceof BxError) return error.message;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
};

describe('parseServerConfig', () => {
  it('reads what buildx has, and the idle limit', () => {
    const text = [
      '\ufeff# for the build machine',
      'root = "/srv/bx"   # short',
      "log_file = '/var/log/b\\x.log'",
      '  log_level="debug"',
      '',
      'idle = "1h30m"',
    ].join('\r\n');
    expect(parseServerConfig(text, 'f')).toEqual({
      root: '/srv/bx',
      logFile: '/var/log/b\\x.log',
      logLevel: 'debug',
      idleHours: 1.5,
    });
  });

  it('is empty without anything', () => {
    expect(parseServerConfig('', 'f')).toEqual({ root: null, logFile: null, logLevel: null, idleHours: null });
  });

  it.each([
    ['root = "a\\tb\\u00e9\\"#"', 'a\tbé"#'],
    ["root = '#'", '#'],
    ['root = ""', ''],
  ])('%s', (text, root) => expect(parseServerConfig(text, 'f').root).toBe(root));

  it.each([
    ['24h', 24],
    ['90m', 1.5],
    ['2d', 48],
    ['never', 0],
    ['0', 0],
    ['36s', 0.01],
  ])('idle = "%s"', (text, hours) => expect(parseServerConfig(`idle = "${text}"`, 'f').idleHours).toBeCloseTo(hours));

  it.each([
    ['root "x"', 'server.toml:1: not a line of the form key = value: root "x"'],
    ['\nnope = 1', 'server.toml:2: unknown key nope'],
    ['[server]', 'server.toml:1: there are no tables here: [server]'],
    ['root = x', 'server.toml:1: the value of root cannot be read: x'],
    ['root = "a', 'server.toml:1: the value of root cannot be read: "a'],
    ['root = "a" b', 'server.toml:1: the value of root cannot be read: "a" b'],
    ['root = "\\q"', 'server.toml:1: the value of root cannot be read: "\\q"'],
    ['root = 1_0', 'server.toml:1: root must be a text in quotes, not 10'],
    ['root = true', 'server.toml:1: root must be a text in quotes, not true'],
    ['root = "a"\nroot = "b"', 'server.toml:2: root is set twice, before on line 1'],
    ['log_level = "loud"', 'server.toml:1: log_level "loud" must be one of trace, debug, info, warn, error, fatal, panic'],
    ['idle = "soon"', 'server.toml:1: idle "soon" is no duration'],
  ])('%j is refused by file and line', (text, message) => expect(refusal(text)).toBe(message));
});
