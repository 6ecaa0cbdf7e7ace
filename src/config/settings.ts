/** The user's settings: what there is, its defaults, and the reading of a file's text. A bad entry is a warning and the default. Pure. */

export interface Settings {
  /** `auto`, `dark`, `light` or the name of a theme. */
  readonly theme: string;
  readonly glyphs: 'auto' | 'unicode' | 'ascii';
  readonly color: 'auto' | 'always' | 'never';
  /** The key that leaves a terminal, as `parseLeaveKey` reads it. */
  readonly leaveKey: string;
  /** Rows kept above the screen of each terminal. */
  readonly scrollbackRows: number;
  readonly mouse: boolean;
  /** Rows scrolled by one notch of the wheel. */
  readonly wheelRows: number;
  /** Start a shell in the step that the cursor rests on, so that it is there when it is asked for. */
  readonly prepareShells: boolean;
  /** A session that holds containers, and at which nobody looks, ends after so long; 0: never. */
  readonly idleHours: number;
  /** Keep what happens in a session and what its terminals print, for `bxtui replay`. */
  readonly recordSessions: boolean;
  /**
   * The size of a program that several screens show: the smallest of theirs, or that of the screen which typed last. The screen that typed
   * last in the program says which of the two it is.
   */
  readonly sharedSize: 'smallest' | 'typist';
}

export const DEFAULT_SETTINGS: Settings = {
  theme: 'auto',
  glyphs: 'auto',
  color: 'auto',
  leaveKey: 'ctrl-]',
  scrollbackRows: 10_000,
  mouse: true,
  wheelRows: 3,
  prepareShells: true,
  idleHours: 24,
  recordSessions: true,
  sharedSize: 'smallest',
};

export interface SettingsResult {
  readonly settings: Settings;
  /** Sentences, without the name of the file. */
  readonly warnings: readonly string[];
}

/** What an entry may be; `what` completes "must be …". */
interface Rule {
  readonly what: string;
  readonly accepts: (value: unknown) => boolean;
}

const oneOf = (...choices: readonly string[]): Rule => ({
  what: `one of ${choices.join(', ')}`,
  accepts: (value) => typeof value === 'string' && choices.includes(value),
});
const integer = (least: number, most: number): Rule => ({
  what: `a whole number from ${least} to ${most}`,
  accepts: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
});
const trueOrFalse: Rule = { what: 'true or false', accepts: (value) => typeof value === 'boolean' };
const name: Rule = { what: 'a name', accepts: (value) => typeof value === 'string' && /^[\w.-]+$/.test(value) };
const text: Rule = { what: 'a text', accepts: (value) => typeof value === 'string' && value !== '' };

const RULES: Readonly<Record<keyof Settings, Rule>> = {
  theme: name,
  glyphs: oneOf('auto', 'unicode', 'ascii'),
  color: oneOf('auto', 'always', 'never'),
  leaveKey: text,
  scrollbackRows: integer(0, 1_000_000),
  mouse: trueOrFalse,
  wheelRows: integer(1, 100),
  prepareShells: trueOrFalse,
  idleHours: integer(0, 8_760),
  recordSessions: trueOrFalse,
  sharedSize: oneOf('smallest', 'typist'),
};

/** Never throws. Entries that are not known are warned about and left out. */
export function parseSettings(json: string): SettingsResult {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    return { settings: DEFAULT_SETTINGS, warnings: [`not valid JSON (${(error as Error).message}); the defaults are used`] };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return { settings: DEFAULT_SETTINGS, warnings: ['not a JSON object; the defaults are used'] };
  }
  const settings: Record<string, unknown> = { ...DEFAULT_SETTINGS };
  const warnings: string[] = [];
  for (const [key, value] of Object.entries(parsed)) {
    if (key === '$schema') continue;
    const rule = Object.hasOwn(RULES, key) ? RULES[key as keyof Settings] : undefined;
    if (rule === undefined) warnings.push(`${key}: there is no such setting`);
    else if (rule.accepts(value)) settings[key] = value;
    else warnings.push(`${key}: must be ${rule.what}, not ${JSON.stringify(value)}; ${JSON.stringify(settings[key])} is used`);
  }
  return { settings: settings as unknown as Settings, warnings };
}
