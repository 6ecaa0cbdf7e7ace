/**
 * One frame: everything on screen from the session's state, the view's state and the emulators' grids. Owns the blessed elements; decides
 * nothing and remembers nothing between frames but where things were put, and what of the program's rows.
 */
import type { BlessedElement } from 'blessed-internal';
import type { ActionContext, PanelId } from '../actions/index.js';
import type { Generation, SessionState, Step } from '../core/model/index.js';
import { selectPlatform } from '../core/select/index.js';
import { cleanText, wrapText } from '../platform/text-width.js';
import type { TerminalSize } from '../session/session.js';
import type { Emulator, Match, RowMemory } from '../term/types.js';
import type { Attached } from './control/attached.js';
import type { CommandLine } from './deps.js';
import type { BlessedHost } from './host/blessed-host.js';
import type { HostCursor } from './host/draw.js';
import type { Rect, Surface } from './host/surface.js';
import { gridArea } from './layout/grid-area.js';
import { gridOrigin } from './layout/grid-origin.js';
import { innerRect, type Layout, panelRect, visiblePanels } from './layout/layout.js';
import type { Look } from './look.js';
import { paintOverlays } from './overlays/overlays.js';
import type { Charts } from './panels/charts.js';
import { type FrameBox, paintFrame } from './panels/frame.js';
import { paintGrid } from './panels/grid.js';
import { paintHeader } from './panels/header.js';
import { type HintsProps, paintHints } from './panels/hints.js';
import { paintLogs } from './panels/logs.js';
import { type ProcessesProps, paintProcesses, processRowAt } from './panels/processes.js';
import { paintSource, sourceTop } from './panels/source.js';
import { paintSteps, stepsAreas } from './panels/steps.js';
import { type TitleFacts, titleOf } from './panels/titles.js';
import { selectGeneration, selectStep } from './select/current.js';
import { selectHeader } from './select/header.js';
import { selectMessages } from './select/messages.js';
import { selectedProcessAt, selectProcessRows } from './select/process-rows.js';
import { selectProgress } from './select/progress.js';
import { selectSourceRows } from './select/source-rows.js';
import { selectStepRows, stepText } from './select/step-rows.js';
import { rangeOf, rangeOfCopy } from './select/text-range.js';
import { tooSmallText } from './select/too-small.js';
import type { CopyOverlay, ViewState } from './view-state.js';

export interface Frame {
  readonly state: SessionState;
  readonly view: ViewState;
  readonly layout: Layout;
  readonly context: ActionContext;
  readonly nowMs: number;
  readonly terminal: Emulator | null;
  /** What the program in it has; null: there is none. */
  readonly terminalSize: TerminalSize | null;
  readonly log: Emulator | null;
  /** Hits of the search in the emulator that it is about. */
  readonly matches: readonly Match[];
  readonly hints: HintsProps;
  readonly attached: Attached;
  /** Lines of log a second, newest last. */
  readonly logRates: readonly number[];
}

export interface ScreenLabels {
  readonly dockerfile: string;
  readonly leaveKey: string;
  readonly commandLine: CommandLine;
}

export interface ScreenView {
  render(frame: Frame): void;
  /** Draws the program's cells alone, in the frame that was rendered last. False: that is not enough, or they are not on display. */
  renderTerminal(emulator: Emulator | null): boolean;
  /** Boxes with their titles as they were painted last, for the mouse. */
  readonly frameBoxes: readonly FrameBox[];
  /** The bottom row, likewise; null before there is one. */
  readonly bottomRow: HintsProps | null;
  /** Puts an element above the panels and below the dialogs. */
  addBelowDialogs(element: BlessedElement): void;
  setCharts(charts: Charts): void;
  /** The index of the process in this line of its panel, as it was painted last; null: there is none. */
  processAt(y: number): number | null;
  /** A panel's cells as they were painted last; null when it is not visible. */
  panelSurface(panel: PanelId): Surface | null;
}

