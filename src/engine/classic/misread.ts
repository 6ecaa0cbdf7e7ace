/**
 * What the classic builder passes over in silence or takes for something else: `# syntax=`, and heredocs, which an old one refuses and a newer
 * one carries out without their text. The docker command says nothing of either. Pure.
 */
import { type DockerfilePlan, isHeredoc, type PlannedInstruction } from '../../core/dockerfile/index.js';
import type { LineRange, StepKey } from '../../core/model/index.js';
import { USE_BUILDKIT } from './refuse.js';

export interface Misread {
  /** Where it is told. */
  readonly step: StepKey;
  readonly lines: LineRange;
  readonly message: string;
}

/** `sent`: of the build. */
export function misreadIn(text: string, plan: DockerfilePlan, sent: readonly PlannedInstruction[]): Misread[] {
  const [first] = plan.instructions;
  const syntax = syntaxDirective(text);
  const told: Misread[] = [];
  if (syntax !== null && first !== undefined) {
    const { line, frontend } = syntax;
    const message = `# syntax=${frontend} means nothing to the classic builder, which reads the Dockerfile by its own rules. ${USE_BUILDKIT}`;
    told.push({ step: first.key, lines: { start: line, end: line }, message });
  }
  for (const step of sent.filter(isHeredoc)) {
    const { start, end } = step.lines;
    const where = end > start ? `lines ${start} to ${end}` : `line ${start}`;
    const message = `the classic builder knows no heredocs: ${step.instruction} in ${where} is carried out without its text, or refused. ${USE_BUILDKIT}`;
    told.push({ step: step.key, lines: step.lines, message });
  }
  return told;
}

/** Directives stand at the top, before any other comment (Dockerfile reference, parser directives). */
function syntaxDirective(text: string): { readonly line: number; readonly frontend: string } | null {
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const [, name, value] = /^\s*#\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return null;
    if (name.toLowerCase() === 'syntax') return { line: index + 1, frontend: value };
  }
  return null;
}
