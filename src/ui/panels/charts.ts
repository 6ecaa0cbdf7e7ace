/**
 * The gauge of the build's progress and the sparkline of its log output, from blessed-contrib, below the steps where there is room. Their
 * cells are taken over into the theme's look. Loaded after the first frame: the widgets cost more than the rest of the screen.
 */
import type { BlessedCoords, BlessedElement } from 'blessed-internal';
import type { BlessedHost } from '../host/blessed-host.js';
import { type Rect, Surface } from '../host/surface.js';
import type { Look } from '../look.js';
import { type Progress, progressText } from '../select/progress.js';

export interface Charts {
  /** Null hides them, either of the two. `rates`: lines of log a second, newest last. */
  show(rect: Rect | null, progress: Progress | null, rates: readonly number[]): void;
}

/** Rows that the charts take: a label and a gauge, a blank row, a title and a sparkline. */
export const CHART_ROWS = 5;

/** The gauge paints its bar in rows 2 and 3 of its element, the sparkline its title in row 1 and its line in row 2. */
const GAUGE_ROWS = 4;
/** What the gauge takes off its width when it is made: with so much more its bar is as long as the track is, which leaves a cell on each side. */
const GAUGE_CUT = 2;
const GAUGE_BAR_ROW = 2;
const SPARKLINE_ROWS = 3;
const GAUGE_FILL = 'white';
const GAUGE_STROKE = 'green';

/** `add` puts an element below the dialogs and above the panels. */
export async function loadCharts(host: BlessedHost, look: Look, add: (element: BlessedElement) => void): Promise<Charts> {
  const [{ default: gauge }, { default: sparkline }] = await Promise.all([
    import('blessed-contrib/lib/widget/gauge.js'),
    import('blessed-contrib/lib/widget/sparkline.js'),
  ]);
  let bar: (BlessedElement & { setPercent(percent: number): void }) | null = null;
  let barWidth = 0;
  let label = '';
  const line = sparkline({ hidden: true, tags: true, style: { titleFg: 'white' }, top: 0, left: 0, width: 10, height: 3 });
  add(line as unknown as BlessedElement);
  takeOver(line as unknown as BlessedElement, host, (surface) => {
    for (let y = 0; y < surface.height; y++) {
      surface.restyle(y, 0, surface.width, () => look.attr(y === SPARKLINE_ROWS - 1 ? 'gantt.running' : 'dim'));
    }
    if (look.glyphs.isAscii) asciiLine(surface);
  });

  const makeGauge = (width: number): typeof bar => {
    // The canvas takes its size when it is attached, so another width needs another widget.
    const made = gauge({
      top: 0,
      left: 0,
      width,
      height: GAUGE_ROWS,
      stroke: GAUGE_STROKE,
      fill: GAUGE_FILL,
      showLabel: false,
      percent: 0,
    });
    const element = made as unknown as BlessedElement & { setPercent(percent: number): void };
    add(element);
    takeOver(element, host, (surface) => paintGauge(surface, label, look));
    return element;
  };

  return {
    show(rect, progress, rates) {
      if (rect === null || progress === null || rect.width < 16 || rect.height < CHART_ROWS) {
        bar?.hide();
        line.hide();
        return;
      }
      if (bar === null || barWidth !== rect.width) {
        bar?.destroy();
        bar = makeGauge(rect.width + GAUGE_CUT);
        barWidth = rect.width;
      }
      // Up to 1 the widget takes it for a fraction.
      bar!.setPercent(progress.total === 0 ? 0 : Math.min(1, progress.done / progress.total));
      label = progressText(progress, rect.width - 2);
      place(bar!, { ...rect, y: rect.y - 1, height: GAUGE_ROWS });
      const shown = rates.slice(-(rect.width - 4));
      const title = shown.length === 0 ? 'log lines/s' : `log lines/s, at most ${Math.round(Math.max(...shown))}`;
      line.setData([title], [shown.length === 0 ? [0] : shown]);
      place(line as unknown as BlessedElement, {
        ...rect,
        x: rect.x + 1,
        y: rect.y + 2,
        width: rect.width - 2,
        height: SPARKLINE_ROWS,
      });
    },
  };
}

function place(element: BlessedElement, rect: Rect): void {
  Object.assign(element.position, { left: rect.x, top: rect.y, width: rect.width, height: rect.height });
  element.show();
}

/** Lets the widget paint itself, then gives its cells another look. */
function takeOver(element: BlessedElement, host: BlessedHost, restyle: (surface: Surface) => void): void {
  const paint = element.render.bind(element);
  element.render = (): BlessedCoords | undefined => {
    const coords = paint();
    if (coords === undefined) return undefined;
    restyle(
      new Surface(host.screen.lines, { x: coords.xi, y: coords.yi, width: coords.xl - coords.xi, height: coords.yl - coords.yi }),
    );
    return coords;
  };
}

function paintGauge(surface: Surface, label: string, look: Look): void {
  const filled = look.attr('gantt.done');
  const rest = look.attr('gantt.rest');
  const full = look.glyphs.bars.at(-1)!;
  const isFilled = Array.from({ length: surface.width }, (_, x) =>
    look.attributes.hasBackground(surface.attrAt(x, GAUGE_BAR_ROW)),
  );
  surface.fill(look.attributes.plain);
  surface.text(1, 1, label, look.attr('dim'));
  for (let x = 1; x < surface.width - 1; x++) {
    surface.put(x, GAUGE_BAR_ROW, isFilled[x] ? full : look.glyphs.barRest, isFilled[x] ? filled : rest, 1);
  }
}

const LEVELS = '▁▂▃▄▅▆▇█';

function asciiLine(surface: Surface): void {
  for (let y = 0; y < surface.height; y++) {
    for (let x = 0; x < surface.width; x++) {
      const level = LEVELS.indexOf(surface.charAt(x, y));
      if (level >= 0) surface.put(x, y, level === 0 ? '_' : level < 4 ? '-' : '=', surface.attrAt(x, y), 1);
    }
  }
}