export function createScreenView(host: BlessedHost, look: Look, labels: ScreenLabels): ScreenView {
  let frame: Frame | null = null;
  let frameBoxes: FrameBox[] = [];
  /** Of the program's rows as they stand on the cells. */
  let painted: { readonly emulator: Emulator; readonly rows: RowMemory } | null = null;
  const painting = (paint: (surface: Surface, current: Frame, isAlone: boolean) => void) =>
    host.addElement((surface, isAlone) => {
      if (frame !== null) paint(surface, frame, isAlone);
    });

  const ground = painting((surface) => {
    surface.fill(look.attributes.plain);
    paintFrame(surface, frameBoxes, look);
  });
  const header = painting((surface, current) => {
    paintHeader(surface, selectHeader(current.state, current.view, current.nowMs), current.attached, labels.dockerfile, look);
  });
  const hints = painting((surface, current) => paintHints(surface, bottomRowOf(current, look), look));
  const message = painting((surface, { state, view, context }) => {
    surface.fill(look.attributes.plain);
    const lines = wrapText(tooSmallText(state, context.replay !== null), view.cols);
    const top = Math.max(0, Math.floor((view.rows - lines.length) / 2));
    lines.forEach((line, index) => {
      surface.text(0, top + index, line, look.attr('text'));
    });
  });
  const panels: Record<PanelId, ReturnType<typeof painting>> = {
    steps: painting((surface, current) => paintStepsPanel(surface, current, look)),
    terminal: painting((surface, current, isAlone) => paintTerminalPanel(surface, current, isAlone, look)),
    logs: painting((surface, current) => {
      const generation = selectGeneration(current.state, current.view);
      const hits = marksOf(current, 'logs');
      paintLogs(surface, { generation, step: selectStep(generation, current.view), emulator: current.log, ...hits }, look);
    }),
    processes: painting((surface, current) => paintProcesses(surface, processesOf(current), look)),
    source: painting((surface, current) => paintSourcePanel(surface, current, look)),
  };
  const above = painting((surface, current) => {
    const { view, state, context, layout } = current;
    const { leaveKey, commandLine } = labels;
    const cursor = paintOverlays(
      surface,
      {
        overlays: view.overlays,
        toast: view.toast,
        search: view.search,
        searchedRows: searchedRowsOf(current),
        notices: selectMessages(state, view),
        context,
        commandLine,
        leaveLabel: leaveKey,
      },
      look,
    );
    if (cursor !== null) host.setCursor({ ...cursor, shape: 'bar', isBlinking: false });
    else if (view.overlays.length > 0 || layout.kind === 'message') host.setCursor(copyCursorOf(current));
  });

  let charts: Charts | null = null;
  function placeCharts({ state, view, layout, nowMs, logRates }: Frame): void {
    const generation = selectGeneration(state, view);
    const box = layout.boxes.find(({ active }) => active === 'steps');
    if (charts === null || generation === null || box === undefined) {
      charts?.show(null, null, []);
      return;
    }
    const inner = innerRect(box);
    const rows = selectStepRows(generation, view, null, nowMs).length;
    const rect = stepsAreas(generation, rows, inner.width, inner.height).charts;
    const placed = rect === null ? null : { ...rect, x: rect.x + inner.x, y: rect.y + inner.y };
    charts.show(placed, selectProgress(generation), logRates);
  }

  return {
    addBelowDialogs: (element) => host.screen.insertBefore(element, above.element),
    setCharts(next) {
      charts = next;
    },
    get frameBoxes() {
      return frameBoxes;
    },
    get bottomRow() {
      return frame === null ? null : bottomRowOf(frame, look);
    },
    processAt(y) {
      const rect = frame === null ? null : panelRect(frame.layout, 'processes');
      return frame === null || rect === null ? null : processRowAt(processesOf(frame), rect.height, y);
    },
    panelSurface(panel) {
      const box = frame?.layout.boxes.find(({ active }) => active === panel);
      return box === undefined ? null : host.surface(innerRect(box));
    },
    render(next) {
      frame = next;
      const { layout, view } = next;
      frameBoxes = layout.boxes.map((box) => framed(box, next, look));
      const isMessage = layout.kind === 'message';
      const whole: Rect = { x: 0, y: 0, width: view.cols, height: view.rows };
      ground.place(isMessage ? null : whole);
      message.place(isMessage ? whole : null);
      header.place(isMessage ? null : layout.header);
      hints.place(isMessage ? null : layout.hints);
      const visible = new Set(visiblePanels(layout));
      for (const [panel, element] of Object.entries(panels)) {
        const box = layout.boxes.find(({ active }) => active === panel);
        element.place(box === undefined || !visible.has(panel as PanelId) ? null : innerRect(box));
      }
      above.place(isMessage ? null : whole);
      placeCharts(next);
      host.setCursor(null);
      host.render();
    },
    renderTerminal(emulator) {
      if (frame === null || emulator === null || frame.terminal !== emulator || !visiblePanels(frame.layout).includes('terminal'))
        return false;
      const { overlays, toast, search, mark } = frame.view;
      if (overlays.length > 0 || toast !== null || search !== null || mark !== null) return false;
      host.setCursor(null);
      host.renderOnly(panels.terminal);
      return true;
    },
  };

  /** Null: all rows are to be painted, and cannot be told from others later. */
  function paintedRows(emulator: Emulator | null, isPlain: boolean, isAlone: boolean): RowMemory | null {
    if (emulator === null || !isPlain) painted = null;
    else if (painted?.emulator !== emulator) painted = { emulator, rows: emulator.rowMemory() };
    else if (!isAlone) painted.rows.forget();
    return painted?.rows ?? null;
  }

  function paintTerminalPanel(surface: Surface, current: Frame, isAlone: boolean, theLook: Look): void {
    const { terminal: emulator, view } = current;
    const origin = emulator === null ? null : gridOrigin(emulator, surface.width, surface.height);
    const isLarger = foreignSizeOf(current) !== null;
    const memory = paintedRows(emulator, !isLarger && origin?.row === 0 && origin.col === 0, isAlone);
    if (emulator === null || origin === null) {
      surface.fill(theLook.attributes.plain);
      surface.text(1, 0, 'No terminal is open: enter on a step opens a shell in it.', theLook.attr('dim'));
      return;
    }
    const sizeReason = current.context.replay === null ? 'set by another screen' : 'as it was recorded';
    paintGrid(surface, { emulator, memory, ...marksOf(current, 'terminal'), origin, isLarger, sizeReason }, theLook);
    const x = emulator.cursor.x - origin.col;
    const y = emulator.cursor.y - origin.row;
    if (view.mode !== 'terminal' || !emulator.modes.cursorVisible || y < 0 || y >= surface.height) return;
    const place = surface.placeOn(host.surface({ x: 0, y: 0, width: view.cols, height: view.rows }));
    const { cursorShape: shape, cursorBlink: isBlinking } = emulator.modes;
    host.setCursor({ x: place.x + Math.min(x, surface.width - 1), y: place.y + y, shape, isBlinking });
  }
}

