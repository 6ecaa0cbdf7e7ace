/** What panels paint with: roles as attributes, glyphs. Made once; its theme may be changed. Holds no state of the screen. */
import type { AttributeTable, Ground } from './host/attributes.js';
import { type ColorDepth, parseColor } from './theme/color.js';
import { ASCII_GLYPHS, type Glyphs, UNICODE_GLYPHS } from './theme/glyphs.js';
import type { Role } from './theme/roles.js';
import { styleOf, type Theme } from './theme/theme.js';

export interface Look {
  readonly theme: Theme;
  readonly glyphs: Glyphs;
  readonly depth: ColorDepth;
  readonly attributes: AttributeTable;
  attr(role: Role): number;
  /** The attribute with the background of a role, for selected rows. */
  over(attr: number, role: Role): number;
  /** Attributes given out before keep their old look: the whole screen has to be painted again. */
  setTheme(theme: Theme, paintsGround: boolean): void;
}

export function createLook(
  first: Theme,
  glyphs: 'unicode' | 'ascii',
  depth: ColorDepth,
  attributes: AttributeTable,
  paintsGround = false,
): Look {
  let theme = first;
  attributes.setGround(paintsGround ? groundOf(first) : null);
  let version = attributes.version;
  const known = new Map<Role, number>();
  const attr = (role: Role): number => {
    if (version !== attributes.version) {
      known.clear();
      version = attributes.version;
    }
    const cached = known.get(role);
    if (cached !== undefined) return cached;
    const made = attributes.internStyle(styleOf(theme, role, depth));
    known.set(role, made);
    return made;
  };
  return {
    get theme() {
      return theme;
    },
    glyphs: glyphs === 'ascii' ? ASCII_GLYPHS : UNICODE_GLYPHS,
    depth,
    attributes,
    attr,
    over: (base, role) => attributes.withBackground(base, attr(role)),
    setTheme(next, isPainted) {
      attributes.setGround(isPainted ? groundOf(next) : null);
      theme = next;
      known.clear();
    },
  };
}

function groundOf({ foreground, background }: Theme): Ground | null {
  const [fg, bg] = [parseColor(foreground), parseColor(background)];
  return fg === null || bg === null ? null : { fg, bg };
}
