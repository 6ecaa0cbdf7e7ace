/** Paints a dialog's box in the middle of the screen; what is in it is the caller's. */

import { ellipsize } from '../../platform/text-width.js';
import type { Rect, Surface } from '../host/surface.js';
import type { Look } from '../look.js';

export interface DialogFrame {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** Keys that work in it, on the lower border. */
  readonly footer: string;
}

export function dialogRect(surface: Surface, width: number, height: number): Rect {
  const fitWidth = Math.min(width, surface.width - 2);
  const fitHeight = Math.min(height, surface.height - 2);
  return {
    x: Math.floor((surface.width - fitWidth) / 2),
    y: Math.max(1, Math.floor((surface.height - fitHeight) / 2.4)),
    width: fitWidth,
    height: fitHeight,
  };
}

/** Paints border and ground; returns the inside, with a margin of one column. */
export function paintDialog(surface: Surface, frame: DialogFrame, look: Look): Surface {
  const rect = dialogRect(surface, frame.width, frame.height);
  const box = surface.part(rect);
  box.fill(look.attr('dialog'));
  const border = look.attr('dialog.border');
  const [, , , horizontal, , bottomRight, bottomLeft, , , topRight, topLeft] = look.glyphs.joints;
  const vertical = look.glyphs.joints[12]!;
  const right = box.width - 1;
  const bottom = box.height - 1;
  for (let x = 1; x < right; x++) {
    box.put(x, 0, horizontal!, border, 1);
    box.put(x, bottom, horizontal!, border, 1);
  }
  for (let y = 1; y < bottom; y++) {
    box.put(0, y, vertical, border, 1);
    box.put(right, y, vertical, border, 1);
  }
  box.put(0, 0, topLeft!, border, 1);
  box.put(right, 0, topRight!, border, 1);
  box.put(0, bottom, bottomLeft!, border, 1);
  box.put(right, bottom, bottomRight!, border, 1);
  box.text(2, 0, ` ${ellipsize(frame.title, box.width - 6, look.glyphs.ellipsis)} `, border);
  if (frame.footer !== '') box.text(2, bottom, ` ${ellipsize(frame.footer, box.width - 6, look.glyphs.ellipsis)} `, border);
  return box.part({ x: 2, y: 1, width: box.width - 4, height: box.height - 2 });
}
