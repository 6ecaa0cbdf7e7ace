/** Colours and how few of them a terminal may have: 24 bit to 256, to 16, to none. Numbers only; it knows no roles. */
import { type CellColor, DEFAULT_COLOR, isRgbColor, RGB_COLOR } from '../../term/types.js';

export type ColorDepth = 'mono' | '16' | '256' | 'truecolor';

const ANSI_NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

/** xterm's default values of the 16 named colours. */
const ANSI_RGB: readonly number[] = [
  0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
  0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
];

const CUBE_LEVELS: readonly number[] = [0, 95, 135, 175, 215, 255];

/** `#rrggbb`, `red`, `brightRed`, `default`, or a palette index `0`..`255`; null when it is none of them. */
export function parseColor(text: string): CellColor | null {
  if (text === 'default') return DEFAULT_COLOR;
  const hex = /^#([0-9a-f]{6})$/i.exec(text);
  if (hex) return RGB_COLOR | Number.parseInt(hex[1]!, 16);
  if (/^\d{1,3}$/.test(text)) return Number(text) <= 255 ? Number(text) : null;
  const bright = /^bright([A-Z].*)$/.exec(text);
  const index = (ANSI_NAMES as readonly string[]).indexOf((bright?.[1] ?? text).toLowerCase());
  return index < 0 ? null : index + (bright ? 8 : 0);
}

/** The 24-bit value of any colour that is not the default. */
export function rgbOf(color: CellColor): number {
  if (isRgbColor(color)) return color & 0xffffff;
  if (color < 16) return ANSI_RGB[color] ?? 0;
  if (color >= 232) {
    const grey = 8 + (color - 232) * 10;
    return (grey << 16) | (grey << 8) | grey;
  }
  const cube = color - 16;
  const level = (n: number): number => CUBE_LEVELS[n % 6] ?? 0;
  return (level(Math.floor(cube / 36)) << 16) | (level(Math.floor(cube / 6)) << 8) | level(cube);
}

const reduced = new Map<number, CellColor>();

/** The nearest colour that the depth has; the default stays the default. */
export function reduceColor(color: CellColor, depth: ColorDepth): CellColor {
  if (color === DEFAULT_COLOR || depth === 'mono') return DEFAULT_COLOR;
  if (depth === 'truecolor' || (depth === '256' && !isRgbColor(color)) || color < 16) return color;
  const key = color * 2 + (depth === '16' ? 1 : 0);
  const known = reduced.get(key);
  if (known !== undefined) return known;
  const nearest = nearestIndex(rgbOf(color), depth === '16' ? 0 : 16, depth === '16' ? 16 : 256);
  if (reduced.size > 50_000) reduced.clear();
  reduced.set(key, nearest);
  return nearest;
}

function nearestIndex(rgb: number, from: number, to: number): number {
  let best = from;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (let index = from; index < to; index++) {
    const distance = distanceOf(rgb, rgbOf(index));
    if (distance < bestDistance) {
      best = index;
      bestDistance = distance;
    }
  }
  return best;
}

/** Squared distance weighted as the eye sees: green most, blue least. */
function distanceOf(a: number, b: number): number {
  const red = (a >> 16) - (b >> 16);
  const green = ((a >> 8) & 0xff) - ((b >> 8) & 0xff);
  const blue = (a & 0xff) - (b & 0xff);
  return 3 * red * red + 6 * green * green + 2 * blue * blue;
}
