/** What steps and stages are called in a build for several platforms. Pure. */
import type { Generation, Stage, Step } from '../model/index.js';

type Stages = Pick<Generation, 'stages'>;

/** What the step is carried out for, in a build for several platforms; null in every other. */
export function selectPlatform({ stages }: Stages, step: Pick<Step, 'stage'>): string | null {
  return stages[step.stage ?? -1]?.targetPlatform ?? null;
}

/** As little of it as tells the platforms of the build apart: `arm/v7` of `linux/arm/v7` where all of them are Linux. */
export function shortPlatform({ stages }: Stages, platform: string): string {
  const system = `${platform.split('/', 1)[0]}/`;
  const isOnly = stages.every(({ targetPlatform = '' }) => targetPlatform.startsWith(system));
  return isOnly ? platform.slice(system.length) : platform;
}

/** The stage as the Dockerfile has it, whatever it is carried out for. */
export function plainLabel({ label, targetPlatform }: Pick<Stage, 'label' | 'targetPlatform'>): string {
  return targetPlatform === undefined ? label : label.slice(targetPlatform.length + 1);
}

/** `arm/v7 build`; the label itself in a build for one platform. */
export function shortLabel(generation: Stages, stage: Stage): string {
  const { label, targetPlatform } = stage;
  return targetPlatform === undefined ? label : `${shortPlatform(generation, targetPlatform)} ${plainLabel(stage)}`;
}

/** Labels of the stages that it takes from; those of its own platform are meant. */
export function sourceLabels({ from, targetPlatform }: Stage): readonly string[] {
  return targetPlatform === undefined ? from : from.map((label) => plainLabel({ label, targetPlatform }));
}
