/** An action by its id, from a key, a click, the palette or a word: why it cannot be done, or how it failed, is told on the screen. */
import { actionById, isEnabled } from '../../actions/index.js';
import { toBxError } from '../../platform/errors.js';
import type { Ui } from './ui-context.js';

export function runAction(ui: Ui, id: string): void {
  const action = actionById(id);
  if (action === null) return;
  const context = ui.context();
  const enabled = isEnabled(action, context);
  if (enabled !== true) {
    context.screen.notify('warning', `${action.title}: ${enabled}`);
    return;
  }
  const fail = (error: unknown): void => {
    const problem = toBxError(error);
    if (problem.code !== 'cancelled') context.screen.notify('error', problem.message, problem.hint);
  };
  try {
    Promise.resolve(action.run(context)).catch(fail);
  } catch (error) {
    fail(error);
  }
}
