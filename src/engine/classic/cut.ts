/**
 * Which instructions a build is sent. The builder carries out every stage up to its target, in order; for a pending step it gets a Dockerfile
 * with only the stages that the step needs, in which an image stands for what is done already. Pure.
 */
import type { DockerfilePlan, PlannedInstruction } from '../../core/dockerfile/index.js';
import type { StepKey } from '../../core/model/index.js';
import { type OriginInputs, stageOrigin } from '../shared/stage-origin.js';
import type { SentStep } from './progress.js';

/** Every instruction up to the end of the target's stage. */
export function wholeBuild(plan: DockerfilePlan, target: string | null): SentStep[] {
  const wanted = target?.toLowerCase() ?? null;
  const last = wanted === null ? plan.stages.at(-1) : plan.stages.findLast(({ name }) => name === wanted);
  return plan.instructions.filter(({ stage }) => stage <= (last?.index ?? -1)).map((step) => ({ step, isHidden: false }));
}

export interface Cut {
  readonly text: string;
  readonly sent: readonly SentStep[];
}

/** A Dockerfile that ends with `until`. `images`: of the steps that are done. Every instruction keeps its line, for messages. */
export function cutBefore(inputs: OriginInputs, until: PlannedInstruction, images: ReadonlyMap<StepKey, string>): Cut {
  const { plan, dockerfileText } = inputs;
  const lines = dockerfileText.split('\n');
  const needed = stagesFor(inputs, until);
  const sent: SentStep[] = [];
  const blank = ({ lines: { start, end } }: PlannedInstruction): void => void lines.fill('', start - 1, end);
  for (const stage of plan.stages.slice(0, until.stage + 1)) {
    const own = plan.instructions.filter((step) => step.stage === stage.index && step.number <= until.number);
    const [from] = own;
    if (!from) continue;
    const rest = own.slice(1);
    const as = stage.name === null ? '' : ` AS ${stage.name}`;
    if (!needed.has(stage.index)) {
      // It keeps its number, by which others may call it.
      own.forEach(blank);
      lines[from.lines.start - 1] = `FROM scratch${as}`;
      sent.push({ step: from, isHidden: true });
      continue;
    }
    const done = hasTriggers(own) ? -1 : rest.findLastIndex(({ key }) => images.has(key));
    const image = done < 0 ? undefined : images.get(rest[done]!.key);
    sent.push({ step: from, isHidden: image !== undefined || images.has(from.key) });
    if (image !== undefined) {
      blank(from);
      lines[from.lines.start - 1] = `FROM ${image}${as}`;
    }
    for (const [index, step] of rest.entries()) {
      const isDone = index <= done;
      // Arguments are of the stage, not of its image.
      if (isDone && step.instruction !== 'ARG') blank(step);
      else sent.push({ step, isHidden: isDone || images.has(step.key) });
    }
  }
  return { text: `${lines.slice(0, until.lines.end).join('\n')}\n`, sent };
}

/** They would be carried out again on top of the image. */
function hasTriggers(steps: readonly PlannedInstruction[]): boolean {
  return steps.some(({ instruction }) => instruction === 'ONBUILD');
}

/** Indexes of the stages that are carried out for that step. */
export function stagesFor(inputs: OriginInputs, until: PlannedInstruction): Set<number> {
  const { stages, instructions } = inputs.plan;
  const needed = new Set<number>();
  const visit = (at: number): void => {
    if (needed.has(at)) return;
    needed.add(at);
    const origin = stageOrigin(inputs, at);
    if (origin !== null) visit(origin);
    // Of the last stage only what comes up to there counts.
    for (const step of instructions.filter(({ stage, number }) => stage === at && number <= until.number)) {
      // A trigger is carried out in a later stage.
      const limit = step.instruction === 'ONBUILD' ? until.stage : at;
      for (const name of namesIn(step)) {
        const source = stages.findLast(({ index, name: own }) => index < limit && (own === name || String(index) === name));
        if (source !== undefined) visit(source.index);
      }
    }
  };
  visit(until.stage);
  return needed;
}

/** What an instruction takes from: as a name, for the builders take no argument there. */
function namesIn({ instruction, text }: PlannedInstruction): string[] {
  const isCopy = /^(?:COPY|ADD)$/.test(instruction) || /^ONBUILD\s+(?:COPY|ADD)\s/i.test(text);
  const isRun = /^(?:ONBUILD\s+)?RUN\s/i.test(text);
  const pattern = isCopy ? /\s--from=["']?([^\s"']+)/gi : isRun ? /\s--mount=\S*?\bfrom=["']?([^\s,"']+)/gi : null;
  return pattern === null ? [] : [...text.matchAll(pattern)].map(([, name = '']) => name.toLowerCase());
}
