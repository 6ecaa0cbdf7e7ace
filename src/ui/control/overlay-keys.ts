/** Keys while something lies above the panels: answers, fields, lists. Every overlay closes with Esc. */
import { actionForKey, isBuilding } from '../../actions/index.js';
import type { KeyEvent } from '../../input/types.js';
import { paletteEntries } from '../overlays/entries.js';
import { helpExtent } from '../overlays/help.js';
import { editLine, inputOf, insertText, type LineInput } from '../text/line-input.js';
import type { OptionsForm, Overlay } from '../view-state.js';
import { copyModeKey } from './copy-mode.js';
import { runAction } from './run-action.js';
import { startSearch, stepSearch } from './searching.js';
import type { Ui } from './ui-context.js';

const UP = new Set(['up', 'C-p']);
const DOWN = new Set(['down', 'C-n']);

export function overlayKey(ui: Ui, overlay: Overlay, event: KeyEvent): void {
  const { key, text } = event;
  if (overlay.kind === 'waiting') {
    waitingKey(ui, overlay, event);
    return;
  }
  const leaves = overlay.kind === 'question' ? ui.deps.settings.leaveKey.key : 'C-g';
  if (key === 'esc' || key === 'C-c' || key === leaves) {
    if (overlay.kind === 'search') startSearch(ui, overlay.panel, '');
    ui.store.closeTop();
    return;
  }
  switch (overlay.kind) {
    case 'copy':
      copyModeKey(ui, overlay, key);
      return;
    case 'question':
      questionKey(ui, overlay, key);
      return;
    case 'text': {
      if (key === 'enter') {
        answer(ui, overlay.id, overlay.input.text);
        return;
      }
      edit(ui, overlay.input, key, text, (input) => ({ ...overlay, input }));
      return;
    }
    case 'options':
      optionsKey(ui, overlay, key, text);
      return;
    case 'help':
      helpKey(ui, overlay, key, text);
      return;
    case 'palette':
      paletteKey(ui, overlay, key, text);
      return;
    case 'command':
      commandKey(ui, overlay, key, text);
      return;
    case 'search':
      searchKey(ui, overlay, key, text);
      return;
    case 'notices':
    case 'text-page':
      pageKey(ui, overlay, key);
      return;
  }
}

/** A paste into whatever field is open; elsewhere it is nothing. */
export function overlayPaste(ui: Ui, overlay: Overlay, text: string): void {
  if (overlay.kind === 'waiting') {
    change(ui, { ...overlay, typed: [...overlay.typed, new TextEncoder().encode(text)] });
    return;
  }
  const first = text.replace(/[\r\n]+$/, '');
  if (overlay.kind === 'text' || overlay.kind === 'palette' || overlay.kind === 'command') {
    ui.store.dispatch({ type: 'overlay.changed', overlay: { ...overlay, input: insertText(overlay.input, first) } });
  } else if (overlay.kind === 'search') {
    const input = insertText(overlay.input, first);
    ui.store.dispatch({ type: 'overlay.changed', overlay: { ...overlay, input } });
    startSearch(ui, overlay.panel, input.text);
  } else if (overlay.kind === 'options' && overlay.form.field !== 0) {
    const field = overlay.form.field === 1 ? 'user' : 'command';
    const form = { ...overlay.form, [field]: insertText(overlay.form[field], first) };
    ui.store.dispatch({ type: 'overlay.changed', overlay: { ...overlay, form } });
  }
}

/** What may be wanted of the screen itself while a build takes its time, before anything is typed for the shell. */
const WHILE_BUILDING = new Set(['app.help', 'app.quit', 'app.quitNow', 'app.detach']);

function waitingKey(ui: Ui, overlay: Extract<Overlay, { kind: 'waiting' }>, { key, raw }: KeyEvent): void {
  const action = actionForKey(key, ui.store.view.focus)?.id;
  const isUntouched = overlay.isBuild && overlay.typed.length === 0;
  if (key === 'esc' || key === 'C-c') ui.store.answer(overlay.id, { type: 'cancel' });
  else if (key === 'tab') ui.store.answer(overlay.id, { type: 'background', typed: [] });
  else if (key === ui.deps.settings.leaveKey.key) ui.store.answer(overlay.id, { type: 'background', typed: overlay.typed });
  else if (action === 'app.suspend') runAction(ui, action);
  else if (isUntouched && action === 'build.cancel') {
    if (isBuilding(ui.context())) runAction(ui, action);
    else ui.store.answer(overlay.id, { type: 'cancel' });
  } else if (isUntouched && action !== undefined && WHILE_BUILDING.has(action)) runAction(ui, action);
  else change(ui, { ...overlay, typed: [...overlay.typed, raw] });
}

