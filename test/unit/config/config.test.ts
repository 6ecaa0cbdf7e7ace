import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  backgroundOfColorFgBg,
  backgroundOfOsc11,
  DEFAULT_SETTINGS,
  loadSettings,
  parseSettings,
  resolveThemeName,
  settingsPath,
} from '../../../src/config/index.js';

describe('parseSettings', () => {
  it('takes what is right and warns about the rest', () => {
    const json = {
      theme: 'light',
      scrollbackRows: -1,
      mouse: 'no',
      glyphs: 'ascii',
      wheelRows: 2.5,
      nope: 1,
      constructor: 1,
      $schema: 'x',
    };
    const { settings, warnings } = parseSettings(JSON.stringify(json));
    expect(settings).toEqual({ ...DEFAULT_SETTINGS, theme: 'light', glyphs: 'ascii' });
    expect(warnings).toEqual([
      'scrollbackRows: must be a whole number from 0 to 1000000, not -1; 10000 is used',
      'mouse: must be true or false, not "no"; true is used',
      'wheelRows: must be a whole number from 1 to 100, not 2.5; 3 is used',
      'nope: there is no such setting',
      'constructor: there is no such setting',
    ]);
  });

  it.each(['', '{', '[]', 'null', '"x"', '7'])('has the defaults for %j', (json) => {
    const { settings, warnings } = parseSettings(json);
    expect(settings).toEqual(DEFAULT_SETTINGS);
    expect(warnings).toHaveLength(1);
  });

  it('has nothing to say about an empty object', () => {
    expect(parseSettings('{}')).toEqual({ settings: DEFAULT_SETTINGS, warnings: [] });
  });
});

describe('loadSettings', () => {
  it('is silent about a file that is not there, and names one that cannot be read', () => {
    const dir = mkdtempSync(join(tmpdir(), 'bxtui-config-'));
    const path = settingsPath({ XDG_CONFIG_HOME: dir });
    expect(loadSettings(path)).toEqual({ settings: DEFAULT_SETTINGS, warnings: [] });
    mkdirSync(path, { recursive: true });
    expect(loadSettings(path).warnings[0]).toBe(`${path}: cannot be read (it is a directory); the defaults are used`);
    rmSync(path, { recursive: true });
    writeFileSync(path, '{"mouse": false, "x": 1}');
    expect(loadSettings(path)).toEqual({
      settings: { ...DEFAULT_SETTINGS, mouse: false },
      warnings: [`${path}: x: there is no such setting`],
    });
    rmSync(dir, { recursive: true });
  });

  it('lies where the XDG specification says', () => {
    expect(settingsPath({ XDG_CONFIG_HOME: '/x' }, '/home/me')).toBe('/x/bxtui/config.json');
    expect(settingsPath({}, '/home/me')).toBe('/home/me/.config/bxtui/config.json');
    expect(settingsPath({ XDG_CONFIG_HOME: 'relative' }, '/home/me')).toBe('/home/me/.config/bxtui/config.json');
  });
});

describe('the background', () => {
  it.each([
    ['15;0', 'dark'],
    ['0;15', 'light'],
    ['0;default;7', 'light'],
    ['15;8', 'dark'],
    ['0;16', null],
    ['0;default', null],
    ['', null],
    [undefined, null],
  ])('of COLORFGBG %j is %j', (value, expected) => {
    expect(backgroundOfColorFgBg(value)).toBe(expected);
  });

  it.each([
    ['\u001b]11;rgb:0000/0000/0000\u001b\\', 'dark'],
    ['\u001b]11;rgb:ffff/ffff/ffff\u0007', 'light'],
    ['\u001b]11;rgb:fd/f6/e3\u001b\\', 'light'],
    ['\u001b]11;rgba:1e1e/1e1e/2e2e/ffff\u0007', 'dark'],
    ['\u001b]11;rgb:f/f/f\u0007', 'light'],
    ['\u001b]10;rgb:ffff/ffff/ffff\u0007', null],
    ['junk', null],
  ])('of the answer %j is %j', (answer, expected) => {
    expect(backgroundOfOsc11(answer)).toBe(expected);
  });

  it('decides only when the theme is auto', () => {
    expect(resolveThemeName('auto', 'light')).toBe('light');
    expect(resolveThemeName('auto', null)).toBe('dark');
    expect(resolveThemeName('light', 'dark')).toBe('light');
  });
});
