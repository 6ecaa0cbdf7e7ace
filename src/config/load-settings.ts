/** Finds and reads the settings file. What cannot be read is a warning, a file that is not there is nothing. */

import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { homeDirectory } from '../platform/person.js';
import { reasonOf } from '../platform/reason.js';
import { DEFAULT_SETTINGS, parseSettings, type SettingsResult } from './settings.js';

/** `$XDG_CONFIG_HOME/bxtui/config.json`, by default below `~/.config` (XDG Base Directory Specification: a relative path is ignored). */
export function settingsPath(env: NodeJS.ProcessEnv, home: string = homeDirectory()): string {
  const base = env.XDG_CONFIG_HOME;
  return join(base !== undefined && isAbsolute(base) ? base : join(home, '.config'), 'bxtui', 'config.json');
}

/** Warnings name the file. Never throws. */
export function loadSettings(path: string): SettingsResult {
  let json: string;
  try {
    json = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isAbsent = code === 'ENOENT' || code === 'ENOTDIR';
    return {
      settings: DEFAULT_SETTINGS,
      warnings: isAbsent ? [] : [`${path}: cannot be read (${reasonOf(error)}); the defaults are used`],
    };
  }
  const { settings, warnings } = parseSettings(json);
  return { settings, warnings: warnings.map((warning) => `${path}: ${warning}`) };
}
