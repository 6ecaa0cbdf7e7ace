/**
 * A build for several platforms carries the Dockerfile out once for each: its plan has all stages for the first of them, then all for the
 * next, with step numbers that run on. Pure.
 */
import type { Stage } from '../model/index.js';
import type { DockerfilePlan, PlannedInstruction } from './planned.js';

/** `platform`: as a request has it, separated by commas. Empty: one, or the engine's own. */
export function severalPlatforms(platform: string | null): readonly string[] {
  const platforms = [...new Set((platform ?? '').split(','))];
  return platforms.length > 1 ? platforms : [];
}

/** The plan itself where there are not several. */
export function forPlatforms(plan: DockerfilePlan, platforms: readonly string[]): DockerfilePlan {
  if (platforms.length < 2) return plan;
  return {
    stages: platforms.flatMap((platform, turn) =>
      plan.stages.map((stage) => stageFor(stage, platform, turn * plan.stages.length)),
    ),
    instructions: platforms.flatMap((_, turn) =>
      plan.instructions.map((one) => {
        const number = one.number + turn * plan.instructions.length;
        return { ...one, key: String(number), number, stage: one.stage + turn * plan.stages.length };
      }),
    ),
  };
}

function stageFor(stage: Stage, targetPlatform: string, firstIndex: number): Stage {
  // As the engine writes it in front of its steps: [linux/arm64 build 2/3].
  const labelled = (label: string): string => `${targetPlatform} ${label}`;
  return {
    ...stage,
    index: stage.index + firstIndex,
    label: labelled(stage.label),
    from: stage.from.map(labelled),
    targetPlatform,
  };
}

/** Whether one stage can take from the other: those of another platform are strangers. */
export function isOfSamePlatform(a: Stage, b: Stage): boolean {
  return a.targetPlatform === b.targetPlatform;
}

/** Those that are carried out for the platform; undefined: of a build that is not for several, all of them. */
export function instructionsFor(
  { stages, instructions }: DockerfilePlan,
  platform: string | undefined,
): readonly PlannedInstruction[] {
  return instructions.filter(({ stage }) => stages[stage]?.targetPlatform === platform);
}
