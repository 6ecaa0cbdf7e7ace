/** Which step a vertex of the engine's graph belongs to. */
import type { PlannedVertex } from '../events.js';
import type { Generation, LineRange, Step, StepKey, Vertex } from '../model/index.js';
import { outsideKey } from '../step-key.js';

export const EXPORT_KEY: StepKey = 'export';

/** The instruction step whose lines hold a range's first line; null when none does. */
export function stepAtLine(generation: Pick<Generation, 'steps' | 'order'>, lines: LineRange | null): StepKey | null {
  if (lines === null) return null;
  for (const key of generation.order) {
    const range = generation.steps[key]?.lines;
    if (range && range.start <= lines.start && lines.start <= range.end) return key;
  }
  return null;
}

/**
 * Where the vertices of a plan go, a large build has hundreds: to one step, or to several that are alike. What has no lines of its own is a step
 * outside of the Dockerfile.
 */
export function placer(
  generation: Pick<Generation, 'steps' | 'order' | 'stages'>,
): (vertex: PlannedVertex) => readonly StepKey[] {
  const keysOfLine = new Map<number, StepKey[]>();
  for (const key of generation.order) {
    const lines = generation.steps[key]?.lines;
    for (let line = lines?.start ?? 1; line <= (lines?.end ?? 0); line++) {
      const keys = keysOfLine.get(line);
      if (keys) keys.push(key);
      else keysOfLine.set(line, [key]);
    }
  }
  return ({ lines, further = [], name, platform }) => {
    const own = lines === null ? [] : [lines, ...further];
    const found = own.flatMap(({ start }) => {
      const keys = keysOfLine.get(start) ?? [];
      return keys.find((key) => platformOf(generation, key) === platform) ?? keys[0] ?? [];
    });
    return found.length > 0 ? [...new Set(found)] : [outsideKey(name)];
  };
}

/** What a step is carried out for, in a build for several platforms; else undefined. */
export function platformOf({ steps, stages }: Pick<Generation, 'steps' | 'stages'>, key: StepKey): string | undefined {
  return stages[steps[key]?.stage ?? -1]?.targetPlatform;
}

/** The vertex as one of these steps as well: of another platform, or alike. */
export function alsoAt(generation: Generation, vertex: Vertex, keys: readonly StepKey[]): Vertex {
  const { step, also = [] } = vertex;
  const fresh = keys.filter((key) => key !== step && !also.includes(key) && generation.steps[key]?.kind === 'instruction');
  return fresh.length === 0 ? vertex : { ...vertex, also: [...also, ...fresh] };
}

/**
 * Where a vertex goes that the plan did not have: after the export began, into the export; one with the name of a planned vertex (another
 * client's build of the same step) to that one's step; all else outside of the Dockerfile.
 */
export function placeUnplanned(generation: Generation, name: string): StepKey {
  const twin = Object.values(generation.vertices).find((vertex) => vertex.name === name);
  if (twin) return twin.step;
  if (
    generation.status === 'exporting' ||
    /^(exporting|naming|unpacking|writing image|pushing|sending tarball|copying files)\b/.test(name)
  )
    return EXPORT_KEY;
  return outsideKey(name);
}

/** A step outside of the Dockerfile, made when its first vertex appears. */
export function outsideStep(key: StepKey): Step {
  const name = key.slice(1);
  const isContext = /^\[internal\] load |^local:\/\/|^\[context /.test(name) && !/ metadata for /.test(name);
  return emptyStep({ key, kind: isContext ? 'context' : 'internal', text: name.replace(/^\[internal\] /, '') });
}

export function emptyStep(given: Pick<Step, 'key' | 'kind' | 'text'> & Partial<Step>): Step {
  return {
    stage: null,
    number: null,
    instruction: '',
    lines: null,
    state: 'pending',
    vertices: [],
    startedAtMs: null,
    completedAtMs: null,
    error: null,
    progress: [],
    log: { bytes: 0, lines: 0, isClipped: false },
    warnings: [],
    imageId: null,
    ...given,
  };
}
