/** A theme: a look for every role, read from `themes/<name>.json`. It holds no state and draws nothing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BxError } from '../../platform/errors.js';
import { type CellColor, DEFAULT_COLOR } from '../../term/types.js';
import { type ColorDepth, parseColor, reduceColor } from './color.js';
import { ROLES, type Role } from './roles.js';

export interface Style {
  readonly fg: CellColor;
  readonly bg: CellColor;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
}

export const PLAIN_STYLE: Style = {
  fg: DEFAULT_COLOR,
  bg: DEFAULT_COLOR,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
};

export interface Theme {
  readonly name: string;
  readonly isDark: boolean;
  /** What programs in the terminal are told when they ask (OSC 10, 11). */
  readonly foreground: string;
  readonly background: string;
  readonly roles: Readonly<Partial<Record<Role, RoleLook>>>;
  /** Entries that were left out, a sentence each. */
  readonly warnings: readonly string[];
}

/** `low`: colours for terminals with 16 of them, where the nearest one would not do. `mono`: attributes where there are none. */
export interface RoleLook {
  readonly style: Style;
  readonly low: { readonly fg: CellColor | null; readonly bg: CellColor | null };
  readonly mono: readonly Attribute[];
}

const ATTRIBUTES = ['bold', 'dim', 'italic', 'underline', 'inverse'] as const;
type Attribute = (typeof ATTRIBUTES)[number];

/** Throws `BxError('input')` when there is no such theme or it is no JSON; bad entries are warnings and fall back to plain text. */
export function loadTheme(name: string, themesDir: string): Theme {
  const path = join(themesDir, `${name}.json`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new BxError('input', `theme "${name}" cannot be read: ${path}`, {
      hint: 'Use "dark" or "light", or put a JSON file of that name beside them.',
      cause,
    });
  }
  try {
    return parseTheme(name, JSON.parse(text));
  } catch (cause) {
    if (cause instanceof BxError) throw cause;
    throw new BxError('input', `theme "${name}" is not valid JSON: ${path}`, { hint: 'Correct the file.', cause });
  }
}

export function parseTheme(name: string, json: unknown): Theme {
  const source = asRecord(json);
  if (source === null) throw new BxError('input', `theme "${name}" is not a JSON object`, { hint: 'Correct the file.' });
  const warnings: string[] = [];
  const roles: Partial<Record<Role, RoleLook>> = {};
  for (const [key, value] of Object.entries(asRecord(source.roles) ?? {})) {
    const entry = asRecord(value);
    if (!(ROLES as readonly string[]).includes(key)) warnings.push(`theme ${name}: unknown role "${key}"`);
    else if (entry === null) warnings.push(`theme ${name}: role "${key}" is not an object`);
    else roles[key as Role] = parseLook(entry, `theme ${name}: role "${key}"`, warnings);
  }
  const color = (value: unknown, fallback: string): string => (typeof value === 'string' ? value : fallback);
  const isDark = source.dark !== false;
  return {
    name,
    isDark,
    foreground: color(source.foreground, isDark ? '#d4d4d4' : '#24292f'),
    background: color(source.background, isDark ? '#1e1e1e' : '#ffffff'),
    roles,
    warnings,
  };
}

function parseLook(entry: Record<string, unknown>, where: string, warnings: string[]): RoleLook {
  const color = (key: string): CellColor | null => {
    const value = entry[key];
    if (value === undefined) return null;
    const parsed = typeof value === 'string' ? parseColor(value) : null;
    if (parsed === null) warnings.push(`${where}: "${key}" is not a colour`);
    return parsed;
  };
  const mono = Array.isArray(entry.mono) ? entry.mono : [];
  return {
    style: {
      fg: color('fg') ?? DEFAULT_COLOR,
      bg: color('bg') ?? DEFAULT_COLOR,
      bold: entry.bold === true,
      dim: entry.dim === true,
      italic: entry.italic === true,
      underline: entry.underline === true,
      inverse: entry.inverse === true,
    },
    low: { fg: color('fg16'), bg: color('bg16') },
    mono: ATTRIBUTES.filter((attribute) => mono.includes(attribute)),
  };
}

function asRecord(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}

/** The style of a role at a colour depth; plain text for a role that the theme leaves out. */
export function styleOf(theme: Theme, role: Role, depth: ColorDepth): Style {
  const look = theme.roles[role];
  if (look === undefined) return PLAIN_STYLE;
  const attributes = Object.fromEntries(look.mono.map((attribute) => [attribute, true]));
  if (depth === 'mono') return { ...PLAIN_STYLE, ...attributes };
  const isLow = depth === '16';
  // A ground that 16 colours cannot give is replaced by what a terminal without colours would show.
  const hasNoGround = isLow && look.low.bg === DEFAULT_COLOR && look.style.bg !== DEFAULT_COLOR;
  return {
    ...look.style,
    ...(hasNoGround ? attributes : {}),
    fg: reduceColor((isLow ? look.low.fg : null) ?? look.style.fg, depth),
    bg: reduceColor((isLow ? look.low.bg : null) ?? look.style.bg, depth),
  };
}
