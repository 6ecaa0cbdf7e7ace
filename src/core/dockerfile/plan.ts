/**
 * A Dockerfile turned into stages and instructions without an engine, so that the timeline stands from the first frame.
 * It must not evaluate anything: arguments stay as written.
 */
import type { LineRange, Stage, StepKey } from '../model/index.js';

export interface PlannedInstruction {
  readonly key: StepKey;
  readonly number: number;
  readonly stage: number;
  readonly instruction: string;
  readonly text: string;
  readonly lines: LineRange;
}

export type PlannedStage = Stage;

export interface DockerfilePlan {
  readonly stages: readonly PlannedStage[];
  readonly instructions: readonly PlannedInstruction[];
}

export function parseDockerfile(_text: string): DockerfilePlan {
  throw new Error('written next');
}
