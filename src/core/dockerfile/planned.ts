/** What a Dockerfile is going to do, by stage, as far as it can be told without carrying it out. */
import type { LineRange, Stage, StepKey } from '../model/index.js';

export interface PlannedInstruction {
  readonly key: StepKey;
  readonly number: number;
  readonly stage: number;
  /** Upper-case keyword. */
  readonly instruction: string;
  /** One line, continuations joined and comments dropped. */
  readonly text: string;
  readonly lines: LineRange;
}

export type PlannedStage = Stage;

export interface DockerfilePlan {
  readonly stages: readonly PlannedStage[];
  /** All instructions of all stages in Dockerfile order; what stands before the first FROM is no step. */
  readonly instructions: readonly PlannedInstruction[];
}

const EXECUTED = new Set(['RUN', 'COPY', 'ADD']);

/** Whether the engine has something to do for such an instruction, wherever its stage is needed. */
export function isExecuted(instruction: string): boolean {
  return EXECUTED.has(instruction);
}
