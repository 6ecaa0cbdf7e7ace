/** A message as it is shown for a while. */
import type { Notice } from '../../core/model/index.js';
import type { Toast } from '../view-state.js';

const TOAST_MS = 4000;
const ERROR_TOAST_MS = 10_000;

export function toastOf({ level, message, hint }: Pick<Notice, 'level' | 'message' | 'hint'>, nowMs: number): Toast {
  return { level, message, hint, untilMs: nowMs + (level === 'info' ? TOAST_MS : ERROR_TOAST_MS) };
}
