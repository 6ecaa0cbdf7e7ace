/** The titles on the borders: panel names with their numbers, tabs, and what state a panel is in. Pure. */
import { PANEL_TITLES, PANELS, type PanelId } from '../../actions/index.js';
import type { SessionState } from '../../core/model/index.js';
import { ellipsize, textWidth } from '../../platform/text-width.js';
import type { TerminalSize } from '../../session/session.js';
import type { Box } from '../layout/layout.js';
import { searchPlace } from '../text/search-place.js';
import type { Glyphs } from '../theme/glyphs.js';
import type { Role } from '../theme/roles.js';
import type { ViewState } from '../view-state.js';
import { type TitleSegment, titleWidth } from './frame.js';
import { tabSegments } from './tab-titles.js';

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
  /** Rows of a longer log that were searched; null: nothing is left out. */
  readonly searchedRows: number | null;
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

/** How much room the names of a box's panels take. */
type Tightness = 'full' | 'short' | 'close';

/** Cells that what is said of the active panel gets before the names of the panels become shorter. */
const INFO_CELLS: Readonly<Record<Tightness, number>> = { full: 24, short: 15, close: 0 };
/** The frame's own: corners, and the line between the two parts. */
const FRAME_CELLS = 5;

export function titleOf(box: Box, facts: TitleFacts): { title: TitleSegment[]; info: TitleSegment[] } {
  const search = searchOf(box.active, facts);
  const infoIn = (room: number): TitleSegment[] => [...infoOf(box.active, facts, room - titleWidth(search)), ...search];
  const wanted = titleWidth(infoIn(box.rect.width));
  const ways: readonly Tightness[] = box.panels.length === 1 ? ['full'] : ['full', 'short', 'close'];
  const rooms = ways.map((way) => {
    const title = panelNames(box, facts, way);
    const room = box.rect.width - titleWidth(title) - FRAME_CELLS;
    return { title, room, fits: room >= Math.min(wanted, INFO_CELLS[way]) };
  });
  const { title, room } = rooms.find(({ fits }) => fits) ?? rooms.at(-1)!;
  return { title, info: infoIn(room) };
}

function panelNames(box: Box, facts: TitleFacts, way: Tightness): TitleSegment[] {
  const isTight = way !== 'full';
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
    return { text, role, target: { kind: 'panel', panel }, isClose: way === 'close' };
  });
}

function countOf(panel: PanelId, { state, stepsCount, view }: TitleFacts): string {
  if (panel === 'steps') return stepsCount;
  if (panel === 'processes') {
    const alive = state.processes.filter((process) => process.endedAtMs === null).length + view.openings.length;
    return alive === 0 ? '' : String(alive);
  }
  return panel === 'terminal' && view.tabs.length > 1 ? String(view.tabs.length) : '';
}

function infoOf(panel: PanelId, facts: TitleFacts, room: number): TitleSegment[] {
  const plain = (text: string): TitleSegment[] => (text === '' ? [] : [{ text, role: 'tab', target: null }]);
  switch (panel) {
    case 'terminal':
      return tabSegments(facts, room);
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

function searchOf(panel: PanelId, { view, matchCount, searchedRows }: TitleFacts): TitleSegment[] {
  const { search } = view;
  if (search === null || search.panel !== panel) return [];
  const count = matchCount ?? search.count;
  const place = searchPlace({ ...search, index: Math.min(search.index, count - 1), count }, searchedRows);
  return [{ text: `/${search.query}`, tail: ` ${place}`, role: count === 0 ? 'warning' : 'accent', target: null }];
}
