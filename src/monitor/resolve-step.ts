/** Which step people mean: `9`, `#9`, its key, `build:3`, `L17`. */
import type { Generation, Stage, Step } from '../core/model/index.js';
import { plainLabel, selectInstructions, selectNeeded, selectPlatform } from '../core/select/index.js';
import { BxError } from '../platform/errors.js';

const HOW = 'Name a step by its number (9), its line (L17) or its place in a stage (build:3); steps lists them.';

/** True when a word can only be meant as a step, so that `rollback ls` is a command and `rollback 9` is not. */
export function looksLikeStep(generation: Generation | null, word: string): boolean {
  if (/^#?\d+$/.test(word) || /^[Ll]\d+$/.test(word)) return true;
  if (generation === null) return false;
  if (generation.steps[word]?.kind === 'instruction') return true;
  const stage = /^(.+):\d+$/.exec(word)?.[1];
  return stage !== undefined && generation.stages.some((candidate) => namesOf(candidate).includes(stage.toLowerCase()));
}

/** Throws `BxError('not-found')`. */
export function resolveStep(generation: Generation, reference: string): Step {
  const step = byNumber(generation, reference) ?? byLine(generation, reference) ?? byStage(generation, reference);
  const found = step ?? generation.steps[reference];
  if (found === undefined || found.kind !== 'instruction') throw unknownStep(generation, reference);
  return found;
}

/** The step that is meant when none is named: the one that failed, else the last one that the target needs. */
export function defaultStep(generation: Generation): Step {
  const failed = generation.failure?.step ?? null;
  const step = (failed === null ? undefined : generation.steps[failed]) ?? selectNeeded(generation).at(-1);
  if (step === undefined) throw new BxError('state', 'this build has no step to roll back to', { hint: HOW });
  return step;
}

function byNumber(generation: Generation, reference: string): Step | undefined {
  const number = /^#?(\d+)$/.exec(reference)?.[1];
  if (number === undefined) return undefined;
  return selectInstructions(generation).find((step) => step.number === Number(number));
}

/** Of several platforms the one that failed is meant, else the first. */
function byLine(generation: Generation, reference: string): Step | undefined {
  const line = /^[Ll](\d+)$/.exec(reference)?.[1];
  if (line === undefined) return undefined;
  const number = Number(line);
  return ofMeantPlatform(
    generation,
    selectInstructions(generation).filter(({ lines }) => lines !== null && lines.start <= number && number <= lines.end),
  );
}

/** `build:3`, `linux/386/build:3`: the step that progress shows as `[build 3/5]`, else the third instruction of the stage. */
function byStage(generation: Generation, reference: string): Step | undefined {
  const match = /^(.+):(\d+)$/.exec(reference);
  if (match === null) return undefined;
  const label = match[1]!.toLowerCase();
  const place = Number(match[2]);
  const found = generation.stages
    .filter((stage) => namesOf(stage).includes(label))
    .flatMap((stage) => {
      const own = selectInstructions(generation).filter((step) => step.stage === stage.index);
      const shown = own.find(({ vertices }) =>
        vertices.some((digest) => {
          const numbers = /^\[(?:\S+ )?(\S+) +(\d+)\/\d+\]/.exec(generation.vertices[digest]?.name ?? '');
          return numbers?.[1] === plainLabel(stage) && Number(numbers[2]) === place;
        }),
      );
      return shown ?? own[place - 1] ?? [];
    });
  return ofMeantPlatform(generation, found);
}

function ofMeantPlatform(generation: Generation, steps: readonly Step[]): Step | undefined {
  const failed = generation.steps[generation.failure?.step ?? ''];
  const platform = failed === undefined ? null : selectPlatform(generation, failed);
  return steps.find((step) => selectPlatform(generation, step) === platform) ?? steps[0];
}

/** What people may call it: in a build for several platforms with or without the platform. */
function namesOf(stage: Stage): readonly string[] {
  const plain = plainLabel(stage);
  return stage.targetPlatform === undefined ? [plain] : [plain, stage.label, `${stage.targetPlatform}/${plain}`];
}

function unknownStep(generation: Generation, reference: string): BxError {
  const count = selectInstructions(generation).length;
  return new BxError('not-found', `there is no step ${reference}: the Dockerfile has ${count} steps`, { hint: HOW });
}
