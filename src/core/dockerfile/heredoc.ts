/** Instructions with a heredoc (`RUN <<EOF`), which not every builder knows. */
import type { DockerfilePlan, PlannedInstruction } from './planned.js';

/** With what the plan puts in the text’s place: `…`, or `(make all …)`. */
const HEREDOC = /<<-?\s*["']?\w.*(?:\u2026|\w["']? \(.*\))$/;

/** The instruction with a heredoc that a line belongs to; null: none. */
export function heredocAt(plan: DockerfilePlan, line: number): PlannedInstruction | null {
  return plan.instructions.find((step) => isHeredoc(step) && step.lines.start <= line && line <= step.lines.end) ?? null;
}

export function isHeredoc({ instruction, text }: PlannedInstruction): boolean {
  return /^(?:RUN|COPY|ADD)$/.test(instruction) && HEREDOC.test(text);
}
