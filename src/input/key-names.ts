/** Building the one normalised name of a key, and the text it types. Pure. */
import { KITTY_CODES, KITTY_F13, KITTY_FUNCTIONAL_END, KITTY_FUNCTIONAL_START, KITTY_KEYPAD_0 } from './key-tables.js';

export interface Modifiers {
  readonly ctrl: boolean;
  readonly meta: boolean;
  readonly shift: boolean;
}

/** xterm's modifier parameter: 1 + (1 shift, 2 alt, 4 ctrl, 8 super, 32 meta). Super counts as nothing, so that `super-x` is not `x`'s Meta. */
export function modifiersOf(parameter: number): Modifiers {
  const bits = Math.max(0, parameter - 1);
  return { shift: (bits & 1) !== 0, meta: (bits & 2) !== 0 || (bits & 32) !== 0, ctrl: (bits & 4) !== 0 };
}

/** `name` may carry prefixes of its own (`S-tab`, `C-a`); the result has each once, in the order C M S. */
export function withModifiers(name: string, modifiers: Modifiers): string {
  let { ctrl, meta, shift } = modifiers;
  let base = name;
  for (let prefix = base.slice(0, 2); base.length > 2 && /^[CMS]-$/.test(prefix); prefix = base.slice(0, 2)) {
    if (prefix === 'C-') ctrl = true;
    else if (prefix === 'M-') meta = true;
    else shift = true;
    base = base.slice(2);
  }
  return `${ctrl ? 'C-' : ''}${meta ? 'M-' : ''}${shift ? 'S-' : ''}${base}`;
}

/**
 * A key given by its code point and modifiers (kitty's `u`, xterm's modifyOtherKeys). `shifted` is the character that Shift makes of it,
 * where the terminal says so. Null: no input (lock and modifier keys).
 */
export function keyOfCode(
  code: number,
  shifted: number | null,
  modifiers: Modifiers,
): { readonly key: string; readonly text: string } | null {
  const functional = functionalName(code);
  if (functional === null) return null;
  if (functional !== undefined) {
    const isPlain = !modifiers.ctrl && !modifiers.meta;
    const text = functional.length === 1 ? functional : functional === 'space' ? ' ' : '';
    const keepsShift = functional.length > 1;
    return { key: withModifiers(functional, keepsShift ? modifiers : { ...modifiers, shift: false }), text: isPlain ? text : '' };
  }
  if (!isScalar(code) || code < 0x20) return null;
  const character = String.fromCodePoint(code);
  if (modifiers.ctrl) return { key: withModifiers(character.toLowerCase(), modifiers), text: '' };
  const typed = modifiers.shift
    ? shifted !== null && isScalar(shifted)
      ? String.fromCodePoint(shifted)
      : upper(character)
    : character;
  return { key: withModifiers(typed, { ...modifiers, shift: false }), text: modifiers.meta ? '' : typed };
}

/** undefined: an ordinary character. null: no input. */
function functionalName(code: number): string | null | undefined {
  const known = KITTY_CODES[code];
  if (known !== undefined) return known;
  if (code >= KITTY_F13 && code < KITTY_F13 + 23) return `f${13 + code - KITTY_F13}`;
  if (code >= KITTY_KEYPAD_0 && code < KITTY_KEYPAD_0 + 10) return String(code - KITTY_KEYPAD_0);
  if (code >= KITTY_FUNCTIONAL_START && code <= KITTY_FUNCTIONAL_END) return null;
  return undefined;
}

/** Upper case where that is one character (not for `ß`). */
function upper(character: string): string {
  const result = character.toUpperCase();
  return [...result].length === 1 ? result : character;
}

function isScalar(code: number): boolean {
  return Number.isInteger(code) && code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
}
