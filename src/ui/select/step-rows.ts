/** The rows of the steps panel: stages, their steps, and what is outside of the Dockerfile. Pure. */
import type { Generation, Stage, Step, StepKey, StepState } from '../../core/model/index.js';
import { withoutRunFlags } from '../../core/select/index.js';
import { cleanText } from '../../platform/text-width.js';
import type { ViewState } from '../view-state.js';
import { stepsInOrder } from './current.js';

export type StepRow =
  | { readonly kind: 'step'; readonly step: Step; readonly isSelected: boolean }
  | {
      readonly kind: 'stage';
      readonly stage: Stage;
      readonly steps: readonly Step[];
      readonly state: StepState;
      readonly isFolded: boolean;
      readonly isSelected: boolean;
      readonly durationMs: number;
    }
  | { readonly kind: 'heading'; readonly text: string };

/** How bad it is, worst first: what a folded stage shows. */
const SEVERITY: readonly StepState[] = ['failed', 'running', 'cancelled', 'pending', 'done', 'cached', 'not-needed'];

export function worstState(steps: readonly Step[]): StepState {
  return SEVERITY.find((state) => steps.some((step) => step.state === state)) ?? 'pending';
}

export function durationOf(step: Step, nowMs: number): number | null {
  if (step.startedAtMs === null || step.state === 'cached' || step.state === 'pending') return null;
  if (step.completedAtMs !== null) return step.completedAtMs - step.startedAtMs;
  return step.state === 'running' ? nowMs - step.startedAtMs : null;
}

/** Context and internal steps are shown on wish, and when they run or have failed. */
function isShown(step: Step, showInternal: boolean): boolean {
  if (step.kind === 'instruction' || step.kind === 'export') return true;
  return showInternal || step.state === 'running' || step.state === 'failed';
}

export function selectStepRows(generation: Generation, view: ViewState, selected: StepKey | null, nowMs: number): StepRow[] {
  const rows: StepRow[] = [];
  const steps = stepsInOrder(generation);
  const outside = steps.filter((step) => step.stage === null && step.kind !== 'export' && isShown(step, view.showInternal));
  for (const step of outside) rows.push({ kind: 'step', step, isSelected: step.key === selected });
  for (const stage of generation.stages) {
    const members = steps.filter((step) => step.stage === stage.index);
    const isFolded = view.folded.includes(stage.index);
    rows.push({
      kind: 'stage',
      stage,
      steps: members,
      state: worstState(members),
      isFolded,
      isSelected: isFolded && members.some((step) => step.key === selected),
      durationMs: members.reduce((sum, step) => sum + (durationOf(step, nowMs) ?? 0), 0),
    });
    if (isFolded) continue;
    for (const step of members) rows.push({ kind: 'step', step, isSelected: step.key === selected });
  }
  for (const step of steps.filter((candidate) => candidate.kind === 'export')) {
    rows.push({ kind: 'step', step, isSelected: step.key === selected });
  }
  return rows;
}

/** The step that a row stands for when it is selected; null for rows that cannot be. */
export function stepOfRow(row: StepRow): StepKey | null {
  if (row.kind === 'step') return row.step.key;
  if (row.kind === 'stage' && row.isFolded) return row.steps[0]?.key ?? null;
  return null;
}

/** An instruction for lists: what is mounted where is left to the source panel, so that the command itself is seen. */
export function stepText(step: Step): string {
  const text = cleanText(step.text);
  return step.instruction === 'RUN' ? withoutRunFlags(text) : text;
}

/** The first row to show so that `at` is visible with a little around it. */
export function scrolledTo(top: number, at: number, height: number, count: number): number {
  const margin = Math.min(2, Math.floor((height - 1) / 2));
  const limit = Math.max(0, count - height);
  if (at < 0) return Math.min(top, limit);
  const highest = at - margin;
  const lowest = at + margin - height + 1;
  return Math.max(0, Math.min(limit, Math.max(lowest, Math.min(top, highest))));
}
