/** The titles on the borders: panel names with their numbers, tabs, and what state a panel is in. Pure. */
import { PANEL_TITLES, PANELS, type PanelId } from '../../actions/index.js';
import type { ProcessSummary, SessionState } from '../../core/model/index.js';
import type { TerminalSize } from '../../session/session.js';
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
  /** The size of the program in front when another screen has set it. */
  readonly foreignSize: TerminalSize | null;
  readonly sourcePlace: string;
  /** Hits in the terminal or log that is on display now; null when the search is about a list. */
  readonly matchCount: number | null;
  readonly glyphs: Glyphs;
}

/** Cells below which the name of a step says nothing. */
const MIN_LABEL = 6;

const SHORT_TITLES: Readonly<Record<PanelId, string>> = {
  steps: 'Steps',
  terminal: 'Term',
  logs: 'Logs',
  processes: 'Procs',
  source: 'Source',
};

export function titleOf(box: Box, facts: TitleFacts): { title: TitleSegment[]; info: TitleSegment[] } {
  const infoIn = (room: number): TitleSegment[] => [...infoOf(box.active, facts, room), ...searchOf(box.active, facts)];
  const full = panelNames(box, facts, false);
  const fits = widthOf(full) + Math.min(widthOf(infoIn(box.rect.width)), 24) + 5 <= box.rect.width;
  const title = fits || box.panels.length === 1 ? full : panelNames(box, facts, true);
  return { title, info: infoIn(box.rect.width - widthOf(title) - 5 - widthOf(searchOf(box.active, facts))) };
}

/** With a blank on each side of every part. */
function widthOf(segments: readonly TitleSegment[]): number {
  return segments.reduce((sum, { text, tail }) => sum + textWidth(text) + textWidth(tail ?? '') + 2, 0);
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

function infoOf(panel: PanelId, facts: TitleFacts, room: number): TitleSegment[] {
  const plain = (text: string): TitleSegment[] => (text === '' ? [] : [{ text, role: 'tab', target: null }]);
  switch (panel) {
    case 'terminal':
      return tabSegments(facts);
    case 'logs': {
      const label = room - 2 - (facts.logState === '' ? 0 : textWidth(facts.logState) + 2);
      return [
        ...plain(label < MIN_LABEL ? '' : ellipsize(facts.logStep, label, facts.glyphs.ellipsis)),
        ...plain(facts.logState),
      ];
    }
    case 'source':
      return plain(facts.sourcePlace);
    default:
      return [];
  }
}

function tabSegments({ state, view, foreignSize }: TitleFacts): TitleSegment[] {
  return view.tabs.map((id, index): TitleSegment => {
    const process = state.processes.find((candidate) => candidate.id === id);
    const isActive = id === view.activeTab;
    const end = process === undefined || process.endedAtMs === null ? '' : ` ${processStateText(process)}`;
    const size = foreignSize === null ? '' : ` ${foreignSize.cols}x${foreignSize.rows}`;
    return {
      text: `${index + 1}:${process === undefined ? id : tabLabel(state, process)}`,
      tail: `${end}${isActive ? `${size}*` : ''}`,
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

function searchOf(panel: PanelId, { view, matchCount }: TitleFacts): TitleSegment[] {
  const { search } = view;
  if (search === null || search.panel !== panel) return [];
  const count = matchCount ?? search.count;
  const place = count === 0 ? 'no match' : `${Math.min(search.index, count - 1) + 1}/${count}`;
  return [{ text: `/${search.query} ${place}`, role: count === 0 ? 'warning' : 'accent', target: null }];
}
