/** The titles on the borders: panel names with their numbers, tabs, and what state a panel is in. Pure. */
import { PANEL_TITLES, PANELS, type PanelId } from '../../actions/index.js';
import type { ProcessSummary, SessionState } from '../../core/model/index.js';
import type { Box } from '../layout/layout.js';
import { ellipsize, textWidth } from '../text/width.js';
import type { Glyphs } from '../theme/glyphs.js';
import type { Role } from '../theme/roles.js';
import type { ViewState } from '../view-state.js';
import type { TitleSegment } from './frame.js';
import { processStateText, stepLabel, stepOfProcess } from './processes.js';

export interface TitleFacts {
  readonly state: SessionState;
  readonly view: ViewState;
  readonly stepsCount: string;
  /** `#9 RUN npm ci`. */
  readonly logStep: string;
  /** `following`, `paused +128 new`. */
  readonly logState: string;
  readonly sourcePlace: string;
  readonly glyphs: Glyphs;
}

const SHORT_TITLES: Readonly<Record<PanelId, string>> = {
  steps: 'Steps',
  terminal: 'Term',
  logs: 'Logs',
  processes: 'Procs',
  source: 'Source',
};

export function titleOf(box: Box, facts: TitleFacts): { title: TitleSegment[]; info: TitleSegment[] } {
  const info = [...infoOf(box.active, facts, box.rect.width), ...searchOf(box.active, facts)];
  const width = (segments: readonly TitleSegment[]): number =>
    segments.reduce((sum, { text, tail }) => sum + textWidth(text) + textWidth(tail ?? '') + 2, 0);
  const full = panelNames(box, facts, false);
  const fits = width(full) + Math.min(width(info), 24) + 5 <= box.rect.width;
  return { title: fits || box.panels.length === 1 ? full : panelNames(box, facts, true), info };
}

function panelNames(box: Box, facts: TitleFacts, isTight: boolean): TitleSegment[] {
  const { view } = facts;
  const isShort = box.panels.length > 1;
  return box.panels.map((panel): TitleSegment => {
    const number = PANELS.indexOf(panel) + 1;
    const isActive = panel === box.active;
    const isFocused = panel === view.focus;
    const name = isTight
      ? `${number} ${SHORT_TITLES[panel]}`
      : `[${number}] ${isShort ? SHORT_TITLES[panel] : PANEL_TITLES[panel]}`;
    const count = countOf(panel, facts);
    const text = `${isFocused ? facts.glyphs.focus : ''}${name}${count === '' || isTight ? '' : ` ${count}`}`;
    const role: Role = isFocused ? 'title.focus' : isShort ? (isActive ? 'tab.active' : 'tab') : 'title';
    return { text, role, target: { kind: 'panel', panel } };
  });
}

function countOf(panel: PanelId, { state, stepsCount, view }: TitleFacts): string {
  if (panel === 'steps') return stepsCount;
  if (panel === 'processes') {
    const alive = state.processes.filter((process) => process.endedAtMs === null).length;
    return alive === 0 ? '' : String(alive);
  }
  return panel === 'terminal' && view.tabs.length > 1 ? String(view.tabs.length) : '';
}

function infoOf(panel: PanelId, facts: TitleFacts, width: number): TitleSegment[] {
  const plain = (text: string): TitleSegment[] => (text === '' ? [] : [{ text, role: 'tab', target: null }]);
  switch (panel) {
    case 'terminal':
      return tabSegments(facts);
    case 'logs':
      return [
        ...plain(ellipsize(facts.logStep, Math.max(8, width - textWidth(facts.logState) - 20), facts.glyphs.ellipsis)),
        ...plain(facts.logState),
      ];
    case 'source':
      return plain(facts.sourcePlace);
    default:
      return [];
  }
}

function tabSegments({ state, view }: TitleFacts): TitleSegment[] {
  return view.tabs.map((id, index): TitleSegment => {
    const process = state.processes.find((candidate) => candidate.id === id);
    const isActive = id === view.activeTab;
    const end = process === undefined || process.endedAtMs === null ? '' : ` ${processStateText(process)}`;
    return {
      text: `${index + 1}:${process === undefined ? id : tabLabel(state, process)}`,
      tail: `${end}${isActive ? '*' : ''}`,
      role: isActive ? 'tab.active' : 'tab',
      target: { kind: 'tab', process: id },
    };
  });
}

/** `#9 failed`, `#4 make`. */
function tabLabel(state: SessionState, process: ProcessSummary): string {
  const place = stepOfProcess(state, process);
  const where = place === null ? process.id : stepLabel(place.step, place.container, state);
  const what = process.kind === 'exec' ? ` ${process.args[0]?.split('/').at(-1) ?? ''}` : '';
  return `${where}${what}`;
}

function searchOf(panel: PanelId, { view }: TitleFacts): TitleSegment[] {
  const { search } = view;
  if (search === null || search.panel !== panel) return [];
  const place = search.count === 0 ? 'no match' : `${search.index + 1}/${search.count}`;
  return [{ text: `/${search.query} ${place}`, role: search.count === 0 ? 'warning' : 'accent', target: null }];
}
