/** Colours of the finished lines, as BUILDKIT_COLORS and NO_COLOR have them (util/progress/progressui in moby/buildkit). Pure. */

export type LineColor = 'run' | 'cancel' | 'error' | 'warning';
/** Select graphic rendition, without its frame; empty: no colour. */
export type LineColors = Readonly<Record<LineColor, string>>;

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
const DEFAULTS: LineColors = { run: '34', cancel: '33', error: '31', warning: '33' };
const NONE: LineColors = { run: '', cancel: '', error: '', warning: '' };

/** What is wrong with a variable is passed over, with a warning. */
export function readLineColors(env: NodeJS.ProcessEnv): { readonly colors: LineColors; readonly warnings: readonly string[] } {
  if (env.NO_COLOR) return { colors: NONE, warnings: [] };
  const colors = { ...DEFAULTS };
  const warnings: string[] = [];
  const told = env.BUILDKIT_COLORS ?? '';
  for (const entry of told === '' ? [] : told.split(':')) {
    const [key = '', value, ...more] = entry.replace(/^"(.*)"$/, '$1').split('=');
    const name = key.toLowerCase();
    const color = value === undefined || more.length > 0 ? null : readColor(value.toLowerCase());
    if (color === null) warnings.push(`BUILDKIT_COLORS: ${entry} is passed over: write KEY=COLOR or KEY=R,G,B`);
    else if (!isLineColor(name)) warnings.push(`BUILDKIT_COLORS: there is no ${key}, only run, cancel, error and warning`);
    else colors[name] = color;
  }
  return { colors, warnings };
}

function isLineColor(name: string): name is LineColor {
  return name in DEFAULTS;
}

function readColor(value: string): string | null {
  if (value === 'default') return '39';
  const at = NAMES.indexOf(value.replace(/^light-/, ''));
  if (at >= 0) return String((value.startsWith('light-') ? 90 : 30) + at);
  const parts = value.split(',');
  if (parts.length !== 3 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return null;
  // The cube of 6 × 6 × 6 colours that every terminal with 256 of them has.
  const [red = 0, green = 0, blue = 0] = parts.map((part) => Math.floor(Number(part) / 43));
  return `38;5;${16 + 36 * red + 6 * green + blue}`;
}
