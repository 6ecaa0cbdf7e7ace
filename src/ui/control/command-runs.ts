/** Lines of the `:` prompt: carried out, what they say shown, and a question that takes its time told of, so that Esc can stop it. */
import { toBxError } from '../../platform/errors.js';
import type { Toast } from '../view-state.js';
import { runAction } from './run-action.js';
import type { Ui } from './ui-context.js';

export interface CommandRuns {
  start(line: string): void;
  /** Stops the one whose toast is on display. False: there is none. */
  stop(): boolean;
}

interface Run {
  readonly abort: AbortController;
  toast: Toast | null;
}

/** What answers within this time needs no word. */
const TOLD_AFTER_MS = 400;

/** What fingers that know vi type to leave. */
const QUITTING = /^(?:q|qa|wq|wqa|x|xa|quit)(!?)$/;

export function createCommandRuns(ui: Ui): CommandRuns {
  const { store, deps } = ui;
  const runs = new Set<Run>();

  const hide = ({ toast }: Run): void => {
    if (toast !== null && store.view.toast === toast) store.dispatch({ type: 'toast.expired' });
  };

  const carryOut = async (line: string): Promise<void> => {
    const { screen } = ui.context();
    const run: Run = { abort: new AbortController(), toast: null };
    runs.add(run);
    const timer = deps.clock.setTimeout(() => {
      if (!deps.commandLine.isQuestion(line)) return;
      run.toast = {
        level: 'info',
        message: `${line} ${ui.look.glyphs.ellipsis}`,
        hint: 'esc stops it',
        untilMs: Number.POSITIVE_INFINITY,
      };
      store.dispatch({ type: 'toast.shown', toast: run.toast });
    }, TOLD_AFTER_MS);
    try {
      const { text } = await deps.commandLine.run(line, run.abort.signal);
      hide(run);
      const lines = text.replace(/\n+$/, '').split('\n');
      if (text.trim() === '') return;
      if (lines.length === 1) screen.notify('info', lines[0]!);
      else store.dispatch({ type: 'overlay.opened', overlay: { kind: 'text-page', title: line, lines, top: 0 } });
    } catch (error) {
      hide(run);
      const { code, message, hint } = toBxError(error);
      if (run.abort.signal.aborted) return screen.notify('info', `${line} was stopped`);
      // Behind the first line may be a table, which no toast has room for.
      const [what = '', ...table] = message.split('\n');
      if (code !== 'cancelled') screen.notify('error', what, table.length > 0 ? `${hint ?? ''}; :help lists the commands` : hint);
    } finally {
      deps.clock.clearTimeout(timer);
      runs.delete(run);
    }
  };

  return {
    start(typed) {
      const line = typed.trim();
      if (line === '') return;
      store.dispatch({ type: 'command.remembered', line });
      const quitting = QUITTING.exec(line);
      if (quitting !== null) runAction(ui, quitting[1] === '' ? 'app.quit' : 'app.quitNow');
      // As in vi and less: the line, or the step, of that number.
      else if (/^\d+$/.test(line)) ui.context().screen.move('last', Number(line));
      else void carryOut(line);
    },
    stop() {
      const shown = [...runs].find(({ toast }) => toast !== null && toast === store.view.toast);
      shown?.abort.abort();
      return shown !== undefined;
    },
  };
}
