/** What can be entered of a run: a shell in a step, its files, what it has changed. Which image or container that comes down to. */
import type { DockerfilePlan, PlannedInstruction } from '../../core/dockerfile/index.js';
import type { Moment, StepKey } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import type { BuildRequest, Container, ContainerSpec, FilesSpec } from '../engine.js';
import type { EngineApi } from '../shared/engine-api.js';
import { type ContainerGround, type ImageConfig, openContainer } from './container.js';
import type { Dialect } from './dialect.js';
import { createLooks, type Looks, type Place, type Remains } from './looks.js';
import { ownLabel, removeImage } from './owner.js';

export interface PlacesGround {
  readonly api: EngineApi;
  readonly request: BuildRequest;
  readonly dialect: Dialect;
  readonly images: ReadonlyMap<StepKey, string>;
  readonly failed: ReadonlyMap<StepKey, unknown>;
  readonly remains: ReadonlyMap<StepKey, Remains>;
  readonly lifetime: AbortSignal;
  /** The image after a step, built up to there when it is not there yet; null for the empty one of `FROM scratch`. */
  imageAfter(step: PlannedInstruction, signal: AbortSignal): Promise<string | null>;
  /** Nothing of the build that runs may come of that step any more. */
  untilSettled(step: PlannedInstruction, signal: AbortSignal): Promise<void>;
}

export interface Places extends Pick<Looks, 'openFiles' | 'changesOf'> {
  open(spec: ContainerSpec, signal: AbortSignal): Promise<Container>;
  /** Gives back all that is open, and what opens later as soon as it does. */
  release(): Promise<unknown>;
}

export function createPlaces(ground: PlacesGround): Places {
  const { api, request, dialect, images, failed, remains, lifetime, imageAfter, untilSettled } = ground;
  const { plan } = request.dockerfile;
  const containers = new Set<Container>();

  const stepAt = (key: StepKey): PlannedInstruction => {
    const step = plan.instructions.find((one) => one.key === key);
    if (!step) throw new BxError('not-found', `there is no step ${key} in this Dockerfile`);
    return step;
  };
  const commit = async (container: string): Promise<string> => {
    const query = { container, pause: '0' };
    return (await api.json<{ readonly Id: string }>('POST', '/commit', { query, body: { Labels: ownLabel() } })).Id;
  };

  /** What a step and a moment come down to. `left`: what the failed command has left; else the image. */
  const placeAt = async ({ step: key, moment }: FilesSpec, signal: AbortSignal): Promise<Place> => {
    const step = stepAt(key);
    const before = moment === 'before' ? plan.instructions[step.number - 2] : undefined;
    await untilSettled(before ?? step, AbortSignal.any([signal, lifetime]));
    const left = remains.get(key);
    const hasFailed = left !== undefined;
    const wanted: Moment =
      moment !== 'auto' ? moment : hasFailed ? 'failed' : failed.has(key) && !images.has(key) ? 'before' : 'after';
    if (wanted === 'failed' && left) return { step, moment: wanted, left };
    if (wanted === 'failed' && !left) {
      throw new BxError('unsupported', `what step ${step.number} has left behind is not to be had`, {
        hint: `${dialect.failedStateReason} Choose the state before it.`.trimStart(),
      });
    }
    const last = wanted === 'before' ? plan.instructions[step.number - 2] : step;
    if (!last || last.stage !== step.stage) {
      throw new BxError('unsupported', `there is nothing before step ${step.number}, which begins a stage`, {
        hint: 'Choose the state after it.',
      });
    }
    const image = await imageAfter(last, signal);
    if (image === null) {
      throw new BxError('unsupported', `step ${last.number} leaves nothing: it begins with an empty filesystem`, {
        hint: 'Choose a later step.',
      });
    }
    return { step, moment: wanted, left: null, image, last };
  };
  const groundAt = async (spec: ContainerSpec, signal: AbortSignal): Promise<ContainerGround> => {
    const place = await placeAt(spec, signal);
    const { step, moment } = place;
    if (place.left !== null) {
      const { container, config } = place.left;
      // It would be found as the cache of the very command that has failed, so it is there for no longer than it takes.
      const image = (): Promise<string> => commit(container);
      const discard = (id: string): Promise<void> => removeImage(api, id);
      return { image, discard, config, step, moment, command: config.Cmd ?? null, note: null };
    }
    const { image } = place;
    const { Config } = await api.json<{ readonly Config: ImageConfig | null }>('GET', `/images/${image}/json`, { signal });
    const isWithout = spec.moment === 'auto' && moment === 'before' && step.instruction === 'RUN' && !dialect.hasBuildContainers;
    const notes = [
      isWithout ? dialect.failedStateReason : '',
      hasMounts(step) ? NO_MOUNTS : '',
      request.ulimits?.length ? (dialect.limitsNote ?? '') : '',
    ].filter((one) => one !== '');
    return {
      ...{ image: async () => image, discard: null, step, moment, command: null },
      config: { ...Config, Shell: Config?.Shell ?? shellOf(plan, place.last) },
      note: notes.length === 0 ? null : notes.join(' '),
    };
  };
  const open = async (spec: ContainerSpec, signal: AbortSignal): Promise<Container> => {
    const ground = await groundAt(spec, signal);
    const settings = dialect.limitsNote === null ? request : { ...request, ulimits: [] };
    const container = await openContainer(api, ground, settings, signal);
    containers.add(container);
    void container.gone.then(() => containers.delete(container));
    if (lifetime.aborted) await container.release();
    return container;
  };

  const looks = createLooks({
    ...{ api, plan, stepAt, placeAt, imageAfter, untilSettled },
    remains: (step) => remains.get(step) ?? null,
    reason: dialect.filesReason,
    lifetime,
  });
  return {
    open,
    openFiles: looks.openFiles,
    changesOf: looks.changesOf,
    release: () => Promise.allSettled([...[...containers].map((container) => container.release()), looks.release()]),
  };
}

/** Podman knows them in a build, and its containers have others. */
const NO_MOUNTS = 'What the step mounts (--mount) is not mounted here.';

function hasMounts({ instruction, text }: PlannedInstruction): boolean {
  return instruction === 'RUN' && /^RUN\s+(?:--\S+\s+)*--mount=/i.test(text);
}

/** Not every engine tells it of an image. */
function shellOf({ instructions }: DockerfilePlan, until: PlannedInstruction): string[] | null {
  const said = instructions.findLast(
    ({ instruction, stage, number }) => instruction === 'SHELL' && stage === until.stage && number <= until.number,
  );
  try {
    const words: unknown = JSON.parse(said?.text.replace(/^\S+\s+/, '') ?? '');
    if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words as string[];
  } catch {}
  return null;
}
