/** Where the cells of a terminal or a log stand on the screen: the panel's inside without what else is painted there. Pure. */
import type { Generation, Step } from '../../core/model/index.js';
import type { Rect } from '../host/surface.js';
import { logAreas } from '../panels/logs.js';
import { type Layout, panelRect } from './layout.js';

export type GridPanel = 'terminal' | 'logs';

export function gridArea(layout: Layout, panel: GridPanel, generation: Generation | null, step: Step | null): Rect | null {
  const rect = panelRect(layout, panel);
  if (rect === null || panel === 'terminal') return rect;
  const { progress, gridHeight } = logAreas(generation, step, rect.width, rect.height);
  return { ...rect, y: rect.y + progress.length, height: gridHeight };
}
