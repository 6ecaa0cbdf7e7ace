/**
 * What an action sees of the program and what it may do to it. The screen implements `ScreenCommands`; actions never import it,
 * so that keys, palette and help work the same for any front end.
 */
import type { Generation, Moment, ProcessSummary, SessionState, Step, StepKey } from '../core/model/index.js';
import type { ReplayControl } from '../session/replay-control.js';
import type { CommandResult, SessionCommand } from '../session/session.js';
import type { Mode, PanelId } from './panels.js';

export type Motion = 'up' | 'down' | 'left' | 'right' | 'halfUp' | 'halfDown' | 'pageUp' | 'pageDown' | 'first' | 'last';

export interface Choice {
  readonly id: string;
  /** One letter that picks it. */
  readonly key: string;
  readonly label: string;
}

export interface Question {
  readonly title: string;
  readonly lines: readonly string[];
  readonly choices: readonly Choice[];
  /** The choice that Enter takes; a destructive one is never the default. */
  readonly default: string;
}

export interface TextQuestion {
  readonly title: string;
  readonly initial: string;
  readonly hint: string;
}

export interface RollbackWish {
  readonly step: StepKey;
  readonly moment: Moment | 'auto';
  readonly args?: readonly string[];
  readonly user?: string;
}

/** A shell that somebody of this screen has asked for and that is not there yet. */
export interface Opening {
  readonly id: number;
  readonly step: StepKey;
  readonly generation: number;
  /** Null: the shell. */
  readonly command: string | null;
  readonly startedAtMs: number;
}

/** Everything an action can make the screen do. Verbs only; the screen knows how. */
export interface ScreenCommands {
  focus(panel: PanelId): void;
  focusNext(direction: 1 | -1): void;
  back(): void;
  /** `count`: as often, or to the line of this number where the motion goes to an end. */
  move(motion: Motion, count?: number): void;
  selectStep(step: StepKey): void;
  stage(direction: 1 | -1): void;
  toggleFold(): void;
  toggleInternal(): void;
  setGeneration(generation: number | null): void;
  zoom(): void;
  cycleLayout(): void;
  moveDivider(direction: 1 | -1): void;
  cycleTab(direction: 1 | -1): void;
  showTab(process: string): void;
  /** A process that somebody has asked for, with the keyboard, unless they type into another by now. */
  showStarted(process: string): void;
  closeTab(process: string): void;
  /** Out of sight, with their tabs; `showTab` brings one back. */
  sweep(processes: readonly string[]): void;
  interact(): void;
  sendLeaveKey(): void;
  openCommandLine(prefill: string): void;
  openPalette(): void;
  openHelp(): void;
  openNotices(): void;
  openSearch(): void;
  searchNext(direction: 1 | -1): void;
  toggleFollow(): void;
  copyLine(): void;
  copyPanel(): void;
  /** A text that need not be on the screen. */
  copyText(text: string): void;
  /** Marking with the keyboard in the focused terminal or log. */
  enterCopyMode(): void;
  toggleMouse(): void;
  redraw(): void;
  suspend(): void;
  quit(): void;
  /** Leaves the screen and lets the session go on. */
  detach(): void;
  /** Opens a shell at a step in a tab; asks about exclusive caches first. */
  rollback(wish: RollbackWish): Promise<void>;
  /** Waits for it again. */
  showOpening(id: number): void;
  cancelOpening(id: number): void;
  askOptions(step: Step): Promise<RollbackWish | null>;
  /** Null: nothing was chosen. */
  ask(question: Question): Promise<string | null>;
  askText(question: TextQuestion): Promise<string | null>;
  execute(command: SessionCommand): Promise<CommandResult | null>;
  /** Starts a program, `name` in a sentence, and waits for it with what is typed meanwhile. False: there is none. */
  start(command: SessionCommand, name: string): Promise<boolean>;
  /** Size of the terminal pane, for processes that are started. */
  terminalSize(): { readonly cols: number; readonly rows: number };
  editSource(line: number): Promise<void>;
  /** The whole text of the focused panel in the person's editor. */
  editText(): Promise<void>;
  /** The same into a file that is asked for. */
  writeText(): Promise<void>;
  /** The same with a text that is not on the screen; `name`: of the file, to begin with. */
  writeAs(name: string, text: string): Promise<void>;
  notify(level: 'info' | 'warning' | 'error', message: string, hint?: string | null): void;
}

export interface ActionContext {
  readonly state: SessionState;
  /** The generation on display; null before the first one. */
  readonly generation: Generation | null;
  /** True when it is not the newest one. */
  readonly isOlder: boolean;
  readonly step: Step | null;
  /** The process that a process action means: of the active tab, or the one selected in the processes panel. */
  readonly process: ProcessSummary | null;
  /** Shells that are on their way. */
  readonly openings: readonly Opening[];
  /** The one selected in the processes panel; there is no `process` then. */
  readonly opening: Opening | null;
  /** Processes that were swept out of sight. */
  readonly swept: readonly string[];
  readonly tabs: readonly string[];
  readonly activeTab: string | null;
  readonly focus: PanelId;
  readonly mode: Mode;
  readonly hasSearch: boolean;
  /** Something was said that can be read again. */
  readonly hasMessages: boolean;
  readonly isSplit: boolean;
  /** The session lives in a process of its own, which goes on without this screen. */
  readonly canDetach: boolean;
  /** The screen only looks. */
  readonly isReadOnly: boolean;
  /** Further screens that show the session. */
  readonly otherScreens: number;
  /** Set when the session is played from a record. */
  readonly replay: ReplayControl | null;
  readonly screen: ScreenCommands;
}
