/** Paints one horizontal bar in eighths of a cell. */
import type { Surface } from '../host/surface.js';
import type { Look } from '../look.js';

/** `from` and `to` in eighths of a cell. A part of a cell at the left end is drawn as a whole one: there is no glyph for it. */
export function paintBar(surface: Surface, bar: { from: number; to: number }, attr: number, look: Look): void {
  const { bars, tick } = look.glyphs;
  const first = Math.floor(bar.from / 8);
  if (bar.to - bar.from < 8 && Math.floor((bar.to - 1) / 8) === first) {
    const eighths = bar.to - bar.from;
    surface.put(first, 0, eighths <= 1 ? tick : bars[eighths - 1]!, attr, 1);
    return;
  }
  const end = bar.to / 8;
  for (let x = first; x < end; x++) {
    const eighths = Math.min(8, bar.to - x * 8);
    surface.put(x, 0, bars[eighths - 1] ?? ' ', attr, 1);
  }
}
