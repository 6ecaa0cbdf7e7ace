/** Paints the borders of all boxes as one net of lines with the right joints, and the titles on them. */
import type { PanelId } from '../../actions/index.js';
import { ellipsize, textWidth } from '../../platform/text-width.js';
import type { Rect, Surface } from '../host/surface.js';
import type { Box } from '../layout/layout.js';
import type { Look } from '../look.js';
import type { Role } from '../theme/roles.js';

export type TitleTarget =
  | { readonly kind: 'panel'; readonly panel: PanelId }
  | { readonly kind: 'tab'; readonly process: string };

export interface TitleSegment {
  readonly text: string;
  /** Its end, which stays when the text before it is cut. */
  readonly tail?: string;
  /** One blank away from the part before it, not two. */
  readonly isClose?: boolean;
  readonly role: Role;
  readonly target: TitleTarget | null;
}

export interface PlacedSegment extends TitleSegment {
  readonly x: number;
  readonly y: number;
}

export interface FrameBox {
  readonly box: Box;
  readonly isFocused: boolean;
  /** The program in it has the keyboard. */
  readonly isTyping: boolean;
  /** In order of importance from the left; what does not fit is cut. */
  readonly title: readonly TitleSegment[];
  /** Right of the title, dropped as a whole when there is no room. */
  readonly info: readonly TitleSegment[];
}

const LEFT = 1;
const RIGHT = 2;
const UP = 4;
const DOWN = 8;

export function paintFrame(surface: Surface, boxes: readonly FrameBox[], look: Look): void {
  const bordered = boxes.filter(({ box }) => box.hasBorder);
  const net = new Map<number, number>();
  const add = (x: number, y: number, bits: number): void => {
    const key = y * surface.width + x;
    net.set(key, (net.get(key) ?? 0) | bits);
  };
  for (const { box } of bordered) trace(box.rect, add);
  const draw = (attr: number, rect: Rect | null): void => {
    for (const [key, bits] of net) {
      const x = key % surface.width;
      const y = Math.floor(key / surface.width);
      if (rect === null || isOnBorder(rect, x, y)) surface.put(x, y, look.glyphs.joints[bits] ?? ' ', attr, 1);
    }
  };
  draw(look.attr('border'), null);
  const focused = bordered.find(({ isFocused }) => isFocused);
  if (focused !== undefined) draw(look.attr(focused.isTyping ? 'border.terminal' : 'border.focus'), focused.box.rect);
  for (const framed of bordered) {
    for (const segment of placeTitle(framed, look)) surface.text(segment.x, segment.y, segment.text, look.attr(segment.role));
  }
}

function trace({ x, y, width, height }: Rect, add: (x: number, y: number, bits: number) => void): void {
  const right = x + width - 1;
  const bottom = y + height - 1;
  for (let column = x; column <= right; column++) {
    const bits = (column > x ? LEFT : 0) | (column < right ? RIGHT : 0);
    add(column, y, bits);
    add(column, bottom, bits);
  }
  for (let row = y; row <= bottom; row++) {
    const bits = (row > y ? UP : 0) | (row < bottom ? DOWN : 0);
    add(x, row, bits);
    add(right, row, bits);
  }
}

function isOnBorder(rect: Rect, x: number, y: number): boolean {
  const isInside = x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
  return isInside && (x === rect.x || y === rect.y || x === rect.x + rect.width - 1 || y === rect.y + rect.height - 1);
}

/** Where each part of a title stands; also used to find what was clicked. */
export function placeTitle({ box, title, info }: FrameBox, look: Look): PlacedSegment[] {
  const y = box.rect.y;
  const end = box.rect.x + box.rect.width - 2;
  const placed: PlacedSegment[] = [];
  let x = box.rect.x + 2;
  const put = (segment: TitleSegment): void => {
    const tail = segment.tail ?? '';
    const room = end - x - textWidth(tail);
    const text = room > 2 ? ellipsize(segment.text, room, look.glyphs.ellipsis) + tail : ellipsize(tail, end - x, '');
    if (text === '') return;
    placed.push({ ...segment, text, x, y });
    x += textWidth(text);
  };
  for (const segment of spaced(title)) put(segment);
  let extra = info;
  while (extra.length > 1 && titleWidth(extra) > end - x - 1) {
    const dropped = extra.findIndex((segment) => segment.role !== 'tab.active');
    extra = extra.filter((_, index) => index !== Math.max(0, dropped));
  }
  const width = titleWidth(extra);
  if (extra.length > 0 && x + 1 + Math.min(width, 12) <= end) {
    x = Math.max(x + 1, end - width);
    for (const segment of spaced(extra)) put(segment);
  }
  return placed;
}

/** Cells of the parts with the blanks around them. */
export function titleWidth(segments: readonly TitleSegment[]): number {
  return spaced(segments).reduce((sum, { text, tail }) => sum + textWidth(text) + textWidth(tail ?? ''), 0);
}

function spaced(segments: readonly TitleSegment[]): TitleSegment[] {
  return segments.map((segment, index) => {
    const before = segment.isClose && index > 0 ? '' : ' ';
    const { text, tail } = segment;
    return tail ? { ...segment, text: before + text, tail: `${tail} ` } : { ...segment, text: `${before}${text} ` };
  });
}
