/**
 * Steps that are alike, as the first ones of two stages often are, share what is carried out. An older engine names one of them only (that of
 * Docker 20.10); the others are found by what they say.
 */
import { isExecuted } from '../dockerfile/planned.js';
import type { Generation, Step, StepKey, Vertex } from '../model/index.js';
import { alsoAt, platformOf } from './place.js';

/**
 * The vertices that are also those of steps without one, of `needed` stages (indexes): what has to be carried out there is in the plan, so that
 * it is another step's.
 */
export function verticesOfTwins(generation: Generation, needed: ReadonlySet<number>): readonly Vertex[] {
  const { order, steps, vertices } = generation;
  const changed = new Map<string, Vertex>();
  let texts: ReadonlyMap<string, readonly Step[]> | null = null;
  for (const key of order) {
    const step = steps[key];
    if (step?.stage == null || step.vertices.length > 0 || !isExecuted(step.instruction) || !needed.has(step.stage)) continue;
    texts ??= executedByText(generation);
    const alike = (texts.get(step.text) ?? []).filter((one) => platformOf(generation, one.key) === platformOf(generation, key));
    const twin = alike.find((one) => pathTo(generation, one.key) === pathTo(generation, key)) ?? alike[0];
    for (const digest of twin?.vertices ?? []) {
      const vertex = changed.get(digest) ?? vertices[digest];
      if (vertex !== undefined) changed.set(digest, alsoAt(generation, vertex, [key]));
    }
  }
  return [...changed.values()];
}

function executedByText({ order, steps }: Generation): ReadonlyMap<string, readonly Step[]> {
  const found = new Map<string, Step[]>();
  for (const key of order) {
    const step = steps[key];
    if (step === undefined || step.vertices.length === 0 || !isExecuted(step.instruction)) continue;
    const others = found.get(step.text);
    if (others) others.push(step);
    else found.set(step.text, [step]);
  }
  return found;
}

/** What its stage begins with and does up to the step. */
function pathTo({ order, steps, stages }: Generation, key: StepKey): string {
  const stage = steps[key]?.stage ?? -1;
  const own = order
    .slice(0, order.indexOf(key) + 1)
    .flatMap((one) => (steps[one]?.stage === stage ? (steps[one]?.text ?? '') : []));
  return [stages[stage]?.base, ...own.slice(1)].join('\n');
}