function change(ui: Ui, overlay: Overlay): void {
  ui.store.dispatch({ type: 'overlay.changed', overlay });
}

/** What has come with the answer waits until what was asked has gone on with it: it may be for the shell that opens then. */
function answer(ui: Ui, id: number, result: unknown): void {
  const hold = ui.deps.router.hold();
  ui.store.answer(id, result);
  ui.deps.clock.soon(() => hold.dispose());
}

function edit(ui: Ui, input: LineInput, key: string, text: string, make: (input: LineInput) => Overlay): void {
  const next = editLine(input, key, text);
  if (next !== null) change(ui, make(next));
}

function questionKey(ui: Ui, overlay: Extract<Overlay, { kind: 'question' }>, key: string): void {
  const { choices } = overlay.question;
  const chosen = choices.find((choice) => choice.key === key);
  if (chosen !== undefined) {
    answer(ui, overlay.id, chosen.id);
    return;
  }
  if (key === 'enter') {
    answer(ui, overlay.id, choices[overlay.selected]?.id ?? null);
    return;
  }
  if (key === 'n' || key === 'q') {
    ui.store.closeTop();
    return;
  }
  const by = UP.has(key) || key === 'k' || key === 'S-tab' ? -1 : DOWN.has(key) || key === 'j' || key === 'tab' ? 1 : 0;
  if (by !== 0) change(ui, { ...overlay, selected: (overlay.selected + by + choices.length) % choices.length });
}

function optionsKey(ui: Ui, overlay: Extract<Overlay, { kind: 'options' }>, key: string, text: string): void {
  const { form } = overlay;
  const put = (next: OptionsForm): void => change(ui, { ...overlay, form: next });
  if (key === 'enter') {
    answer(ui, overlay.id, form);
    return;
  }
  if (key === 'tab' || key === 'down') {
    put({ ...form, field: ((form.field + 1) % 3) as OptionsForm['field'] });
    return;
  }
  if (key === 'S-tab' || key === 'up') {
    put({ ...form, field: ((form.field + 2) % 3) as OptionsForm['field'] });
    return;
  }
  if (form.field === 0) {
    const at = form.moments.indexOf(form.moment);
    const by = key === 'left' || key === 'h' ? -1 : key === 'right' || key === 'l' || key === 'space' ? 1 : 0;
    const moment = form.moments[(at + by + form.moments.length) % form.moments.length] ?? 'auto';
    put({ ...form, moment });
    return;
  }
  const field = form.field === 1 ? 'user' : 'command';
  const next = editLine(form[field], key, text);
  if (next !== null) put({ ...form, [field]: next });
}

function scrollBy(key: string, page: number): number {
  if (UP.has(key)) return -1;
  if (DOWN.has(key)) return 1;
  if (key === 'pageup') return -page;
  if (key === 'pagedown') return page;
  return 0;
}

function helpKey(ui: Ui, overlay: Extract<Overlay, { kind: 'help' }>, key: string, text: string): void {
  const { last, page } = helpExtent(ui.context(), overlay.filter.text, ui.deps.settings.leaveKey.label, ui.store.view);
  const by = scrollBy(key, page);
  if (by !== 0) {
    change(ui, { ...overlay, top: Math.max(0, Math.min(last, overlay.top + by)) });
    return;
  }
  if (key === 'enter' || (text === '?' && overlay.filter.text === '')) {
    ui.store.closeTop();
    return;
  }
  edit(ui, overlay.filter, key, text, (filter) => ({ ...overlay, filter, top: 0 }));
}