function processesOf({ state, view, attached, nowMs }: Frame): ProcessesProps {
  const rows = selectProcessRows(state, view);
  return {
    ...{ state, rows, attached, nowMs },
    generation: selectGeneration(state, view),
    selected: selectedProcessAt(rows, view),
    tabs: view.tabs,
    isFocused: view.focus === 'processes',
  };
}

function copyOverlayOf(view: ViewState): CopyOverlay | null {
  return view.overlays.find((overlay) => overlay.kind === 'copy') ?? null;
}

/** The size of the program in the terminal panel when it is not that of the panel; then somebody else has a say in it. */
function foreignSizeOf({ layout, terminalSize }: Frame): TerminalSize | null {
  const rect = panelRect(layout, 'terminal');
  if (rect === null || terminalSize === null) return null;
  return terminalSize.cols === rect.width && terminalSize.rows === rect.height ? null : terminalSize;
}

/** Where the cursor of the copy mode stands on the screen; null while it is out of sight. */
function copyCursorOf({ state, view, layout, terminal, log }: Frame): HostCursor | null {
  const copying = copyOverlayOf(view);
  if (copying === null) return null;
  const generation = selectGeneration(state, view);
  const area = gridArea(layout, copying.panel, generation, selectStep(generation, view));
  const grid = copying.panel === 'terminal' ? terminal : log;
  if (area === null || grid === null) return null;
  const origin = copying.panel === 'terminal' ? gridOrigin(grid, area.width, area.height) : { row: 0, col: 0 };
  const y = copying.head.row - grid.viewport.top - origin.row;
  const x = Math.max(0, Math.min(copying.head.col - origin.col, area.width - 1));
  return y < 0 || y >= area.height ? null : { x: area.x + x, y: area.y + y, shape: 'block', isBlinking: false };
}

