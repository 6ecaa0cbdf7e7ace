/**
 * Puts the triggers of images (ONBUILD) at the FROM that carries them out. Older frontends (that of Docker 20.10) say line 1 of each,
 * which is the place in its own text. Pure.
 */
import type { PlannedInstruction } from '../../core/dockerfile/index.js';
import type { LineRange } from '../../core/model/index.js';
import { type OriginInputs, stageOrigin } from '../shared/stage-origin.js';
import type { OutputRef } from './graph-types.js';

interface Placeable {
  readonly digest: string;
  readonly kind: string;
  readonly inputs: readonly OutputRef[];
}

export interface TriggerInputs {
  /** Sorted topologically. */
  readonly vertices: ReadonlyMap<string, Placeable>;
  readonly instructions: readonly PlannedInstruction[];
  readonly origins: OriginInputs;
  /** The vertex whose files that one changes. */
  rootOf(digest: string): string | null;
  /** As the frontend calls it. */
  nameOf(digest: string): string | null;
}

/** Moves triggers in `lines`. */
export function placeTriggers(inputs: TriggerInputs, lines: Map<string, LineRange>): void {
  const { vertices, instructions, rootOf, nameOf } = inputs;
  // No instruction but FROM can stand there first, so that whatever changes files there is a trigger. A frontend that knows its place
  // says what it is, too: `[build 2/3] ONBUILD RUN make`.
  const triggers = [...vertices.values()].filter(
    ({ digest, kind }) => kind !== 'source' && lines.get(digest)?.start === 1 && !/\] ONBUILD /.test(nameOf(digest) ?? ''),
  );
  if (triggers.length === 0) return;
  const pending = new Set(triggers.map(({ digest }) => digest));
  /** Images from elsewhere, and the triggers that they have brought. */
  const ofImage = new Set([...vertices.values()].flatMap(({ digest, kind }) => (kind === 'source' ? [digest] : [])));
  const stageAt = (digest: string): number | null => {
    const line = lines.get(digest)?.start ?? 0;
    return instructions.find((one) => one.lines.start <= line && line <= one.lines.end)?.stage ?? null;
  };
  for (const { digest } of triggers) {
    const root = rootOf(digest);
    const { user, count } = chainFrom(inputs, digest, pending, stageAt);
    const userPath = originsOf(inputs, user);
    const isImage = root !== null && ofImage.has(root);
    const base = root === null ? null : ((isImage ? userPath.at(-1) : undefined) ?? stageAt(root));
    const path = user === null ? originsOf(inputs, onlyBegun(inputs, base)) : userPath;
    const begun = begunStage(inputs, path, base, count, isImage);
    if (isImage && begun === null) ofImage.add(digest);
    const from = instructions.find((one) => one.stage === (begun ?? base) && one.instruction === 'FROM');
    if (from !== undefined) lines.set(digest, from.lines);
    pending.delete(digest);
  }
}

/** The first stage that goes on from the trigger, maybe behind others, and how many triggers those are, itself included. */
function chainFrom(
  { vertices, rootOf }: TriggerInputs,
  trigger: string,
  pending: ReadonlySet<string>,
  stageAt: (digest: string) => number | null,
): { user: number | null; count: number } {
  const behind = new Set([trigger]);
  const users: number[] = [];
  for (const { digest, inputs } of vertices.values()) {
    if (!inputs.some((input) => behind.has(input.digest)) || !behind.has(rootOf(digest) ?? '')) continue;
    const stage = stageAt(digest);
    if (pending.has(digest)) behind.add(digest);
    else if (stage !== null) users.push(stage);
  }
  return { user: users.length === 0 ? null : Math.min(...users), count: behind.size };
}

/** The stage, the one that it begins with, and so on. */
function originsOf({ origins }: TriggerInputs, stage: number | null): number[] {
  const path: number[] = [];
  for (let at = stage; at !== null; at = stageOrigin(origins, at)) path.push(at);
  return path;
}

/** How many triggers of the stage change files: only those have vertices. */
function countTriggers({ instructions }: TriggerInputs, stage: number | undefined): number {
  return instructions.filter((one) => one.stage === stage && /^ONBUILD\s+(?:RUN|COPY|ADD|WORKDIR)\s/i.test(one.text)).length;
}

/**
 * On the path behind `base`, the stage whose FROM has the trigger that `count` - 1 others follow. Null: none of them, but `base` itself,
 * for a trigger of its image.
 */
function begunStage(
  inputs: TriggerInputs,
  path: readonly number[],
  base: number | null,
  count: number,
  isImage: boolean,
): number | null {
  const at = base === null ? -1 : path.indexOf(base);
  let left = count;
  let nearest: number | null = null;
  for (const [index, stage] of path.slice(0, at < 0 ? path.length : at).entries()) {
    const own = countTriggers(inputs, path[index + 1]);
    if (own === 0) continue;
    if (left <= own) return stage;
    left -= own;
    nearest = stage;
  }
  return isImage ? null : nearest;
}

/** A stage behind `base` that begins with one that has triggers, where nothing goes on from them: it changes no files itself. */
function onlyBegun(inputs: TriggerInputs, base: number | null): number | null {
  const stages = [...new Set(inputs.instructions.map((one) => one.stage))];
  const begun = stages.filter((stage) => {
    const [, origin, ...further] = originsOf(inputs, stage);
    if (origin === undefined || countTriggers(inputs, origin) === 0) return false;
    return base === null || origin === base || further.includes(base);
  });
  const changesFiles = (stage: number): boolean =>
    inputs.instructions.some((one) => one.stage === stage && /^(?:RUN|COPY|ADD|WORKDIR)$/.test(one.instruction));
  return begun.find((stage) => !changesFiles(stage)) ?? begun[0] ?? null;
}
