/** Settings of the user and of the terminal. */
export { type Background, backgroundOfColorFgBg, backgroundOfOsc11, resolveThemeName } from './background.js';
export { loadServerConfig } from './load-server-config.js';
export { loadSettings, settingsPath } from './load-settings.js';
export { parseServerConfig, type ServerConfig } from './server-config.js';
export { DEFAULT_SETTINGS, parseSettings, type Settings, type SettingsResult } from './settings.js';
