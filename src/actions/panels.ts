/** Names of what can have the focus, shared by keys, actions and the screen. Names only. */
export const PANELS = ['steps', 'terminal', 'logs', 'processes', 'source'] as const;

export type PanelId = (typeof PANELS)[number];

/** normal: keys are commands. terminal: every byte but the leave key goes to the program. */
export type Mode = 'normal' | 'terminal';

export const PANEL_TITLES: Readonly<Record<PanelId, string>> = {
  steps: 'Steps',
  terminal: 'Terminal',
  logs: 'Logs',
  processes: 'Processes',
  source: 'Source',
};
