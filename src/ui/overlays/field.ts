/** Paints one-line text fields and finds their cursor. */

import { cleanText, textWidth } from '../../platform/text-width.js';
import type { Surface } from '../host/surface.js';
import type { Look } from '../look.js';
import type { LineInput } from '../text/line-input.js';

export interface CursorPlace {
  readonly x: number;
  readonly y: number;
}

/** Paints a text field in a dialog; returns the cursor's place on the whole surface. */
export function paintInput(
  surface: Surface,
  inside: Surface,
  y: number,
  input: LineInput,
  look: Look,
  role: 'dialog' | 'dialog.choice',
  label = '',
): CursorPlace {
  const x = inside.text(0, y, label, look.over(look.attr('dim'), role));
  const field = inside.part({ x, y, width: inside.width - x, height: 1 });
  const column = paintField(field, 0, input, look.over(look.attr('strong'), role));
  const place = inside.placeOn(surface);
  return { x: place.x + x + column, y: place.y + y };
}

/** A line that scrolls sideways so that the cursor is visible; returns the cursor's column. */
export function paintField(field: Surface, y: number, input: LineInput, attr: number): number {
  const before = cleanText(input.text.slice(0, input.cursor));
  const hidden = Math.max(0, textWidth(before) - field.width + 1);
  const start = hidden === 0 ? before : before.slice(-Math.max(1, field.width - 1));
  const column = field.text(0, y, start, attr);
  field.text(column, y, cleanText(input.text.slice(input.cursor)), attr);
  return Math.min(column, field.width - 1);
}
