/** The public face of the full-screen front end. */
export type {
  CommandLine,
  ScreenClock,
  ScreenDeps,
  ScreenFiles,
  ScreenHandle,
  ScreenOutput,
  ScreenSettings,
  TextSource,
} from './deps.js';
export { startScreen } from './screen.js';
export type { ColorDepth } from './theme/color.js';
export { loadTheme, type Theme } from './theme/theme.js';
