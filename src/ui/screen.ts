/**
 * The full-screen front end: wires session, router, guard and renderer, and draws. It knows the build only through the session interface;
 * it opens no files and no connections.
 */
import type { SessionEvent } from '../core/events.js';
import type { SessionState } from '../core/model/index.js';
import type { Disposable } from '../platform/byte-channel.js';
import type { Emulator } from '../term/types.js';
import { attachedOf, watchAttached } from './control/attached.js';
import { askBackground } from './control/background.js';
import { createCommandRuns } from './control/command-runs.js';
import { createCommands } from './control/commands.js';
import { contextOf } from './control/context-of.js';
import { followEvent } from './control/follow-events.js';
import { createFrameScheduler, type FramePace, paceOf } from './control/frames.js';
import { hintsOf } from './control/hints-of.js';
import { createInputHandler } from './control/input.js';
import { createLogGrids } from './control/log-grids.js';
import { createLogRate } from './control/log-rate.js';
import { comeBack, createPlaceTeller } from './control/place.js';
import { createPreparing } from './control/preparing.js';
import { followReplay } from './control/replaying.js';
import { gridMatches } from './control/searching.js';
import { createViewStore } from './control/store.js';
import { enterTerminal, fitTerminals, showTab, tellShown, terminalLeft, terminalResumed } from './control/tabs.js';
import { lineStyleOf } from './control/terminal-lines.js';
import { createTerminals } from './control/terminals.js';
import { createTypeAhead } from './control/type-ahead.js';
import type { Ui } from './control/ui-context.js';
import type { ScreenDeps, ScreenHandle } from './deps.js';
import { AttributeTable } from './host/attributes.js';
import { createBlessedHost } from './host/blessed-host.js';
import { computeLayout, innerRect, type Layout, panelRect } from './layout/layout.js';
import { createLook } from './look.js';
import { loadCharts } from './panels/charts.js';
import { logAreas } from './panels/logs.js';
import { createScreenView, type Frame } from './screen-view.js';
import { sameStep, selectGeneration, selectStep } from './select/current.js';
import { isTicking } from './select/header.js';
import { scrolledTo, selectStepRows } from './select/step-rows.js';
import { initialView, type ViewState } from './view-state.js';

/** Durations show tenths of a second. */
const TICK_MS = 100;
const SLOW_TICK_MS = 1000;
const RESIZE_MS = 50;
const CHARTS_WITHIN_MS = 500;
/** A frame that is wanted now is drawn by then. */
const FRAME_MS = 10;
/** The first frame waits so long for what the programs have printed, so that it need not be drawn twice. */
const FIRST_FRAME_WITHIN_MS = 50;
const DEFAULT_SIZE = { cols: 80, rows: 24 };

