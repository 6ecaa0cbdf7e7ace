/**
 * What Podman's builder (buildah) says, turned into events: `[2/3] STEP 4/5: RUN …`, `--> id`, `--> Using cache id`, `COMMIT`. Each of its own
 * lines is one message (podman, `pkg/api/handlers/compat/images_build.go`), but so may be what a command prints: a header ends a command only
 * when it is the next one, right behind an image. Pure but for the clock.
 */
import type { EngineEvent } from '../../../core/events.js';
import type { StepKey } from '../../../core/model/index.js';
import type { BuildMessage } from '../../shared/message-stream.js';
import type { Base, Progress, SentStep } from '../progress.js';

const STEP = /^(?:\[(\d+)\/(\d+)\] )?STEP (\d+)\/(\d+): (\S+)\s*([\s\S]*?)\n?$/;
const COMMIT = /^(?:\[(\d+)\/\d+\] )?COMMIT(?: \S+)?\n$/;
const CACHED = /^--> Using cache ([0-9a-f]{64})\n$/;
const IMAGE = /^--> ([0-9a-f]{11,64})\n$/;
/** After the last step. */
const EPILOGUE = /^(?:[0-9a-f]{64}|Successfully (?:tagged|built) \S+)\n$/;
const FULL_ID = /^[0-9a-f]{64}$/;

/** A stage, of which one step at a time is on. */
interface Lane {
  /** What is sent of it. */
  readonly own: readonly SentStep[];
  /** Null before the first, and for what is not in the Dockerfile. */
  step: SentStep | null;
  /** As Podman counts; 0 before the first. */
  number: number;
  isOn: boolean;
  isLast: boolean;
  /** The last of all, whose image comes behind COMMIT. */
  endsWithCommit: boolean;
  isCached: boolean;
  cachedId: string | null;
  hasPrinted: boolean;
  startedAtMs: number;
  /** What FROM names, as Podman has understood it. */
  base: string;
  /** It carries out what the base image brings along (ONBUILD), as a part of FROM; how much of it is to come. */
  triggersLeft: number;
}

