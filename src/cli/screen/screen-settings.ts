/** What the screen and the terminal passthrough are set to: the command line over the settings file over what the terminal tells. */
import {
  backgroundOfColorFgBg,
  DEFAULT_SETTINGS,
  loadSettings,
  resolveThemeName,
  type Settings,
  settingsPath,
} from '../../config/index.js';
import { DEFAULT_LEAVE_KEY, type LeaveKey, type LeaveKeys, parseLeaveKey, parseLeaveKeys } from '../../input/leave-key.js';
import { toBxError } from '../../platform/errors.js';
import type { ScreenHandle } from '../../ui/index.js';
import type { BuildOptions } from '../build/build-options.js';

/** The settings file as it is now; what is wrong with it goes to `warn`. `parse`: reads the key that leaves a terminal. */
export function readSettings(warn: (warning: string) => void, parse: (setting: string) => LeaveKey = parseLeaveKey): Settings {
  const { settings, warnings } = loadSettings(settingsPath(process.env));
  for (const warning of warnings) warn(warning);
  try {
    parse(settings.leaveKey);
    return settings;
  } catch (error) {
    warn(`leaveKey: ${toBxError(error).message}; ${DEFAULT_LEAVE_KEY.label} is used`);
    return { ...settings, leaveKey: 'ctrl-]' };
  }
}

/** Throws `BxError('usage')` for a key on the command line that cannot be one. */
export function chooseLeaveKey(options: Pick<BuildOptions, 'leaveKey'>, settings: Settings): LeaveKey {
  return parseLeaveKey(options.leaveKey ?? settings.leaveKey);
}

/** For terminals that are shown as they are: the line-mode monitor, `bxtui exec`. Throws `BxError('usage')`. */
export function chooseLeaveKeys(options: Pick<BuildOptions, 'leaveKey'>, warn: (warning: string) => void): LeaveKeys {
  const settings = readSettings(warn, parseLeaveKeys);
  return parseLeaveKeys(options.leaveKey ?? settings.leaveKey);
}

export function chooseTheme(options: Pick<BuildOptions, 'theme'>, settings: Settings, env: NodeJS.ProcessEnv): string {
  return resolveThemeName(options.theme ?? settings.theme, backgroundOfColorFgBg(env.COLORFGBG));
}

/** One of the settings file that `load` throws for is warned about, and the default is used; one of the command line is not made up for. */
export function readTheme<Theme>(
  options: Pick<BuildOptions, 'theme'>,
  settings: Settings,
  env: NodeJS.ProcessEnv,
  load: (name: string) => Theme,
  warn: (warning: string) => void,
): { readonly theme: Theme; readonly settings: Settings } {
  try {
    return { theme: load(chooseTheme(options, settings, env)), settings };
  } catch (error) {
    if (options.theme !== null || settings.theme === DEFAULT_SETTINGS.theme) throw error;
    warn(`${settingsPath(env)}: ${toBxError(error).message}; "${DEFAULT_SETTINGS.theme}" is used`);
    return readTheme(options, { ...settings, theme: DEFAULT_SETTINGS.theme }, env, load, warn);
  }
}

/** Each of them; of several the last one stays in sight and says where the others are. */
export function tellWarnings(screen: Pick<ScreenHandle, 'notify'>, warnings: readonly string[]): void {
  for (const [index, warning] of warnings.entries()) {
    const isLastOfSeveral = index > 0 && index === warnings.length - 1;
    screen.notify('warning', warning, isLastOfSeveral ? '@ lists all messages.' : null);
  }
}

export function isThemeChosen(options: Pick<BuildOptions, 'theme'>, settings: Settings): boolean {
  return (options.theme ?? settings.theme) !== 'auto';
}

/** A theme that was named is read on whatever background there is: until the terminal is known to have the theme's kind, it brings its own. */
export function paintsGround(
  options: Pick<BuildOptions, 'theme'>,
  settings: Settings,
  env: NodeJS.ProcessEnv,
  isDark: boolean,
): boolean {
  return isThemeChosen(options, settings) && backgroundOfColorFgBg(env.COLORFGBG) !== (isDark ? 'dark' : 'light');
}

/** Whether the terminal is asked for its background (OSC 11). The Linux console prints what it does not know. */
export function asksForBackground(env: NodeJS.ProcessEnv, colorDepth: ReturnType<typeof chooseColorDepth>): boolean {
  return colorDepth !== 'mono' && env.TERM !== 'linux' && env.TERM !== 'dumb';
}

/** Characters beyond ASCII need a UTF-8 locale (POSIX: LC_ALL, then LC_CTYPE, then LANG) or a terminal known for them. */
export function chooseGlyphs(
  options: Pick<BuildOptions, 'glyphs'>,
  settings: Settings,
  env: NodeJS.ProcessEnv,
): 'unicode' | 'ascii' {
  const wish = options.glyphs ?? settings.glyphs;
  if (wish !== 'auto') return wish;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  if (env.TERM === 'linux') return 'ascii';
  return locale === '' || /utf-?8/i.test(locale) ? 'unicode' : 'ascii';
}

/** `NO_COLOR` (any value but the empty one) wins over what the terminal can, `--color` over both. */
export function chooseColorDepth(
  options: Pick<BuildOptions, 'color'>,
  settings: Settings,
  env: NodeJS.ProcessEnv,
): 'mono' | '16' | '256' | 'truecolor' {
  const given = options.color ?? settings.color;
  const wish = given === 'auto' && env.NO_COLOR ? 'never' : given;
  const term = env.TERM ?? '';
  if (wish === 'never' || (wish === 'auto' && (term === 'dumb' || /-m(ono)?$/.test(term)))) return 'mono';
  if (/^(truecolor|24bit)$/.test(env.COLORTERM ?? '') || /-direct$|kitty|alacritty|ghostty|wezterm/.test(term))
    return 'truecolor';
  return /256|tmux|screen|xterm|foot|st-/.test(term) ? '256' : '16';
}
