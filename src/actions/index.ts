/** The public face of the actions: what keys, palette, help and front ends use. */
export { ACTION_GROUPS, type Action, type ActionGroup, isBuilding, isEnabled } from './action.js';
export type { ActionContext, Choice, Motion, Opening, Question, RollbackWish, ScreenCommands, TextQuestion } from './context.js';
export { type Binding, DEFAULT_KEYMAP } from './keymap.js';
export { keysAsMarkdown } from './markdown.js';
export { type Mode, PANEL_TITLES, PANELS, type PanelId } from './panels.js';
export {
  ACTIONS,
  actionAfterLeaving,
  actionById,
  actionForKey,
  type BoundAction,
  bindingsHere,
  keyLabel,
  keysOf,
} from './registry.js';
export { motionOf } from './view-actions.js';
