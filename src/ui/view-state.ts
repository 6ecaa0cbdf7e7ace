/**
 * What the screen itself remembers: focus, selection, scrolling, open dialogs. Nothing of the build is kept here. Changed only by
 * `reduceView`.
 */
import type { Mode, Opening, PanelId, Question, TextQuestion } from '../actions/index.js';
import type { Notice, StepKey } from '../core/model/index.js';
import type { LayoutMode } from './layout/layout.js';
import type { LineInput } from './text/line-input.js';

/** auto: the screen goes where something happens. user: the person chose; kept until a failure or `.`. */
export type Selection = { readonly kind: 'auto' } | { readonly kind: 'user'; readonly step: StepKey; readonly atMs: number };

export interface OptionsForm {
  readonly moment: 'auto' | 'before' | 'after' | 'failed';
  readonly moments: ReadonlyArray<'auto' | 'before' | 'after' | 'failed'>;
  readonly user: LineInput;
  readonly command: LineInput;
  readonly field: 0 | 1 | 2;
}

/** Marking text with the keyboard; positions are grid rows and cells, valid for this version of the grid's layout. */
export interface CopyOverlay {
  readonly kind: 'copy';
  readonly panel: 'terminal' | 'logs';
  readonly head: { readonly row: number; readonly col: number };
  /** Where the mark began; null: nothing is marked. */
  readonly anchor: { readonly row: number; readonly col: number } | null;
  readonly isLines: boolean;
  readonly layoutVersion: number;
}

export type Overlay =
  | CopyOverlay
  | { readonly kind: 'question'; readonly id: number; readonly question: Question; readonly selected: number }
  | { readonly kind: 'text'; readonly id: number; readonly question: TextQuestion; readonly input: LineInput }
  | { readonly kind: 'options'; readonly id: number; readonly title: string; readonly form: OptionsForm }
  | { readonly kind: 'help'; readonly filter: LineInput; readonly top: number }
  | { readonly kind: 'palette'; readonly input: LineInput; readonly selected: number }
  | {
      readonly kind: 'command';
      readonly input: LineInput;
      readonly candidates: readonly string[];
      /** Where the completed word begins. */
      readonly start: number;
      readonly chosen: number;
      /** 0: the line being typed; n: the nth newest of the history. */
      readonly historyAt: number;
      readonly draft: string;
    }
  | {
      /** A shell is being opened; what is typed meanwhile goes to it. */
      readonly kind: 'waiting';
      readonly id: number;
      readonly title: string;
      /** A step has to be built first, which may take any time, and is what somebody may want to cancel. */
      readonly isBuild: boolean;
      readonly typed: readonly Uint8Array[];
    }
  | { readonly kind: 'search'; readonly input: LineInput; readonly panel: PanelId }
  | { readonly kind: 'text-page'; readonly title: string; readonly lines: readonly string[]; readonly top: number }
  | { readonly kind: 'notices'; readonly top: number };

export interface Toast {
  readonly level: 'info' | 'warning' | 'error';
  readonly message: string;
  readonly hint: string | null;
  readonly untilMs: number;
}

export interface SearchState {
  readonly panel: PanelId;
  readonly query: string;
  /** Which match is the current one, counted from the oldest; -1: none yet. */
  readonly index: number;
  readonly count: number;
}

/** Cells of a grid that the mouse has marked, in grid rows; from where it was pressed to where it is. */
export interface TextMark {
  readonly panel: 'terminal' | 'logs';
  readonly anchor: { readonly row: number; readonly col: number };
  readonly head: { readonly row: number; readonly col: number };
}

export interface ViewState {
  readonly cols: number;
  readonly rows: number;
  readonly focus: PanelId;
  readonly recency: readonly PanelId[];
  readonly mode: Mode;
  readonly layout: LayoutMode;
  readonly zoomed: PanelId | null;
  /** The terminal was left by its key and no other key came since: the next one may still be meant for it. */
  readonly hasJustLeft: boolean;
  /** A program has just ended: what is typed was meant for it. */
  readonly areKeysHeld: boolean;
  readonly dividers: { readonly steps: number; readonly logs: number };
  /** Null: the newest. */
  readonly generation: number | null;
  readonly selection: Selection;
  readonly folded: readonly number[];
  readonly showInternal: boolean;
  /** Row at the top of the list; kept so that the selection is visible. */
  readonly stepsTop: number;
  /** Null: the line of the selected step is kept in view. */
  readonly sourceTop: number | null;
  /** Cells of its lines that are left out at the left. */
  readonly sourceLeft: number;
  /** In the rows of the processes panel; may be beyond their end. */
  readonly processAt: number;
  /** Processes that are not listed any more. */
  readonly swept: readonly string[];
  /** Shells that are on their way. */
  readonly openings: readonly Opening[];
  readonly tabs: readonly string[];
  readonly activeTab: string | null;
  readonly search: SearchState | null;
  /** The last one is on top and has the keys. */
  readonly overlays: readonly Overlay[];
  readonly toast: Toast | null;
  /** Warnings and errors of this screen's own, which the session knows nothing of. */
  readonly messages: readonly Notice[];
  readonly mark: TextMark | null;
  readonly isMouseOn: boolean;
  readonly commandHistory: readonly string[];
  /** When the last key of any kind came, in ms since the epoch; 0: never. */
  readonly lastKeyAtMs: number;
}

export function initialView(cols: number, rows: number): ViewState {
  return {
    cols,
    rows,
    focus: 'steps',
    recency: ['steps', 'logs', 'terminal', 'source', 'processes'],
    mode: 'normal',
    layout: 'auto',
    zoomed: null,
    hasJustLeft: false,
    areKeysHeld: false,
    dividers: { steps: 0, logs: 0 },
    generation: null,
    selection: { kind: 'auto' },
    folded: [],
    showInternal: false,
    stepsTop: 0,
    sourceTop: null,
    sourceLeft: 0,
    processAt: 0,
    swept: [],
    openings: [],
    tabs: [],
    activeTab: null,
    search: null,
    overlays: [],
    toast: null,
    messages: [],
    mark: null,
    isMouseOn: true,
    commandHistory: [],
    lastKeyAtMs: 0,
  };
}
