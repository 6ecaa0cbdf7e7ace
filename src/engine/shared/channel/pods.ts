/** The pods of a deployment, as `kubectl get pods -o json` tells them: which of them can be built in, and what holds up the others. Pure. */
export interface Pod {
  readonly name: string;
  readonly isReady: boolean;
  /** What it waits for, as the cluster says it: `ImagePullBackOff: Back-off pulling image …`; null: nothing is said. */
  readonly trouble: string | null;
  /** usual: what every pod goes through. hopeless: waiting will not help. */
  readonly hold: 'usual' | 'unusual' | 'hopeless';
  /** How often its buildkitd has ended. */
  readonly restarts: number;
}

interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
}

interface ContainerStatus {
  readonly name?: string;
  readonly restartCount?: number;
  readonly state?: { readonly waiting?: Condition; readonly terminated?: Condition & { readonly exitCode?: number } };
}

interface PodObject {
  readonly metadata?: { readonly name?: string; readonly deletionTimestamp?: string };
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

function readPod({ metadata, status = {} }: PodObject): Pod {
  const conditions = new Map(status.conditions?.map((condition) => [condition.type, condition]));
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const waiting = statuses.flatMap(({ state }) => state?.waiting ?? []);
  const held = waiting.find(({ reason = '' }) => !USUAL.includes(reason));
  const scheduled = conditions.get('PodScheduled');
  const unusual = held ?? (scheduled?.status === 'False' ? scheduled : status.phase === 'Failed' ? status : undefined);
  const cause = unusual ?? waiting[0];
  return {
    name: metadata?.name ?? '',
    isReady: status.phase === 'Running' && conditions.get('Ready')?.status === 'True',
    trouble: cause === undefined ? null : [cause.reason, cause.message].filter(Boolean).join(': ') || null,
    hold: HOPELESS.includes(held?.reason ?? '') ? 'hopeless' : unusual === undefined ? 'usual' : 'unusual',
    restarts: Math.max(0, ...statuses.map(({ restartCount = 0 }) => restartCount)),
  };
}

/** The worst of them in a sentence; null where nothing is said of any. */
export function podTrouble(pods: readonly Pod[]): { readonly pod: Pod; readonly sentence: string } | null {
  const held = pods.filter(({ isReady }) => !isReady);
  const pod = held.find(({ hold }) => hold === 'hopeless') ?? held.find(({ hold }) => hold === 'unusual') ?? held[0];
  if (pod === undefined) return null;
  return { pod, sentence: `the pod ${pod.name} ${pod.trouble === null ? 'is not ready' : `waits: ${pod.trouble}`}` };
}
