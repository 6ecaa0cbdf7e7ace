/** The pods of a deployment, as `kubectl get pods -o json` tells them: which of them can be built in, and what holds up the others. Pure. */
import { createHash } from 'node:crypto';

export interface Pod {
  readonly name: string;
  readonly isReady: boolean;
  /** What it waits for, as the cluster says it: `ImagePullBackOff: Back-off pulling image …`; null: nothing is said. */
  readonly trouble: string | null;
  /** usual: what every pod goes through. hopeless: waiting will not help. */
  readonly hold: 'usual' | 'unusual' | 'hopeless';
  /** The program in it that has ended most often; null: none has. */
  readonly ended: EndedProgram | null;
}

export interface EndedProgram {
  readonly container: string;
  readonly times: number;
  /** More than that it has failed: `OOMKilled`; null: nothing more. */
  readonly reason: string | null;
}

interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
}

interface ContainerState {
  readonly waiting?: Condition;
  readonly terminated?: Condition & { readonly exitCode?: number };
}

interface ContainerStatus {
  readonly name?: string;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

interface PodObject {
  readonly metadata?: { readonly name?: string; readonly deletionTimestamp?: string };
  readonly spec?: { readonly nodeName?: string };
  readonly status?: Condition & {
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/** Of a name that no image can have, or that nobody may pull. */
const HOPELESS = ['InvalidImageName', 'ErrImageNeverPull'];
/** What every pod goes through. */
const USUAL = ['ContainerCreating', 'PodInitializing'];

/** Arguments of kubectl that list them. */
export function podsOf(deployment: string): string[] {
  return ['get', 'pods', '-l', `app=${deployment}`, '-o', 'json'];
}

/** By their names, without those that are going. */
export function readPods(listed: string): Pod[] {
  const { items = [] } = (JSON.parse(listed) ?? {}) as { readonly items?: readonly PodObject[] };
  return items
    .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
    .map(readPod)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** One of them, as `kubectl get pod -o json` tells it. */
export function readPod({ metadata, spec, status = {} }: PodObject): Pod & { readonly phase: string } {
  const conditions = new Map(status.conditions?.map((condition) => [condition.type, condition]));
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const waiting = statuses.flatMap(({ state }) => state?.waiting ?? []);
  const held = waiting.find(({ reason = '' }) => !USUAL.includes(reason));
  const scheduled = conditions.get('PodScheduled');
  const unusual = held ?? (scheduled?.status === 'False' ? scheduled : status.phase === 'Failed' ? status : undefined);
  const node = statuses.length === 0 && status.phase === 'Pending' ? spec?.nodeName : undefined;
  const cause = unusual ?? waiting[0] ?? (node === undefined ? undefined : { message: `its node ${node} has not begun it` });
  return {
    name: metadata?.name ?? '',
    phase: status.phase ?? '',
    isReady: status.phase === 'Running' && conditions.get('Ready')?.status === 'True',
    trouble: cause === undefined ? null : [cause.reason, cause.message].filter(Boolean).join(': ') || null,
    hold: HOPELESS.includes(held?.reason ?? '') ? 'hopeless' : unusual === undefined ? 'usual' : 'unusual',
    ended: readEnded(statuses),
  };
}

/** The first program of a pod ends in order when it has prepared what it is there for. */
function readEnded(statuses: readonly ContainerStatus[]): EndedProgram | null {
  const ended = statuses.flatMap(({ name = '', restartCount = 0, state, lastState }) => {
    const hasFailed = state?.terminated !== undefined && state.terminated.exitCode !== 0;
    const { reason } = (hasFailed ? state?.terminated : lastState?.terminated) ?? {};
    const times = restartCount + (hasFailed ? 1 : 0);
    return times === 0 ? [] : [{ container: name, times, reason: reason === undefined || isPlain(reason) ? null : reason }];
  });
  return ended.sort((one, other) => other.times - one.times)[0] ?? null;
}

function isPlain(reason: string): boolean {
  return reason === 'Error' || reason === 'Completed';
}

/**
 * An image that cannot be pulled is tried again and again, and in between only that is said: the cause is what was said before, which `causes`
 * keeps by the names of the pods.
 */
export function withPullCauses(pods: readonly Pod[], causes: Map<string, string>): Pod[] {
  return pods.map((pod) => {
    if (pod.trouble?.startsWith('ErrImagePull: ')) causes.set(pod.name, pod.trouble);
    const cause = causes.get(pod.name);
    return cause !== undefined && pod.trouble?.startsWith('ImagePullBackOff') ? { ...pod, trouble: cause } : pod;
  });
}

/** Arguments of kubectl that list what the cluster warns of, of one pod. */
export function warningsOf(pod: string): string[] {
  return ['get', 'events', `--field-selector=type=Warning,involvedObject.name=${pod}`, '-o', 'json'];
}

interface EventObject {
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
}

/** The newest of them that may hold up a pod: `FailedMount: MountVolume.SetUp failed …`; null: there is none. */
export function readWarning(listed: string): string | null {
  const { items = [] } = (JSON.parse(listed) ?? {}) as { readonly items?: readonly EventObject[] };
  const timeOf = ({ lastTimestamp, eventTime }: EventObject): string => lastTimestamp ?? eventTime ?? '';
  const newest = items
    // A cluster without a name server warns of that for every pod.
    .filter(({ reason = '' }) => !reason.includes('DNS'))
    .sort((one, other) => (timeOf(one) < timeOf(other) ? -1 : 1))
    .at(-1);
  return newest === undefined ? null : [newest.reason, newest.message?.replace(/\s+/g, ' ').trim()].filter(Boolean).join(': ');
}

/** Of each pod on the ring. */
const RING_DIGESTS = 40;
const PLACES_OF_DIGEST = 3;

/**
 * The one that buildx takes for whatever has this key: the next one on a ring on which each has places by its name. Undefined: there is none.
 * The ring is that of serialx/hashring as Debian's buildx has it; Docker's own has one with other places.
 */
export function stickyPod(names: readonly string[], key: string): string | undefined {
  const places = names.flatMap((name) =>
    Array.from({ length: RING_DIGESTS }, (_, index) => digestOf(`${name}-${index}`)).flatMap((digest) =>
      Array.from({ length: PLACES_OF_DIGEST }, (_, part) => ({ name, at: digest.readUInt32LE(part * 4) })),
    ),
  );
  const wanted = digestOf(key).readUInt32LE(0);
  const ring = places.sort((one, other) => one.at - other.at);
  return (ring.find(({ at }) => at > wanted) ?? ring[0])?.name;
}

function digestOf(text: string): Buffer {
  return createHash('md5').update(text).digest();
}

/** The worst of them in a sentence; null where nothing is said of any. */
export function podTrouble(pods: readonly Pod[]): { readonly pod: Pod; readonly sentence: string } | null {
  const held = pods.filter(({ isReady }) => !isReady);
  const pod = held.find(({ hold }) => hold === 'hopeless') ?? held.find(({ hold }) => hold === 'unusual') ?? held[0];
  if (pod === undefined) return null;
  return { pod, sentence: `the pod ${pod.name} ${pod.trouble === null ? 'is not ready' : `waits: ${pod.trouble}`}` };
}