/** The first frame is drawn when this returns. */
export function startScreen(deps: ScreenDeps): ScreenHandle {
  const { session, stdout, clock, router, guard } = deps;
  const size = () => ({ cols: stdout.columns || DEFAULT_SIZE.cols, rows: stdout.rows || DEFAULT_SIZE.rows });
  const first = size();
  let isGone = false;
  /** What durations of the build count to. */
  const sessionNow = (): number => deps.replay?.status.nowMs ?? clock.now();
  const attributes = new AttributeTable(deps.colorDepth);
  const look = createLook(deps.theme, deps.glyphs, deps.colorDepth, attributes, deps.paintsGround);
  const leaveLabel = deps.settings.leaveKey.label;
  /** What is changed by the session's events is drawn in their rhythm. */
  let pace: FramePace = 'prompt';
  const store = createViewStore(initialView(first.cols, first.rows), () => scheduler.invalidate('all', pace));
  const terminals = createTerminals({
    session,
    afterFrame: (run) => void clock.setTimeout(run, FRAME_MS),
    theme: () => look.theme,
    scrollbackRows: deps.settings.scrollbackRows,
    lineStyle: () => lineStyleOf(look, leaveLabel, deps.replay !== undefined),
    nowMs: sessionNow,
    onDirty: (process) => {
      if (process === store.view.activeTab) scheduler.invalidate('terminal');
    },
    onSize: (process) => {
      if (process === store.view.activeTab) scheduler.invalidate();
    },
    onClipboard: (process) => {
      commands.notify('warning', `${process} wanted to set the clipboard; it was not allowed to.`, 'y copies what you see.');
    },
  });
  const logRate = createLogRate();
  const logs = createLogGrids(session, () => scheduler.invalidate('all', 'calm'));
  let resolveClosed: (how: 'quit' | 'detached') => void = () => undefined;
  const closed = new Promise<'quit' | 'detached'>((resolve) => {
    resolveClosed = resolve;
  });

  const ui: Ui = {
    deps,
    store,
    look,
    get screenView() {
      return screenView;
    },
    terminals,
    logs,
    typeAhead: createTypeAhead(store, clock),
    get commandRuns() {
      return commandRuns;
    },
    layout: () => layoutOf(store.view),
    layoutWith: (view, panel) => panelRect(layoutOf(view), panel) ?? { width: view.cols, height: Math.max(1, view.rows - 2) },
    context: () => contextOf(ui, commands),
    invalidate: () => scheduler.invalidate(),
    redraw() {
      host.invalidate();
      scheduler.invalidate();
    },
    close,
  };
  const commandRuns = createCommandRuns(ui);
  const commands = createCommands(ui);
  const handleInput = createInputHandler(ui);
  const tellPlace = createPlaceTeller(ui);
  const preparing = createPreparing(ui, () => commands.terminalSize());
  const scheduler = createFrameScheduler(clock, stdout, (scope) => {
    if (scope === 'terminal' && screenView.renderTerminal(shownEmulator())) return scope;
    draw();
    return 'all';
  });

  function shownEmulator(): Emulator | null {
    const { activeTab } = store.view;
    return activeTab === null ? null : (terminals.get(activeTab)?.emulator ?? null);
  }

  function draw(): void {
    const nowMs = sessionNow();
    const { state } = session;
    const toast = store.view.toast;
    if (toast !== null && toast.untilMs <= clock.now()) store.dispatch({ type: 'toast.expired' });
    const layout = layoutOf(store.view);
    const stepsTop = topOfSteps(state, store.view, layout, nowMs);
    if (stepsTop !== store.view.stepsTop) store.dispatch({ type: 'steps.scrolled', top: stepsTop });
    const { view } = store;
    const generation = selectGeneration(state, view);
    const step = selectStep(generation, view);
    const logRect = panelRect(layout, 'logs');
    if (logRect !== null) logs.resize(logRect.width, logAreas(generation, step, logRect.width, logRect.height).gridHeight);
    const context = ui.context();
    tellShown(ui);
    tellPlace();
    const frame: Frame = {
      state,
      view,
      layout,
      context,
      nowMs,
      terminal: shownEmulator(),
      terminalSize: view.activeTab === null ? null : (terminals.get(view.activeTab)?.terminal.size ?? null),
      log: generation === null || step === null ? null : logs.get(generation.number, step.key),
      matches: gridMatches(ui),
      hints: hintsOf(state, view, context, leaveLabel, look.glyphs),
      attached: attachedOf(deps),
      logRates: logRate.sample(generation, nowMs),
    };
    screenView.render(frame);
    if (deps.settings.preparesShells && !context.isReadOnly) preparing.look();
    scheduler.setTick(tickOf(state, view));
  }

  function tickOf(state: SessionState, view: ViewState): number | null {
    const generation = selectGeneration(state, view);
    const isBuilding = generation !== null && generation.endedAtMs === null;
    if (deps.replay === undefined ? isBuilding : deps.replay.status.isPlaying) return TICK_MS;
    return isTicking(state, view) || view.toast !== null ? SLOW_TICK_MS : null;
  }

  function onSessionEvent(event: SessionEvent): void {
    if (isGone) return;
    pace = paceOf(event);
    followEvent(ui, commands.notify, event);
    scheduler.invalidate('all', pace);
    pace = 'prompt';
  }

  function resize(): void {
    const { cols, rows } = size();
    if (cols === store.view.cols && rows === store.view.rows) return;
    host.resize(cols, rows);
    store.dispatch({ type: 'screen.resized', cols, rows });
    fitTerminals(ui);
    scheduler.invalidate();
  }
  let resizeTimer: unknown = null;
  const onResize = (): void => {
    if (resizeTimer !== null) clock.clearTimeout(resizeTimer);
    resizeTimer = clock.setTimeout(resize, RESIZE_MS);
  };

  const listeners: Disposable[] = [
    ...watchAttached(deps, commands.notify, () => scheduler.invalidate()),
    session.onEvent(onSessionEvent),
    router.onEvent((...event) => {
      scheduler.touched();
      handleInput(...event);
    }),
    router.onModeChange((change) => {
      if (change === 'leave-key') terminalLeft(ui);
      else if (change === 'resumed') terminalResumed(ui);
    }),
    router.onEnd(() => close(deps.canDetach ? 'detached' : 'quit')),
    guard.onRelease(() => {
      scheduler.pause();
      router.detach();
    }),
    guard.onTake(() => {
      router.attach(deps.stdin);
      resize();
      host.invalidate();
      scheduler.resume();
    }),
  ];
  if (deps.replay !== undefined) listeners.push(followReplay(ui, deps.replay));
  stdout.on('resize', onResize);

  function close(how: 'quit' | 'detached' = 'quit'): void {
    if (isGone) return;
    isGone = true;
    const isReadOnly = attachedOf(deps).isReadOnly;
    for (const listener of listeners) listener.dispose();
    stdout.off('resize', onResize);
    if (resizeTimer !== null) clock.clearTimeout(resizeTimer);
    scheduler.dispose();
    preparing.dispose();
    router.detach();
    ui.typeAhead.dispose();
    terminals.dispose();
    logs.dispose();
    guard.leave();
    host.dispose();
    resolveClosed(isReadOnly ? 'detached' : how);
  }

  function seenWithin(ms: number): Promise<unknown> {
    return Promise.race([terminals.seen(), new Promise<void>((resolve) => clock.setTimeout(resolve, ms))]);
  }

  async function addCharts(): Promise<void> {
    await deps.mayLoadMore;
    // They take a while to load, which the person's shells and the frame that shows them do not wait for.
    if (hasLateShells) {
      await seenWithin(CHARTS_WITHIN_MS);
      await new Promise<void>((resolve) => clock.setTimeout(resolve, FRAME_MS));
    }
    if (isGone) return;
    const charts = await loadCharts(host, look, screenView.addBelowDialogs);
    if (isGone) return;
    screenView.setCharts(charts);
    scheduler.invalidate('all', 'calm');
  }

  // What the programs have printed is asked for first: it is on its way while the rest is made.
  if (deps.replay === undefined) comeBack(ui);
  else for (const { id } of session.state.processes) showTab(ui, id);
  const host = createBlessedHost({
    ...first,
    attributes,
    onFrame: (text) => {
      if (!isGone && guard.isActive) stdout.write(text);
    },
  });
  const screenView = createScreenView(host, look, {
    dockerfile: deps.dockerfileLabel,
    leaveKey: leaveLabel,
    commandLine: deps.commandLine,
  });
  guard.enter();
  router.attach(deps.stdin);
  listeners.push(
    askBackground(deps, (theme, paintsGround) => {
      look.setTheme(theme, paintsGround);
      ui.redraw();
    }),
  );
  void session.ended.then(() => close());
  host.invalidate();
  const hasLateShells = terminals.isLate;
  if (hasLateShells) {
    scheduler.pause();
    void seenWithin(FIRST_FRAME_WITHIN_MS).then(() => !isGone && guard.isActive && scheduler.resume());
  } else draw();

  return {
    closed,
    complete: addCharts(),
    attach(id) {
      const isThere = showTab(ui, id);
      if (isThere) enterTerminal(ui);
      return isThere;
    },
    start: (command) => commands.start(command, 'the program'),
    selectedStep() {
      const generation = selectGeneration(session.state, store.view);
      const step = selectStep(generation, store.view);
      const newest = session.state.generations.at(-1);
      if (generation === null || newest === undefined || step?.kind !== 'instruction') return null;
      return generation === newest ? step.key : sameStep(generation, step.key, newest);
    },
    terminalSize: () => commands.terminalSize(),
    notify: (level, message, hint) => commands.notify(level, message, hint),
    close: (how) => close(how),
  };
}

function layoutOf(view: ViewState): Layout {
  const { cols, rows, layout: mode, zoomed, recency, dividers } = view;
  return computeLayout({ cols, rows, mode, zoomed, recency, dividers, hasTerminal: view.tabs.length > 0 });
}

function topOfSteps(state: SessionState, view: ViewState, layout: Layout, nowMs: number): number {
  const generation = selectGeneration(state, view);
  const box = layout.boxes.find((candidate) => candidate.active === 'steps');
  if (generation === null || box === undefined) return 0;
  const rows = selectStepRows(generation, view, selectStep(generation, view)?.key ?? null, nowMs);
  const at = rows.findIndex((row) => row.kind !== 'heading' && row.isSelected);
  return scrolledTo(view.stepsTop, at, innerRect(box).height, rows.length);
}
