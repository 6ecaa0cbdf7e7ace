/**
 * The builder's own words turned into events: `Step i/n`, `Running in`, ` ---> id`. They come in one stream with what commands print, so while a
 * command runs only the removal of its own container ends it. Pure but for the clock.
 */
import type { PlannedInstruction } from '../../core/dockerfile/index.js';
import type { EngineEvent } from '../../core/events.js';
import type { StepKey } from '../../core/model/index.js';
import type { BuildMessage } from '../shared/message-stream.js';
import type { Journal } from './journal.js';

/** An instruction of what is sent. `isHidden`: it stands for what an earlier build has done, and nothing is told of it. */
export interface SentStep {
  readonly step: PlannedInstruction;
  readonly isHidden: boolean;
}

/** A base image, whose id the builder does not tell. */
export interface Base {
  readonly key: StepKey;
  readonly digest: string;
  /** As the engine knows it. */
  readonly name: string;
}

export interface Progress {
  take(message: BuildMessage): readonly EngineEvent[];
  /** Ends the step that is on, as failed when there is an error text. */
  stop(error: string): readonly EngineEvent[];
  /** The step that is on; null before the first and after the last. */
  readonly current: StepKey | null;
  /** Base images that are there since the last call. */
  takeBases(): readonly Base[];
  /** Image after each step that is done. */
  readonly images: ReadonlyMap<StepKey, string>;
  /** Container of the command that runs or has failed. */
  readonly container: string | null;
  /** Containers that the builder has made and not removed. */
  readonly containers: ReadonlySet<string>;
  readonly imageId: string | null;
  readonly failure: { readonly message: string; readonly code: number | null } | null;
}

const STEP = /^Step (\d+)\/(\d+) : (\S+)/;
const RUNNING = /^ ---> (?:\[Warning\] )?Running in ([0-9a-f]{12,64})\n?$/;
const CACHED = /^ ---> Using cache\n?$/;
const IMAGE = /^ ---> ([0-9a-f]{12,64})\n?$/;
const REMOVED = /^(?: ---> )?Remov(?:ed|ing) intermediate container ([0-9a-f]{12,64})\n?$/;
const RED = '\u001b[91m';
const PLAIN = '\u001b[0m';

export function createProgress(
  sent: readonly SentStep[],
  digestOf: (step: StepKey) => string,
  images: Map<StepKey, string> = new Map(),
  journal: Pick<Journal, 'add' | 'remove'> | null = null,
  now: () => number = Date.now,
): Progress {
  const containers = new Set<string>();
  let at = -1;
  let isOn = false;
  let isCached = false;
  let startedAtMs = 0;
  let imageOfStep: string | null = null;
  let container: string | null = null;
  let imageId: string | null = null;
  let failure: Progress['failure'] = null;

  const update = (completedAtMs: number | null, error: string): EngineEvent[] => {
    const one = sent[at];
    if (!one || one.isHidden) return [];
    const before = sent[at - 1];
    return [
      {
        type: 'vertex.updated',
        digest: digestOf(one.step.key),
        name: one.step.text,
        inputs: before && before.step.stage === one.step.stage ? [digestOf(before.step.key)] : [],
        isCached,
        startedAtMs,
        completedAtMs,
        error,
      },
    ];
  };
  const log = (text: string, stream: 'stdout' | 'stderr'): EngineEvent[] => {
    const one = sent[at];
    return !one || one.isHidden || text === '' ? [] : [{ type: 'log.appended', digest: digestOf(one.step.key), stream, text }];
  };
  const madeImage = ({ step, isHidden }: SentStep): EngineEvent[] =>
    isHidden ? [] : [{ type: 'image.made', digest: digestOf(step.key), imageId: images.get(step.key)! }];
  const finish = (error: string): EngineEvent[] => {
    if (!isOn) return [];
    isOn = false;
    const one = sent[at];
    if (error === '' && one && imageOfStep !== null) {
      if (!images.has(one.step.key)) images.set(one.step.key, imageOfStep);
      return [...madeImage(one), ...update(now(), error)];
    }
    return update(now(), error);
  };
  const begin = (): EngineEvent[] => {
    const ended = finish('');
    at++;
    isOn = true;
    // An image that has to be fetched says so.
    isCached = sent[at]?.step.instruction === 'FROM';
    imageOfStep = null;
    container = null;
    startedAtMs = now();
    return [...ended, ...update(null, '')];
  };

  const takeStream = (text: string): EngineEvent[] => {
    // Only this ends a command; whatever else it says is its own.
    if (container !== null) {
      const id = REMOVED.exec(text)?.[1];
      if (id === undefined || !isSame(id, container)) return program(text);
      containers.delete(container);
      journal?.remove(container);
      container = null;
      return [];
    }
    const step = STEP.exec(text);
    if (step) {
      const isMeta = at < 0 && step[3]?.toUpperCase() === 'ARG';
      return isMeta || at >= sent.length - 1 ? [] : begin();
    }
    if (!isOn) return [];
    const running = RUNNING.exec(text)?.[1];
    if (running !== undefined) {
      container = running;
      containers.add(running);
      journal?.add(running);
      return [];
    }
    if (CACHED.test(text)) {
      isCached = true;
      return [];
    }
    const image = IMAGE.exec(text)?.[1];
    if (image === undefined) return /^(Successfully (built|tagged) | ---> \n?$|\n$)/.test(text) ? [] : program(text);
    imageOfStep = image;
    const told = log(` ---> ${image}\n`, 'stdout');
    // Nothing comes after the last one that would end it. A FROM may still run what its image wants.
    return at === sent.length - 1 ? [...told, ...finish('')] : told;
  };
  const program = (text: string): EngineEvent[] =>
    text.startsWith(RED) && text.endsWith(PLAIN) ? log(text.slice(RED.length, -PLAIN.length), 'stderr') : log(text, 'stdout');

  const takeStatus = ({ status = '', id, progressDetail }: BuildMessage): EngineEvent[] => {
    const one = sent[at];
    isCached = false;
    if (!one || one.isHidden) return [];
    if (id === undefined || progressDetail?.total === undefined) return id === undefined ? log(`${status}\n`, 'stdout') : [];
    const { current = 0, total } = progressDetail;
    const digest = digestOf(one.step.key);
    return [{ type: 'vertex.progressed', digest, id, name: `${status} ${id}`, current, total, startedAtMs, completedAtMs: null }];
  };

  return {
    take(message) {
      if (message.error !== undefined || message.errorDetail !== undefined) {
        const text = message.errorDetail?.message ?? message.error ?? '';
        failure = { message: text, code: message.errorDetail?.code || null };
        return [];
      }
      if (message.aux?.ID !== undefined) imageId = message.aux.ID;
      if (message.stream !== undefined) return takeStream(message.stream);
      return message.status === undefined ? [] : takeStatus(message);
    },
    stop: finish,
    get current() {
      return isOn ? (sent[at]?.step.key ?? null) : null;
    },
    takeBases: () => [],
    images,
    get container() {
      return container;
    },
    containers,
    get imageId() {
      return imageId;
    },
    get failure() {
      return failure;
    },
  };
}

function isSame(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}
