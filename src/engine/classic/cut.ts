/**
 * Which instructions a build is sent. The builder carries out every stage up to its target, in order; for a pending step it gets a Dockerfile
 * with only the stages that the step needs, in which an image stands for what is done already. Pure.
 */
import type { DockerfilePlan, PlannedInstruction } from '../../core/dockerfile/index.js';
import type { Stage, StepKey } from '../../core/model/index.js';
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
export function cutBefore(
  text: string,
  plan: DockerfilePlan,
  until: PlannedInstruction,
  images: ReadonlyMap<StepKey, string>,
): Cut {
  const lines = text.split('\n');
  const needed = stagesFor(plan, until);
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
export function stagesFor({ stages, instructions }: DockerfilePlan, until: PlannedInstruction): Set<number> {
  const needed = new Set<number>();
  const visit = (at: number): void => {
    const stage = stages[at];
    if (stage === undefined || needed.has(at)) return;
    needed.add(at);
    for (const label of stage.from) {
      const source = stages.findLast((one) => one.label === label && one.index < at);
      // Of the last stage only what comes up to there counts.
      if (source !== undefined && (at !== until.stage || isNamed(source, stage.base))) visit(source.index);
    }
  };
  const isNamed = (source: Stage, base: string): boolean => {
    const names = [source.name ?? '', String(source.index)].filter((name) => name !== '');
    const copied = instructions
      .filter(({ stage, number }) => stage === until.stage && number <= until.number)
      .flatMap(({ text }) => [...text.matchAll(/\bfrom=["']?([^\s,"']+)/gi)].map(([, name = '']) => name));
    return [base, ...copied].some((one) => names.includes(one.toLowerCase()));
  };
  visit(until.stage);
  return needed;
}
