/** The tabs of the terminal panel in the room that there is: whatever else goes, each says which step it is in. Pure. */
import type { SessionState } from '../../core/model/index.js';
import type { TerminalSize } from '../../session/session.js';
import type { ViewState } from '../view-state.js';
import { type TitleSegment, titleWidth } from './frame.js';
import { processStateText, stepLabel, stepOfProcess } from './processes.js';

export interface TabFacts {
  readonly state: SessionState;
  readonly view: Pick<ViewState, 'tabs' | 'activeTab'>;
  /** The size of the program in front when another screen has set it. */
  readonly foreignSize: TerminalSize | null;
}

interface Tab {
  readonly id: string;
  /** From 1. */
  readonly place: number;
  readonly isActive: boolean;
  /** `#9 failed make`. */
  readonly label: string;
  /** `#9`. */
  readonly step: string;
  /** ` exit 7`, or nothing. */
  readonly end: string;
  /** ` 40x8`, or nothing. */
  readonly size: string;
}

type Wording = (tab: Tab) => Pick<TitleSegment, 'text' | 'tail' | 'isClose'>;

const whole: Wording = ({ place, label, end, size, isActive }) => ({
  text: `${place}:${label}`,
  tail: `${end}${isActive ? `${size}*` : ''}`,
});
const short: Wording = ({ place, step, isActive }) => ({ text: `${place}:${step}${isActive ? '*' : ''}`, isClose: true });
const shortEnds: Wording = (tab) => ({ ...short(tab), text: `${tab.place}:${tab.step}${tab.end}${tab.isActive ? '*' : ''}` });
const stepAlone: Wording = ({ step, isActive }) => ({ text: `${step}${isActive ? '*' : ''}`, isClose: true });

/** What is said in less and less room. */
const WORDINGS: readonly Wording[] = [
  whole,
  (tab) => (tab.isActive ? whole(tab) : shortEnds(tab)),
  (tab) => (tab.isActive ? { ...whole(tab), isClose: true } : short(tab)),
  (tab) => (tab.isActive ? shortEnds(tab) : short(tab)),
  (tab) => (tab.isActive ? { ...stepAlone(tab), text: `${tab.step}${tab.end}*` } : stepAlone(tab)),
  short,
  stepAlone,
];

/** The fullest wording with which all tabs fit into `room` cells; where none does, the active one alone and how many there are. */
export function tabSegments({ state, view, foreignSize }: TabFacts, room: number): TitleSegment[] {
  const tabs = view.tabs.map((id, index) => tabOf(state, id, index, id === view.activeTab, foreignSize));
  for (const wording of WORDINGS) {
    const segments = tabs.map((tab) => segmentOf(tab, wording));
    if (titleWidth(segments) <= room) return segments;
  }
  const alone = (end: string): TitleSegment[] => {
    const inFront = tabs.filter(({ isActive }) => isActive);
    return inFront.map((tab) => segmentOf(tab, ({ place, step }) => ({ text: step, tail: `${end}* ${place}/${tabs.length}` })));
  };
  const ended = alone(tabs.find(({ isActive }) => isActive)?.end ?? '');
  return titleWidth(ended) <= room ? ended : alone('');
}

function segmentOf(tab: Tab, wording: Wording): TitleSegment {
  return { ...wording(tab), role: tab.isActive ? 'tab.active' : 'tab', target: { kind: 'tab', process: tab.id } };
}

function tabOf(state: SessionState, id: string, index: number, isActive: boolean, foreignSize: TerminalSize | null): Tab {
  const process = state.processes.find((candidate) => candidate.id === id);
  const place = process === undefined ? null : stepOfProcess(state, process);
  const label = place === null ? id : stepLabel(place.step, place.container, state);
  const what = process?.kind === 'exec' ? ` ${process.args[0]?.split('/').at(-1) ?? ''}` : '';
  const number = place?.step.number ?? null;
  return {
    id,
    place: index + 1,
    isActive,
    label: `${label}${what}`,
    step: number === null ? id : `#${number}`,
    end: process === undefined || process.endedAtMs === null ? '' : ` ${processStateText(process)}`,
    size: foreignSize === null ? '' : ` ${foreignSize.cols}x${foreignSize.rows}`,
  };
}
