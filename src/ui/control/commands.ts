/** The verbs that actions use, carried out on the screen: `ScreenCommands`. One object for the life of the screen. */
import type { Question, RollbackWish, ScreenCommands, TextQuestion } from '../../actions/index.js';
import type { Step } from '../../core/model/index.js';
import { isOtherUser, selectPlatform, selectUser } from '../../core/select/index.js';
import { toBxError } from '../../platform/errors.js';
import { cleanText } from '../../platform/text-width.js';
import type { CommandResult, SessionCommand } from '../../session/session.js';
import { panelRect } from '../layout/layout.js';
import { sameStep, selectGeneration, selectStep, stepsInOrder } from '../select/current.js';
import { EMPTY_INPUT, inputOf } from '../text/line-input.js';
import { nextPanel } from '../view-reduce.js';
import type { OptionsForm } from '../view-state.js';
import { enterCopyMode } from './copy-mode.js';
import { copyGridLine, copyPanelText } from './copying.js';
import { createOpenings } from './openings.js';
import { runRollback, startProgram } from './rollback.js';
import { gridOf, movePanel } from './scrolling.js';
import { stepSearch } from './searching.js';
import {
  activeTarget,
  closeTab,
  cycleTab,
  enterTerminal,
  fitTerminals,
  processOf,
  showTab,
  startedByHand,
  terminalLeft,
} from './tabs.js';
import { editPanelText, writePanelText, writeSource } from './texts.js';
import { toastOf } from './toasts.js';
import type { Ui } from './ui-context.js';

const DIVIDER_STEP = 3;
const LAYOUTS = ['auto', 'columns', 'stacked', 'terminal'] as const;

