/** The key table as a page of documentation, so that what is written is what is bound. */
import { ACTION_GROUPS } from './action.js';
import { type Binding, DEFAULT_KEYMAP } from './keymap.js';
import { PANEL_TITLES } from './panels.js';
import { actionById, keyLabel } from './registry.js';

/** One table for each group of actions: keys, meaning, where they work. */
export function keysAsMarkdown(keymap: readonly Binding[] = DEFAULT_KEYMAP): string {
  const lines: string[] = [];
  for (const group of ACTION_GROUPS) {
    const rows = keymap.filter((binding) => actionById(binding.action)?.group === group);
    if (rows.length === 0) continue;
    lines.push(`### ${group}`, '', '| Key | What it does | Where |', '|---|---|---|');
    for (const { keys, action, panels, inReplay } of rows) {
      const labels = keys.map((key) => `\`${keyLabel(key).replaceAll('|', '\\|')}\``).join(' ');
      const where = inReplay
        ? 'replay'
        : panels === undefined
          ? 'everywhere'
          : panels.map((panel) => PANEL_TITLES[panel]).join(', ');
      lines.push(`| ${labels} | ${actionById(action)!.title} | ${where} |`);
    }
    lines.push('');
  }
  return lines.join('\n');
}
