/** Settings of the user and of the terminal. */
export { type Background, backgroundOfColorFgBg, backgroundOfOsc11, resolveThemeName } from './background.js';
export { loadSettings, settingsPath } from './load-settings.js';
export { DEFAULT_SETTINGS, parseSettings, type Settings, type SettingsResult } from './settings.js';