/** What is marked in the grid of a panel: hits of the search, and what the mouse or the keyboard has gone over. */
function marksOf({ view, matches }: Frame, panel: PanelId): { matches: readonly Match[]; current: number; mark: Match | null } {
  const isSearched = view.search?.panel === panel;
  const copying = copyOverlayOf(view);
  const mark =
    copying?.panel === panel ? rangeOfCopy(copying, view.cols) : view.mark?.panel === panel ? rangeOf(view.mark) : null;
  return { matches: isSearched ? matches : [], current: isSearched ? view.search!.index : -1, mark };
}

function paintStepsPanel(surface: Surface, { state, view, nowMs }: Frame, look: Look): void {
  const generation = selectGeneration(state, view);
  if (generation === null) {
    surface.fill(look.attributes.plain);
    surface.text(1, 0, `Reading the Dockerfile ${look.glyphs.ellipsis}`, look.attr('dim'));
    return;
  }
  const rows = selectStepRows(generation, view, selectStep(generation, view)?.key ?? null, nowMs);
  const query = view.search?.panel === 'steps' ? view.search.query : null;
  paintSteps(surface, { generation, rows, top: view.stepsTop, isFocused: view.focus === 'steps', nowMs, query }, look);
}

function paintSourcePanel(surface: Surface, { state, view }: Frame, look: Look): void {
  const generation = selectGeneration(state, view);
  if (generation === null) {
    surface.fill(look.attributes.plain);
    return;
  }
  const rows = selectSourceRows(generation, selectStep(generation, view));
  const query = view.search?.panel === 'source' ? view.search.query : null;
  paintSource(surface, { rows, top: sourceTop(rows, surface.height, view.sourceTop), left: view.sourceLeft, query }, look);
}

function framed(box: Layout['boxes'][number], frame: Frame, look: Look): FrameBox {
  const isFocused = box.active === frame.view.focus;
  const isTyping = isFocused && frame.view.mode === 'terminal';
  return { box, isFocused, isTyping, ...titleOf(box, titleFacts(frame, look)) };
}

/** A panel that has no border, and the screen for itself, has its title there. */
function bottomRowOf(frame: Frame, look: Look): HintsProps {
  const { hints, layout, view } = frame;
  const [box] = layout.boxes;
  if (box === undefined || box.hasBorder || hints.message !== '') return hints;
  const half = { ...box, rect: { ...box.rect, width: Math.floor(view.cols / 2) } };
  const { title, info } = titleOf(half, titleFacts(frame, look));
  return { ...hints, message: [...title, ...info].map(({ text, tail = '' }) => `${text}${tail}`).join('  ') };
}

/** `#9 RUN npm ci`, `#23 linux/386 RUN npm ci`. */
function logTitle(step: Step, generation: Generation): string {
  if (step.number === null) return cleanText(step.text);
  const platform = selectPlatform(generation, step);
  return [`#${step.number}`, ...(platform === null ? [] : [cleanText(platform)]), stepText(step)].join(' ');
}

/** Below a place in the log of a step that is over lies nothing new. */
function logStateOf({ isAtBottom, rowsBelow }: Emulator['viewport'], isRunning: boolean): string {
  if (isAtBottom) return isRunning ? 'following' : '';
  return isRunning ? `paused +${rowsBelow} new` : `${rowsBelow} more below`;
}

function titleFacts(frame: Frame, look: Look): TitleFacts {
  const { state, view, log, matches } = frame;
  const generation = selectGeneration(state, view);
  const step = selectStep(generation, view);
  const progress = generation === null ? null : selectProgress(generation);
  const logState = log === null ? '' : logStateOf(log.viewport, step?.state === 'running');
  return {
    state,
    view,
    stepsCount: progress === null ? '' : `${progress.done}/${progress.total}`,
    logStep: step === null || generation === null ? '' : logTitle(step, generation),
    logState,
    foreignSize: foreignSizeOf(frame),
    sourcePlace: step?.lines == null ? '' : `line ${step.lines.start}`,
    matchCount: view.search?.panel === 'terminal' || view.search?.panel === 'logs' ? matches.length : null,
    searchedRows: searchedRowsOf(frame),
    glyphs: look.glyphs,
  };
}

/** Null: the search has all of what it is about. */
function searchedRowsOf({ view, log }: Frame): number | null {
  return view.search?.panel === 'logs' && log?.isPartial === true ? log.viewport.length : null;
}
