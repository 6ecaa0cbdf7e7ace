import { describe, expect, it } from 'vitest';
import {
  chooseColorDepth,
  chooseGlyphs,
  chooseLeaveKey,
  chooseTheme,
  paintsGround,
  readTheme,
  tellWarnings,
} from '../../../../src/cli/screen/screen-settings.js';
import { DEFAULT_SETTINGS } from '../../../../src/config/index.js';
import { BxError } from '../../../../src/platform/errors.js';

const color = (env: NodeJS.ProcessEnv, given: 'auto' | 'always' | 'never' | null = null) =>
  chooseColorDepth({ color: given }, DEFAULT_SETTINGS, env);

describe('the settings of the screen', () => {
  it.each([
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 'truecolor'],
    [{ TERM: 'tmux-256color' }, '256'],
    [{ TERM: 'xterm-kitty' }, 'truecolor'],
    [{ TERM: 'linux' }, '16'],
    [{ TERM: 'vt100' }, '16'],
    [{ TERM: 'dumb' }, 'mono'],
    [{ TERM: 'xterm-256color', NO_COLOR: '1' }, 'mono'],
    [{ TERM: 'xterm-256color', NO_COLOR: '' }, '256'],
  ])('have the colours of %j', (env, depth) => {
    expect(color(env)).toBe(depth);
  });

  it('let --color win over the environment', () => {
    expect(color({ TERM: 'xterm-256color', NO_COLOR: '1' }, 'always')).toBe('256');
    expect(color({ TERM: 'xterm-256color' }, 'never')).toBe('mono');
  });

  it('use ASCII where the locale is none of UTF-8', () => {
    const glyphs = (env: NodeJS.ProcessEnv) => chooseGlyphs({ glyphs: null }, DEFAULT_SETTINGS, env);
    expect(glyphs({ LANG: 'en_US.UTF-8' })).toBe('unicode');
    expect(glyphs({ LC_ALL: 'C', LANG: 'en_US.UTF-8' })).toBe('ascii');
    expect(glyphs({})).toBe('unicode');
    expect(glyphs({ TERM: 'linux', LANG: 'C.utf8' })).toBe('ascii');
    expect(chooseGlyphs({ glyphs: 'ascii' }, DEFAULT_SETTINGS, { LANG: 'C.UTF-8' })).toBe('ascii');
  });

  it('have a ground painted by a theme that was named, unless the terminal is known to have such a one', () => {
    const paints = (theme: string | null, isDark: boolean, COLORFGBG?: string) =>
      paintsGround({ theme }, DEFAULT_SETTINGS, COLORFGBG === undefined ? {} : { COLORFGBG }, isDark);
    expect(paints(null, true)).toBe(false);
    expect(paints('auto', true, '0;15')).toBe(false);
    expect(paints('light', false)).toBe(true);
    expect(paints('light', false, '15;0')).toBe(true);
    expect(paints('light', false, '0;15')).toBe(false);
    expect(paints('dark', true, '0;15')).toBe(true);
  });

  it('take the command line before the file', () => {
    expect(chooseTheme({ theme: null }, { ...DEFAULT_SETTINGS, theme: 'x' }, { COLORFGBG: '0;15' })).toBe('x');
    expect(chooseTheme({ theme: 'auto' }, { ...DEFAULT_SETTINGS, theme: 'x' }, { COLORFGBG: '0;15' })).toBe('light');
    expect(chooseLeaveKey({ leaveKey: 'f12' }, DEFAULT_SETTINGS).label).toBe('F12');
    expect(() => chooseLeaveKey({ leaveKey: 'enter' }, DEFAULT_SETTINGS)).toThrow();
  });

  it('have the default in place of a theme of the file that cannot be read, and say so', () => {
    const load = (name: string): string => {
      if (name === 'nope') throw new BxError('input', `theme "${name}" cannot be read`);
      return name;
    };
    const read = (given: string | null, inFile: string) => {
      const warnings: string[] = [];
      const env = { XDG_CONFIG_HOME: '/c', COLORFGBG: '0;15' };
      const { theme, settings } = readTheme({ theme: given }, { ...DEFAULT_SETTINGS, theme: inFile }, env, load, (warning) =>
        warnings.push(warning),
      );
      return { theme, inFile: settings.theme, warnings };
    };
    expect(read(null, 'x')).toEqual({ theme: 'x', inFile: 'x', warnings: [] });
    expect(read('y', 'nope')).toEqual({ theme: 'y', inFile: 'nope', warnings: [] });
    const warnings = ['/c/bxtui/config.json: theme "nope" cannot be read; "auto" is used'];
    expect(read(null, 'nope')).toEqual({ theme: 'light', inFile: 'auto', warnings });
    expect(() => read('nope', 'x')).toThrow('theme "nope" cannot be read');
  });

  it('are told on the screen, each of what is wrong with them', () => {
    const told: unknown[] = [];
    const screen = { notify: (...said: unknown[]) => void told.push(said) };
    tellWarnings(screen, ['a']);
    tellWarnings(screen, ['a', 'b']);
    expect(told).toEqual([
      ['warning', 'a', null],
      ['warning', 'a', null],
      ['warning', 'b', '@ lists all messages.'],
    ]);
  });
});
