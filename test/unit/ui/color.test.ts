import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { DEFAULT_COLOR, RGB_COLOR } from '../../../src/term/types.js';
import { AttributeTable, BOLD, INVERSE } from '../../../src/ui/host/attributes.js';
import { parseColor, reduceColor } from '../../../src/ui/theme/color.js';
import { ROLES } from '../../../src/ui/theme/roles.js';
import { loadTheme, parseTheme, styleOf } from '../../../src/ui/theme/theme.js';

const THEMES = fileURLToPath(new URL('../../../themes', import.meta.url));

describe('colours', () => {
  test('are read by name, number and value', () => {
    expect(parseColor('red')).toBe(1);
    expect(parseColor('brightBlack')).toBe(8);
    expect(parseColor('#ff8800')).toBe(RGB_COLOR | 0xff8800);
    expect(parseColor('208')).toBe(208);
    expect(parseColor('256')).toBeNull();
    expect(parseColor('beige-ish')).toBeNull();
  });

  test('are reduced to what the terminal has', () => {
    const orange = RGB_COLOR | 0xff8700;
    expect(reduceColor(orange, 'truecolor')).toBe(orange);
    expect(reduceColor(orange, '256')).toBe(208);
    expect(reduceColor(RGB_COLOR | 0xff0000, '16')).toBe(9);
    expect(reduceColor(orange, 'mono')).toBe(DEFAULT_COLOR);
    expect(reduceColor(3, '16')).toBe(3);
  });

  test('become SGR parameters of the depth', () => {
    const table = new AttributeTable('truecolor');
    expect(table.sgr(table.intern(RGB_COLOR | 0x010203, 4, BOLD))).toBe('1;38;2;1;2;3;44');
    expect(table.sgr(table.intern(9, DEFAULT_COLOR, 0))).toBe('91');
    const mono = new AttributeTable('mono');
    expect(mono.sgr(mono.intern(RGB_COLOR | 0x010203, 4, INVERSE))).toBe('7');
  });
});

describe('themes', () => {
  for (const name of ['dark', 'light']) {
    test(`${name} has a look for every role and no bad entry`, () => {
      const theme = loadTheme(name, THEMES);
      expect(theme.warnings).toEqual([]);
      expect(ROLES.filter((role) => theme.roles[role] === undefined)).toEqual([]);
    });

    test(`${name} names no colour that the panels could not have without it`, () => {
      expect(readFileSync(`${THEMES}/${name}.json`, 'utf8')).not.toMatch(/steps|logs|panel/);
    });

    test(`${name} tells failed and done apart without colours`, () => {
      const theme = loadTheme(name, THEMES);
      expect(styleOf(theme, 'selection.focus', 'mono').inverse).toBe(true);
      expect(styleOf(theme, 'status.failed', 'mono')).not.toEqual(styleOf(theme, 'status.done', 'mono'));
    });
  }

  test('a bad entry is a warning and plain text', () => {
    const theme = parseTheme('mine', { roles: { text: { fg: 'nope' }, nonsense: {}, dim: 3 } });
    expect(theme.warnings).toHaveLength(3);
    expect(styleOf(theme, 'dim', '256').fg).toBe(DEFAULT_COLOR);
  });

  test('an unknown theme says where it was looked for', () => {
    expect(() => loadTheme('none', THEMES)).toThrow(/theme "none" cannot be read/);
  });
});
