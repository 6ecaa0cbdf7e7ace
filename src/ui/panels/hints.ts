/** The bottom row: mode badge and the keys that are worth knowing here, generated from the key table. Whole hints are dropped. */
import { type ActionContext, bindingsHere, keyLabel } from '../../actions/index.js';
import { ellipsize, textWidth } from '../../platform/text-width.js';
import type { Surface } from '../host/surface.js';
import type { Look } from '../look.js';
import type { Role } from '../theme/roles.js';

export interface Hint {
  readonly key: string;
  readonly text: string;
  readonly actionId: string | null;
}

export interface HintsProps {
  readonly badge: string;
  readonly badgeRole: Role;
  /** Between badge and hints: `keys go to p1 sh @ #9`. */
  readonly message: string;
  /** By importance; the first one is never dropped. */
  readonly hints: readonly Hint[];
}

/** The hints for normal mode, most important first. */
export function normalHints(context: ActionContext, isAscii: boolean): Hint[] {
  return bindingsHere(context)
    .filter((bound) => bound.hint !== null && bound.enabled === true && bound.action.hint !== undefined)
    .sort((a, b) => a.hint! - b.hint!)
    .map(({ action, keys }) => ({
      key: keyLabel(keys[0]!, isAscii),
      text: typeof action.hint === 'function' ? action.hint(context) : action.hint!,
      actionId: action.id,
    }));
}

export interface PlacedHint extends Hint {
  readonly x: number;
  readonly width: number;
}

const widthOf = (hint: Hint): number => textWidth(hint.key) + 1 + textWidth(hint.text);

/** Which hints fit and where; the never-dropped one stands last, at the right. */
export function placeHints({ badge, message, hints }: HintsProps, width: number): PlacedHint[] {
  const [essential, ...others] = hints;
  if (essential === undefined) return [];
  let x = textWidth(badge) + 4 + (message === '' ? 0 : textWidth(message) + 3);
  const end = width - widthOf(essential) - 3;
  const placed: PlacedHint[] = [];
  for (const hint of others) {
    const needed = widthOf(hint);
    if (x + needed > end) continue;
    placed.push({ ...hint, x, width: needed });
    x += needed + 3;
  }
  placed.push({ ...essential, x: Math.max(textWidth(badge) + 3, width - widthOf(essential) - 1), width: widthOf(essential) });
  return placed;
}

export function paintHints(surface: Surface, props: HintsProps, look: Look): void {
  surface.fill(look.attributes.plain);
  const placed = placeHints(props, surface.width);
  const after = surface.text(0, 0, ` ${props.badge} `, look.attr(props.badgeRole));
  const firstHint = Math.min(...placed.map((hint) => hint.x), surface.width);
  surface.text(after + 1, 0, ellipsize(props.message, firstHint - after - 2, look.glyphs.ellipsis), look.attr('text'));
  for (const hint of placed) {
    const x = surface.text(hint.x, 0, hint.key, look.attr('hint.key'));
    surface.text(x + 1, 0, hint.text, look.attr('hint.text'));
  }
}
