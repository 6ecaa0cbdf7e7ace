/**
 * Where everything stands for a given size: boxes with borders, their panels, and the content inside. Pure. Neighbouring boxes share a
 * border line. The focus never changes a size, so that a program in the terminal is not resized by looking elsewhere.
 */
import type { PanelId } from '../../actions/index.js';
import type { Rect } from '../host/surface.js';

export type LayoutMode = 'auto' | 'columns' | 'stacked' | 'terminal';
export type SizeClass = 'wide' | 'medium' | 'small' | 'single';

export const MIN_COLS = 40;
export const MIN_ROWS = 10;

export interface Box {
  /** More than one: tabs in the border. */
  readonly panels: readonly PanelId[];
  readonly active: PanelId;
  /** With the border, if there is one. */
  readonly rect: Rect;
  readonly hasBorder: boolean;
}

export interface Layout {
  readonly kind: 'message' | 'boxes';
  readonly sizeClass: SizeClass;
  readonly header: Rect;
  readonly hints: Rect;
  readonly boxes: readonly Box[];
}

export interface LayoutInput {
  readonly cols: number;
  readonly rows: number;
  readonly mode: LayoutMode;
  readonly zoomed: PanelId | null;
  /** Panels by how recently they were looked at, newest first: the one that a tabbed box shows. */
  readonly recency: readonly PanelId[];
  readonly hasTerminal: boolean;
  /** Columns that the person moved the dividers by. */
  readonly dividers: { readonly steps: number; readonly logs: number };
}

const clamp = (min: number, value: number, max: number): number => Math.max(min, Math.min(max, Math.round(value)));

export function sizeClassOf(cols: number, rows: number): SizeClass {
  if (cols < 80 || rows < 16) return 'single';
  if (cols < 100 || rows < 27) return 'small';
  return cols < 150 || rows < 32 ? 'medium' : 'wide';
}

export function computeLayout(input: LayoutInput): Layout {
  const { cols, rows } = input;
  const sizeClass = sizeClassOf(cols, rows);
  const header = { x: 0, y: 0, width: cols, height: 1 };
  const hints = { x: 0, y: rows - 1, width: cols, height: 1 };
  if (cols < MIN_COLS || rows < MIN_ROWS) return { kind: 'message', sizeClass, header, hints, boxes: [] };
  const area: Rect = { x: 0, y: 1, width: cols, height: rows - 2 };
  return { kind: 'boxes', sizeClass, header, hints, boxes: boxesOf(input, sizeClass, area) };
}

function boxesOf(input: LayoutInput, sizeClass: SizeClass, area: Rect): Box[] {
  const zoomed = input.zoomed ?? (input.mode === 'terminal' && input.hasTerminal ? 'terminal' : null);
  if (zoomed !== null) return [{ panels: [zoomed], active: zoomed, rect: area, hasBorder: false }];
  const box = (panels: readonly PanelId[], rect: Rect): Box => ({
    panels,
    active: input.recency.find((panel) => panels.includes(panel)) ?? panels[0]!,
    rect,
    hasBorder: true,
  });
  const terminal: readonly PanelId[] = input.hasTerminal ? ['terminal'] : [];
  if (sizeClass === 'single') return [box(['steps', ...terminal, 'logs', 'processes', 'source'], area)];
  const isWide =
    input.mode === 'columns' ? input.cols >= 120 && area.height >= 24 : sizeClass === 'wide' && input.mode !== 'stacked';
  if (isWide) return columns(input, area, box);
  const stepsWidth = clamp(24, clamp(27, 27 + (input.cols - 80) * 0.45, 48) + input.dividers.steps, area.width - 40);
  const right: Rect = { x: stepsWidth - 1, y: area.y, width: area.width - stepsWidth + 1, height: area.height };
  const left = box(['steps'], { ...area, width: stepsWidth });
  if (sizeClass === 'small') return [left, box([...terminal, 'logs', 'processes', 'source'], right)];
  const topHeight = Math.round(area.height * (input.hasTerminal ? 0.6 : 0.62));
  const bottom: Rect = { ...right, y: area.y + topHeight - 1, height: area.height - topHeight + 1 };
  const [upper, lower] = splitPanels(input.hasTerminal);
  return [left, box(upper, { ...right, height: topHeight }), box(lower, bottom)];
}

function splitPanels(hasTerminal: boolean): readonly [readonly PanelId[], readonly PanelId[]] {
  return hasTerminal ? [['terminal'], ['logs', 'processes', 'source']] : [['logs'], ['source', 'processes']];
}

function columns(input: LayoutInput, area: Rect, box: (panels: readonly PanelId[], rect: Rect) => Box): Box[] {
  const stepsWidth = clamp(27, clamp(27, area.width * 0.26, 48) + input.dividers.steps, area.width - 70);
  const bottomHeight = clamp(8, area.height * 0.25, 14);
  const topHeight = area.height - bottomHeight + 1;
  const bottomY = area.y + topHeight - 1;
  const rest = area.width - stepsWidth + 1;
  const restX = stepsWidth - 1;
  const boxes = [
    box(['steps'], { x: 0, y: area.y, width: stepsWidth, height: topHeight }),
    box(['source'], { x: 0, y: bottomY, width: stepsWidth, height: bottomHeight }),
  ];
  if (input.hasTerminal) {
    const pinned = input.cols >= 175 ? 82 : 0;
    const width = clamp(32, Math.max(pinned, rest * 0.58) + input.dividers.logs, rest - 24);
    boxes.push(box(['terminal'], { x: restX, y: area.y, width, height: topHeight }));
    boxes.push(box(['logs'], { x: restX + width - 1, y: area.y, width: rest - width + 1, height: topHeight }));
  } else {
    boxes.push(box(['logs'], { x: restX, y: area.y, width: rest, height: topHeight }));
  }
  boxes.push(box(['processes'], { x: restX, y: bottomY, width: rest, height: bottomHeight }));
  return boxes;
}

/** The cells inside of a box. */
export function innerRect({ rect, hasBorder }: Box): Rect {
  if (!hasBorder) return rect;
  return { x: rect.x + 1, y: rect.y + 1, width: Math.max(0, rect.width - 2), height: Math.max(0, rect.height - 2) };
}

/** The inside of the box that has the panel, whether or not it is the visible tab; null when no box has it. */
export function panelRect(layout: Layout, panel: PanelId): Rect | null {
  const box = layout.boxes.find((candidate) => candidate.panels.includes(panel));
  return box === undefined ? null : innerRect(box);
}

export function visiblePanels(layout: Layout): PanelId[] {
  return layout.boxes.map((box) => box.active);
}
