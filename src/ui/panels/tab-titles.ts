/** The tabs of the terminal panel in the room that there is: whatever else goes, each says which step it is in. Pure. */
import type { SessionState } from '../../core/model/index.js';
import { isOtherUser, selectUser } from '../../core/select/index.js';
import { cleanText } from '../../platform/text-width.js';
import type { TerminalSize } from '../../session/session.js';
import type { ViewState } from '../view-state.js';
import { type TitleSegment, titleWidth } from './frame.js';
import { placeLabel, processStateText, runOf, stepOfProcess } from './processes.js';

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
  /** `#9`, `#9 run 1` after a further build. */
  readonly step: string;
  /** ` exit 7`, or nothing. */
  readonly end: string;
  /** ` 40x8`, or nothing. */
  readonly size: string;
}

type Wording = (tab: Tab) => Pick<TitleSegment, 'text' | 'tail' | 'isClose'>;

/** How its program ended, which size it has, and whether it is in front. */
const tailOf = ({ end, size, isActive }: Tab): string => `${end}${isActive ? `${size}*` : ''}`;
const star = ({ isActive }: Tab): string => (isActive ? '*' : '');

const whole: Wording = (tab) => ({ text: `${tab.place}:${tab.label}`, tail: tailOf(tab) });
const short: Wording = (tab) => ({ text: `${tab.place}:${tab.step}${star(tab)}`, isClose: true });
const shortWithTail: Wording = (tab) => ({ text: `${tab.place}:${tab.step}${tailOf(tab)}`, isClose: true });
const step: Wording = (tab) => ({ text: `${tab.step}${star(tab)}`, isClose: true });
const stepWithTail: Wording = (tab) => ({ text: `${tab.step}${tailOf(tab)}`, isClose: true });

/** What is said in less and less room: of the tab in front, and of the others. */
const WORDINGS: ReadonlyArray<readonly [inFront: Wording, other: Wording]> = [
  [whole, whole],
  [whole, shortWithTail],
  [whole, short],
  [shortWithTail, short],
  [stepWithTail, step],
  [short, short],
  [step, step],
];

/** The fullest wording with which all tabs fit into `room` cells; where none does, the active one alone and how many there are. */
export function tabSegments({ state, view, foreignSize }: TabFacts, room: number): TitleSegment[] {
  const tabs = view.tabs.map((id, index) => tabOf(state, id, index, id === view.activeTab, foreignSize));
  for (const [inFront, other] of WORDINGS) {
    const segments = tabs.map((tab) => segmentOf(tab, tab.isActive ? inFront : other));
    if (titleWidth(segments) <= room) return segments;
  }
  const active = tabs.filter(({ isActive }) => isActive);
  const alone = (tail: (tab: Tab) => string) =>
    active.map((tab) => segmentOf(tab, () => ({ text: tab.step, tail: `${tail(tab)} ${tab.place}/${tabs.length}` })));
  const segments = alone(tailOf);
  return titleWidth(segments) <= room ? segments : alone(star);
}

function segmentOf(tab: Tab, wording: Wording): TitleSegment {
  return { ...wording(tab), role: tab.isActive ? 'tab.active' : 'tab', target: { kind: 'tab', process: tab.id } };
}

function tabOf(state: SessionState, id: string, index: number, isActive: boolean, foreignSize: TerminalSize | null): Tab {
  const process = state.processes.find((candidate) => candidate.id === id);
  const place = process === undefined ? null : stepOfProcess(state, process);
  const label = place === null ? id : placeLabel(place, state);
  const program = process?.kind === 'exec' ? ` ${process.args[0]?.split('/').at(-1) ?? ''}` : '';
  const isOther = process !== undefined && place !== null && isOtherUser(process, place.container);
  const number = place?.step.number ?? null;
  return {
    id,
    place: index + 1,
    isActive,
    label: `${label}${program}${isOther ? ` ${cleanText(selectUser(process, place.container))}` : ''}`,
    step: number === null || place === null ? id : `#${number}${runOf(place.container, state)}`,
    end: process === undefined || process.endedAtMs === null ? '' : ` ${processStateText(process)}`,
    size: foreignSize === null ? '' : ` ${foreignSize.cols}x${foreignSize.rows}`,
  };
}