export function createCommands(ui: Ui): ScreenCommands {
  const { deps, store } = ui;
  const { session, clock } = deps;
  const current = () => {
    const generation = selectGeneration(session.state, store.view);
    return { generation, step: selectStep(generation, store.view) };
  };
  const select = (key: string): void => {
    store.dispatch({ type: 'selection.changed', selection: { kind: 'user', step: key, atMs: clock.now() } });
  };
  const notify: ScreenCommands['notify'] = (level, message, hint = null) => {
    const said = { atMs: clock.now(), level, message, hint };
    store.dispatch({ type: 'toast.shown', toast: toastOf(said, said.atMs) });
    if (level !== 'info') store.dispatch({ type: 'message.said', message: said });
  };
  const fail = (error: unknown): void => {
    const problem = toBxError(error);
    if (problem.code !== 'cancelled') notify('error', problem.message, problem.hint);
  };
  const relayout = (change: () => void): void => {
    change();
    fitTerminals(ui);
  };

  const openings = createOpenings(ui);
  const commands: ScreenCommands = {
    focus(panel) {
      store.dispatch({ type: 'panel.focused', panel });
    },
    focusNext(direction) {
      store.dispatch({ type: 'panel.focused', panel: nextPanel(store.view, direction) });
    },
    back() {
      const { view } = store;
      if (view.search !== null) store.dispatch({ type: 'search.changed', search: null });
      else if (ui.commandRuns.stop()) return;
      else if (view.toast !== null) store.dispatch({ type: 'toast.expired' });
      else if (view.zoomed !== null) relayout(() => store.dispatch({ type: 'zoom.toggled' }));
      else if (view.generation !== null) commands.setGeneration(null);
      else store.dispatch({ type: 'panel.focused', panel: 'steps' });
    },
    move: (motion, count) => movePanel(ui, store.view.focus, motion, count),
    selectStep(key) {
      const stage = current().generation?.steps[key]?.stage;
      if (stage != null && store.view.folded.includes(stage)) store.dispatch({ type: 'stage.folded', stage, isFolded: false });
      select(key);
      store.dispatch({ type: 'panel.focused', panel: 'steps' });
    },
    stage(direction) {
      const { generation, step } = current();
      if (generation === null || step === null) return;
      const firsts = generation.stages.flatMap(
        ({ index }) => stepsInOrder(generation).find(({ stage }) => stage === index) ?? [],
      );
      const at = firsts.findLastIndex((first) => generation.order.indexOf(first.key) <= generation.order.indexOf(step.key));
      const isFirst = firsts[at]?.key === step.key;
      const wanted = firsts[direction > 0 ? at + 1 : isFirst ? at - 1 : at];
      if (wanted !== undefined) select(wanted.key);
    },
    toggleFold() {
      const stage = current().step?.stage;
      if (stage != null) store.dispatch({ type: 'stage.folded', stage, isFolded: !store.view.folded.includes(stage) });
    },
    toggleInternal: () => store.dispatch({ type: 'internal.toggled' }),
    setGeneration(number) {
      const from = current().generation;
      const { selection } = store.view;
      store.dispatch({ type: 'generation.chosen', generation: number });
      const to = current().generation;
      if (selection.kind !== 'user' || from === null || to === null || from === to) return;
      const key = sameStep(from, selection.step, to);
      store.dispatch({ type: 'selection.changed', selection: key === null ? { kind: 'auto' } : { ...selection, step: key } });
    },
    zoom: () => relayout(() => store.dispatch({ type: 'zoom.toggled' })),
    cycleLayout() {
      const next = LAYOUTS[(LAYOUTS.indexOf(store.view.layout) + 1) % LAYOUTS.length]!;
      relayout(() => store.dispatch({ type: 'layout.changed', layout: next }));
      notify('info', `layout: ${next}`);
    },
    moveDivider: (direction) => relayout(() => store.dispatch({ type: 'divider.moved', cols: direction * DIVIDER_STEP })),
    cycleTab: (direction) => cycleTab(ui, direction),
    showTab: (process) => void showTab(ui, process),
    showStarted: (process) => startedByHand(ui, process),
    closeTab: (process) => closeTab(ui, process),
    sweep(processes) {
      for (const id of processes) closeTab(ui, id);
      store.dispatch({ type: 'processes.swept', processes });
    },
    interact() {
      const process = processOf(session.state, store.view.activeTab);
      if (process === null) return;
      if (process.endedAtMs === null) enterTerminal(ui);
      else void restart(process.id);
    },
    sendLeaveKey() {
      // Pressed out of habit where the program has ended by itself: it leaves, as it would have a moment before.
      if (processOf(session.state, store.view.activeTab)?.endedAtMs != null) return terminalLeft(ui);
      const target = activeTarget(ui);
      if (target === null) return;
      deps.router.sendLeaveKey(target);
      enterTerminal(ui);
    },
    openCommandLine(prefill) {
      const input = inputOf(prefill);
      const overlay = { kind: 'command', input, candidates: [], start: 0, chosen: -1, historyAt: 0, draft: '' } as const;
      store.dispatch({ type: 'overlay.opened', overlay });
    },
    openPalette: () => store.dispatch({ type: 'overlay.opened', overlay: { kind: 'palette', input: EMPTY_INPUT, selected: 0 } }),
    openHelp: () => store.dispatch({ type: 'overlay.opened', overlay: { kind: 'help', filter: EMPTY_INPUT, top: 0 } }),
    openNotices: () => store.dispatch({ type: 'overlay.opened', overlay: { kind: 'notices', top: 0 } }),
    openSearch() {
      store.dispatch({ type: 'overlay.opened', overlay: { kind: 'search', input: EMPTY_INPUT, panel: store.view.focus } });
    },
    searchNext: (direction) => stepSearch(ui, direction),
    toggleFollow() {
      const grid = gridOf(ui, 'logs');
      if (grid === null) return;
      if (grid.viewport.isAtBottom) grid.viewport.scrollLines(-1);
      else grid.viewport.scrollToBottom();
    },
    copyLine: () => void copy(copyGridLine(ui)),
    enterCopyMode() {
      const { focus } = store.view;
      if (focus === 'terminal' || focus === 'logs') enterCopyMode(ui, focus);
    },
    copyPanel: () => void copy(copyPanelText(ui, store.view.focus)),
    copyText: (text) => void copy(text),
    toggleMouse() {
      store.dispatch({ type: 'mouse.toggled' });
      deps.guard.setMouse(store.view.isMouseOn);
      notify('info', store.view.isMouseOn ? 'The mouse works here.' : 'The mouse belongs to your terminal now; M takes it back.');
    },
    redraw: () => ui.redraw(),
    suspend: () => deps.guard.suspend(),
    quit: () => ui.close(),
    detach: () => ui.close('detached'),
    rollback: (wish) => runRollback(ui, commands, openings, wish),
    showOpening: (id) => openings.show(id),
    cancelOpening: (id) => openings.cancel(id),
    askOptions: (step) => askOptions(step),
    ask: (question: Question) =>
      store.wait<string>((id) => {
        const selected = Math.max(
          0,
          question.choices.findIndex((choice) => choice.id === question.default),
        );
        return { kind: 'question', id, question, selected };
      }),
    askText: (question: TextQuestion) =>
      store.wait<string>((id) => ({ kind: 'text', id, question, input: inputOf(question.initial) })),
    async execute(command: SessionCommand): Promise<CommandResult | null> {
      try {
        return await session.execute(command);
      } catch (error) {
        fail(error);
        return null;
      }
    },
    start: (command, name) => startProgram(ui, commands, openings, command, name),
    terminalSize() {
      const rect = terminalRect(ui);
      return { cols: Math.max(2, rect.width), rows: Math.max(1, rect.height) };
    },
    async editSource(line) {
      const { generation } = current();
      if (generation === null) return;
      try {
        await deps.guard.suspendFor((signal) => deps.openEditor(generation.dockerfile.path, line, signal));
      } catch (error) {
        fail(error);
      }
    },
    editText: () => editPanelText(ui).catch(fail),
    writeText: () => writePanelText(ui, commands).catch(fail),
    writeAs: (name, text) => writeSource(ui, commands, { source: { kind: 'text', name, text }, fileName: name }).catch(fail),
    notify,
  };

  async function restart(id: string): Promise<void> {
    const process = processOf(session.state, id);
    const container = process === null ? undefined : session.state.containers[process.container];
    if (process === null) return;
    const size = commands.terminalSize();
    const isGone = container?.state === 'released' || container?.state === 'lost';
    const args = process.kind === 'exec' ? process.args : [];
    const user = container !== undefined && isOtherUser(process, container) ? { user: selectUser(process, container) } : {};
    const command: SessionCommand =
      container === undefined
        ? { type: 'host.exec', args, size }
        : isGone
          ? {
              type: 'step.rollback',
              step: container.step,
              generation: container.generation,
              moment: container.moment,
              exclusiveCaches: 'mount',
              ...(process.kind === 'exec' ? { args: process.args } : {}),
              ...user,
              size,
            }
          : {
              type: 'process.exec',
              container: container.id,
              args,
              ...user,
              tty: process.tty,
              size,
            };
    if (await commands.start(command, 'the program')) closeTab(ui, id);
  }

  async function copy(text: string): Promise<void> {
    if (text === '') {
      notify('info', 'There is nothing to copy here.');
      return;
    }
    try {
      const where = await deps.copy(text);
      const lines = text.split('\n').length;
      notify('info', `copied ${lines === 1 ? '1 line' : `${lines} lines`} (${where})`);
    } catch (error) {
      fail(error);
    }
  }

  function askOptions(step: Step): Promise<RollbackWish | null> {
    const moments: OptionsForm['moments'] =
      step.state === 'failed'
        ? ['auto', 'before', 'failed']
        : step.state === 'done' || step.state === 'cached'
          ? ['auto', 'before', 'after']
          : ['auto', 'before', 'after'];
    const form: OptionsForm = { moment: 'auto', moments, user: EMPTY_INPUT, command: EMPTY_INPUT, field: 0 };
    const { generation } = current();
    const platform = generation === null ? null : selectPlatform(generation, step);
    const title = `Shell in step ${step.number ?? ''}${platform === null ? '' : ` ${platform}`} ${cleanText(step.text)}`;
    return store
      .wait<OptionsForm>((id) => ({ kind: 'options', id, title, form }))
      .then((done) => {
        if (done === null) return null;
        const user = done.user.text.trim();
        const command = done.command.text.trim();
        return {
          step: step.key,
          moment: done.moment,
          ...(user === '' ? {} : { user }),
          ...(command === '' ? {} : { args: ['/bin/sh', '-c', command] }),
        };
      });
  }

  return commands;
}

/** The pane that a terminal has or would have. */
function terminalRect(ui: Ui): { width: number; height: number } {
  const rect = panelRect(ui.layout(), 'terminal');
  if (rect !== null) return rect;
  const { view } = ui.store;
  return ui.layoutWith({ ...view, tabs: view.tabs.length > 0 ? view.tabs : ['-'] }, 'terminal');
}