function paletteKey(ui: Ui, overlay: Extract<Overlay, { kind: 'palette' }>, key: string, text: string): void {
  const entries = paletteEntries(ui.context(), ui.deps.commandLine, overlay.input.text, false);
  const by = scrollBy(key, 10);
  if (by !== 0) {
    change(ui, { ...overlay, selected: Math.max(0, Math.min(entries.length - 1, overlay.selected + by)) });
    return;
  }
  if (key === 'enter') {
    const entry = entries[overlay.selected];
    if (entry === undefined) return;
    ui.store.closeTop();
    if (entry.kind === 'command') {
      ui.context().screen.openCommandLine(`${entry.id} `);
      return;
    }
    runAction(ui, entry.id);
    return;
  }
  edit(ui, overlay.input, key, text, (input) => ({ ...overlay, input, selected: 0 }));
}

function commandKey(ui: Ui, overlay: Extract<Overlay, { kind: 'command' }>, key: string, text: string): void {
  const { commandHistory } = ui.store.view;
  if (key === 'enter') {
    ui.store.closeTop();
    ui.commandRuns.start(overlay.input.text);
    return;
  }
  if (key === 'tab' || key === 'S-tab') {
    complete(ui, overlay, key === 'tab' ? 1 : -1);
    return;
  }
  if (UP.has(key) || DOWN.has(key)) {
    const at = Math.max(0, Math.min(commandHistory.length, overlay.historyAt + (UP.has(key) ? 1 : -1)));
    const draft = overlay.historyAt === 0 ? overlay.input.text : overlay.draft;
    const line = at === 0 ? draft : (commandHistory[commandHistory.length - at] ?? '');
    change(ui, { ...overlay, input: inputOf(line), historyAt: at, draft, candidates: [], chosen: -1 });
    return;
  }
  if (overlay.input.text === '' && (key === 'backspace' || key === 'C-h')) {
    ui.store.closeTop();
    return;
  }
  edit(ui, overlay.input, key, text, (input) => ({ ...overlay, input, candidates: [], chosen: -1 }));
}

function complete(ui: Ui, overlay: Extract<Overlay, { kind: 'command' }>, by: 1 | -1): void {
  const { input } = overlay;
  if (overlay.candidates.length > 1) {
    const chosen = (overlay.chosen + by + overlay.candidates.length) % overlay.candidates.length;
    change(ui, { ...overlay, chosen, input: replaceWord(input, overlay.start, overlay.candidates[chosen]!) });
    return;
  }
  const { candidates, start } = ui.deps.commandLine.complete(input.text, input.cursor);
  if (candidates.length === 0) return;
  if (candidates.length === 1) {
    const done = replaceWord(input, start, `${candidates[0]!} `);
    change(ui, { ...overlay, input: done, candidates: [], chosen: -1 });
    return;
  }
  const common = commonPrefix(candidates);
  const isLonger = common.length > input.cursor - start;
  const next = isLonger ? replaceWord(input, start, common) : input;
  change(ui, { ...overlay, input: next, candidates, start, chosen: -1 });
}

function replaceWord(input: LineInput, start: number, word: string): LineInput {
  return { text: input.text.slice(0, start) + word + input.text.slice(input.cursor), cursor: start + word.length };
}

function commonPrefix(words: readonly string[]): string {
  let prefix = words[0] ?? '';
  for (const word of words) while (!word.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}

function searchKey(ui: Ui, overlay: Extract<Overlay, { kind: 'search' }>, key: string, text: string): void {
  const isEmpty = overlay.input.text === '';
  if (key === 'enter') {
    ui.store.closeTop();
    if (isEmpty) stepSearch(ui, 1);
    return;
  }
  const { search } = ui.store.view;
  const isRecall = isEmpty && UP.has(key) && search !== null;
  const next = isRecall ? inputOf(search.query) : editLine(overlay.input, key, text);
  if (next === null || (isEmpty && next.text === '')) return;
  change(ui, { ...overlay, input: next });
  startSearch(ui, overlay.panel, next.text);
}

function pageKey(ui: Ui, overlay: Extract<Overlay, { kind: 'notices' | 'text-page' }>, key: string): void {
  if (key === 'enter' || key === 'q') {
    ui.store.closeTop();
    return;
  }
  const by = key === 'k' ? -1 : key === 'j' ? 1 : scrollBy(key, 10);
  if (by !== 0) change(ui, { ...overlay, top: Math.max(0, overlay.top + by) });
}