export function createPodmanProgress(
  sent: readonly SentStep[],
  digestOf: (step: StepKey) => string,
  images: Map<StepKey, string> = new Map(),
  now: () => number = Date.now,
): Progress {
  const known = new Set(images.keys());
  const lanes = new Map<number, Lane>();
  const bases: Base[] = [];
  let active: Lane | null = null;
  /** An end of a command that the command may have printed itself: only what follows tells. */
  let held: string | null = null;
  /** Ended last: what still comes is its own. */
  let recent: SentStep | null = null;
  let imageId: string | null = null;
  let failure: Progress['failure'] = null;

  const laneAt = (stage: string | undefined): Lane => {
    const index = stage === undefined ? 0 : Number(stage) - 1;
    const found = lanes.get(index);
    if (found) return found;
    const lane: Lane = {
      own: sent.filter(({ step }) => step.stage === index),
      ...{ step: null, number: 0, isOn: false, isLast: false, isCached: false, cachedId: null },
      ...{ endsWithCommit: false, hasPrinted: false, startedAtMs: 0, base: '', triggersLeft: 0 },
    };
    lanes.set(index, lane);
    return lane;
  };
  const update = (lane: Lane, completedAtMs: number | null, error: string): EngineEvent[] => {
    const { step: one, isCached, startedAtMs } = lane;
    if (one === null || one.isHidden) return [];
    const before = lane.own[lane.own.indexOf(one) - 1];
    const { key, text: name } = one.step;
    const inputs = before === undefined ? [] : [digestOf(before.step.key)];
    return [{ type: 'vertex.updated', digest: digestOf(key), name, inputs, isCached, startedAtMs, completedAtMs, error }];
  };
  const log = (one: SentStep | null, text: string): EngineEvent[] =>
    one === null || one.isHidden ? [] : [{ type: 'log.appended', digest: digestOf(one.step.key), stream: 'stdout', text }];
  const madeImage = (one: SentStep | null, id: string): EngineEvent[] => {
    // What is hidden stands for what there is already, and the FROM of a cut Dockerfile for a later step than itself.
    if (one === null || known.has(one.step.key) || (one.isHidden && one.step.instruction === 'FROM')) return [];
    images.set(one.step.key, id);
    return one.isHidden ? [] : [{ type: 'image.made', digest: digestOf(one.step.key), imageId: id }];
  };
  const finish = (lane: Lane, error: string): EngineEvent[] => {
    if (!lane.isOn) return [];
    lane.isOn = false;
    recent = lane.step;
    return update(lane, now(), error);
  };
  const finishWith = (lane: Lane, id: string, told: string): EngineEvent[] => {
    const full = lane.cachedId?.startsWith(id) ? lane.cachedId : id;
    const made = [...log(lane.step, told), ...madeImage(lane.step, full)];
    return lane.triggersLeft > 0 ? made : [...made, ...finish(lane, '')];
  };
  /** Nothing is said of the image that a stage begins with, unless another stage has made it. */
  const leaveFrom = ({ step, base }: Lane): void => {
    if (step === null || step.isHidden || images.has(step.step.key) || base === '' || base === 'scratch') return;
    bases.push({ key: step.step.key, digest: digestOf(step.step.key), name: base });
  };

  /** Null: it is no header, but what a command has printed. */
  const takeHeader = (text: string): EngineEvent[] | null => {
    const [, stage, stages, numberText, totalText, keyword = '', rest = ''] = STEP.exec(text) ?? [];
    if (numberText === undefined) return null;
    const [number, total] = [Number(numberText), Number(totalText)];
    const lane = laneAt(stage);
    if (number !== lane.number + 1 || number > total || isAmidCommand(lane)) return null;
    // More than the Dockerfile has is what the base image brings along.
    const extra = Math.max(0, total - lane.own.length);
    const isTrigger = number > 1 && number <= 1 + extra;
    const one = lane.own[number === 1 ? 0 : number - 1 - extra] ?? null;
    if (!isTrigger && one !== null && one.step.instruction.toUpperCase() !== keyword.toUpperCase()) return null;
    const ended = releaseHeld(true);
    active = lane;
    lane.number = number;
    lane.isLast = number === total;
    lane.endsWithCommit = lane.isLast && stage === stages;
    lane.cachedId = null;
    lane.hasPrinted = false;
    lane.triggersLeft = isTrigger ? 1 + extra - number : 0;
    if (isTrigger) return ended;
    if (number === 2) leaveFrom(lane);
    ended.push(...finish(lane, ''));
    lane.step = one;
    lane.isOn = true;
    lane.isCached = number === 1;
    lane.startedAtMs = now();
    ended.push(...update(lane, null, ''));
    if (number > 1) return ended;
    lane.base = rest.split(/\s+/)[0] ?? '';
    return FULL_ID.test(lane.base) ? [...ended, ...madeImage(one, lane.base)] : ended;
  };
  const isAmidCommand = (next: Lane): boolean =>
    active?.isOn === true && isCommand(active) && !(active === next && held !== null);
  const isCommand = ({ step }: Lane): boolean => step?.step.instruction === 'RUN';
  const isFrom = (one: SentStep | null): boolean => one?.step.instruction === 'FROM';

  const isCommit = (text: string): boolean => {
    const found = COMMIT.exec(text);
    if (found === null) return false;
    const lane = laneAt(found[1]);
    if (!lane.endsWithCommit || !lane.isOn) return false;
    lane.endsWithCommit = false;
    active = lane;
    if (lane.number === 1) leaveFrom(lane);
    return true;
  };
  const releaseHeld = (isEnd: boolean): EngineEvent[] => {
    const text = held;
    held = null;
    if (text === null || active === null) return [];
    return isEnd ? finishWith(active, IMAGE.exec(text)?.[1] ?? '', text) : log(active.step, text);
  };

  const takeStream = (text: string): EngineEvent[] => {
    const headed = takeHeader(text);
    if (headed !== null) return headed;
    const printed = releaseHeld(false);
    if (isCommit(text)) return printed;
    const image = IMAGE.exec(text)?.[1];
    const open = [...lanes.values()].filter(({ isOn }) => isOn);
    const lane = active?.isOn ? active : open.length === 1 ? open[0] : undefined;
    if (lane === undefined) {
      // A command has said so before: the last word is Podman's.
      if (image !== undefined) return [...printed, ...madeImage(recent, image)];
      return EPILOGUE.test(text) ? printed : [...printed, ...log(recent, text)];
    }
    active = lane;
    const cached = CACHED.exec(text)?.[1];
    if (cached !== undefined && !lane.hasPrinted) {
      lane.isCached = true;
      lane.cachedId = cached;
      return printed;
    }
    if (image === undefined || (lane.endsWithCommit && lane.cachedId === null)) {
      lane.hasPrinted = true;
      // An image that has to be fetched says so.
      if (isFrom(lane.step)) lane.isCached = false;
      return [...printed, ...log(lane.step, text)];
    }
    if (isCommand(lane) && !lane.isLast && lane.cachedId === null) {
      held = text;
      return printed;
    }
    return [...printed, ...finishWith(lane, image, text)];
  };

  return {
    take(message: BuildMessage) {
      if (message.error !== undefined || message.errorDetail !== undefined) {
        failure = { message: message.errorDetail?.message ?? message.error ?? '', code: null };
        return releaseHeld(false);
      }
      if (message.aux?.ID !== undefined) imageId = message.aux.ID;
      return message.stream === undefined || message.stream === '' ? [] : takeStream(message.stream);
    },
    stop(error) {
      const ended = releaseHeld(error === '');
      for (const lane of lanes.values())
        ended.push(...finish(lane, error === '' || lane === active ? error : 'context canceled'));
      return ended;
    },
    get current() {
      return active?.isOn ? (active.step?.step.key ?? null) : null;
    },
    takeBases: () => bases.splice(0),
    images,
    // Podman makes and removes them itself, and gives them no name that its Docker API would know.
    container: null,
    containers: new Set(),
    get imageId() {
      return imageId;
    },
    get failure() {
      return failure;
    },
  };
}
