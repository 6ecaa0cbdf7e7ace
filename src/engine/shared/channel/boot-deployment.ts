/**
 * Makes the deployment of a buildx builder where there is none, through kubectl, and waits for its pods, as buildx does at the first build
 * (docker/buildx, driver/kubernetes/driver.go). Whoever starts the same builder meanwhile makes the same objects.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BxError, toBxError } from '../../../platform/errors.js';
import { describeEndpoint } from '../connect-error.js';
import type { BootProgress } from './boot-progress.js';
import { cannotStart, type DeploymentPlace } from './builder-down.js';
import { CONTAINER, type DeploymentPlan, deploymentPlan, type KubeConfigMap } from './deployment-config.js';
import { clusterFailure, type KubectlAnswer, kubectlLine, runKubectl } from './kubectl.js';
import { type Pod, podsOf, podTrouble, readPods } from './pods.js';
import { lastLine } from './program-channel.js';

const CALL_TIMEOUT_MS = 15_000;
const ASK_EVERY_MS = 400;
/** A buildkitd that has ended so often will do so again. */
const RESTARTS_MAX = 3;
const LOG_LINES = 50;
/** As buildx has it, the cluster alone judges the object: kubectl would first get the description of all that there can be. */
const FROM_HERE = ['--validate=false', '-f', '-'];

interface Boot extends DeploymentPlace {
  readonly progress: BootProgress;
  readonly signal: AbortSignal;
}

/** Resolves when its pods are ready. Throws `BxError('endpoint')`, and whatever an end of `signal` leads to. */
export async function bootDeployment(boot: Boot): Promise<void> {
  const plan = deploymentPlan(boot.node, boot.deployment);
  if ((await look(boot)) === null) await create(boot, plan);
  const howLong = roughly(plan.timeoutMs / 1000);
  await boot.progress.task(`waiting for ${plan.replicas} pods to be ready, timeout: ${howLong}`, () => ready(boot, plan));
}

async function create(boot: Boot, plan: DeploymentPlan): Promise<void> {
  for (const configMap of plan.configMaps) await provide(boot, configMap);
  const made = await kubectl(boot, ['create', ...FROM_HERE], plan.deployment);
  if (!made.isGood && !isThere(made)) throw refused(boot, `its deployment ${boot.deployment} cannot be made`, made);
}

/** What is left of a builder of that name is not what this one was given. */
async function provide(boot: Boot, configMap: KubeConfigMap): Promise<void> {
  let written = await kubectl(boot, ['create', ...FROM_HERE], configMap);
  if (isThere(written)) written = await kubectl(boot, ['replace', ...FROM_HERE], configMap);
  if (!written.isGood) throw refused(boot, `its configuration ${configMap.metadata.name} cannot be written`, written);
}

function isThere({ isGood, said }: KubectlAnswer): boolean {
  return !isGood && /AlreadyExists|already exists/.test(said);
}

interface DeploymentState {
  /** So many pods the cluster is to make; null: it does not say. */
  readonly wanted: number | null;
  readonly readyReplicas: number;
  /** Why the cluster makes no pods of it. */
  readonly failure: string | null;
}

/** Null: there is no such deployment. */
async function look(boot: Boot): Promise<DeploymentState | null> {
  const { deployment } = boot;
  const found = await kubectl(boot, ['get', 'deployment', deployment, '--ignore-not-found', '-o', 'json']);
  if (!found.isGood) throw refused(boot, `the cluster does not tell of its deployment ${deployment}`, found);
  if (found.stdout.trim() === '') return null;
  interface Condition {
    readonly type?: string;
    readonly status?: string;
    readonly message?: string;
  }
  interface Told {
    readonly spec?: { readonly replicas?: number };
    readonly status?: { readonly readyReplicas?: number; readonly conditions?: readonly Condition[] };
  }
  const { spec, status }: Told = JSON.parse(found.stdout);
  const failure = status?.conditions?.find((condition) => condition.type === 'ReplicaFailure' && condition.status === 'True');
  return { wanted: spec?.replicas ?? null, readyReplicas: status?.readyReplicas ?? 0, failure: failure?.message ?? null };
}

interface Problem {
  readonly error: BxError;
  /** Waiting will not help. */
  readonly isFinal: boolean;
  /** What is told while it lasts; null: nothing that is out of the way. */
  readonly told: string | null;
}

async function ready(boot: Boot, plan: DeploymentPlan): Promise<void> {
  const { progress, signal } = boot;
  const endMs = Date.now() + plan.timeoutMs;
  let told: string | null = null;
  for (;;) {
    // A call that fails on the way is made again: the cluster may be busy with just that.
    const problem = await check(boot, plan).catch((error: unknown): Problem => {
      signal.throwIfAborted();
      return { error: toBxError(error, 'endpoint'), isFinal: false, told: null };
    });
    if (problem === null) return;
    if (problem.told !== null && problem.told !== told) progress.log(`${problem.told}\n`);
    told = problem.told ?? told;
    if (problem.isFinal || Date.now() > endMs) throw problem.error;
    await sleep(ASK_EVERY_MS, undefined, { signal });
  }
}

/** Null: as many pods are ready as there should be. */
async function check(boot: Boot, { replicas }: DeploymentPlan): Promise<Problem | null> {
  const { deployment, scope } = boot;
  const state = await look(boot);
  if (state === null) {
    return { error: cannotStart(boot, `its deployment ${deployment} was removed meanwhile`), isFinal: true, told: null };
  }
  const { wanted, readyReplicas } = state;
  if (readyReplicas >= replicas) return null;
  const listed = await kubectl(boot, podsOf(deployment));
  if (!listed.isGood) throw refused(boot, `the cluster does not tell of the pods of ${deployment}`, listed);
  const pods = readPods(listed.stdout);
  const restless = pods.find(({ isReady, restarts }) => !isReady && restarts >= RESTARTS_MAX);
  if (restless !== undefined) return { error: await endsByItself(boot, restless), isFinal: true, told: null };
  const held = podTrouble(pods);
  const isScaled = wanted !== null && wanted < replicas;
  const unusual = state.failure ?? (isScaled ? `it is scaled to ${wanted}` : held?.pod.hold === 'usual' ? null : held?.sentence);
  const reason = unusual ?? held?.sentence ?? 'the cluster has made none yet';
  const next = isScaled
    ? `scale deployment ${deployment} --replicas=${replicas}`
    : `describe ${held === null ? `deployment ${deployment}` : `pod ${held.pod.name}`}`;
  const many = `${readyReplicas} of ${replicas} pods of its deployment ${deployment} are ready`;
  return {
    error: cannotStart(boot, `${many}: ${reason}`, kubectlLine(scope, next)),
    isFinal: held?.pod.hold === 'hopeless',
    told: unusual ?? null,
  };
}

/** With the last words of the one before. */
async function endsByItself(boot: Boot, { name, trouble }: Pod): Promise<BxError> {
  const logs = ['logs', name, `--container=${CONTAINER}`, `--tail=${LOG_LINES}`];
  const before = await kubectl(boot, [...logs, '--previous']);
  const said = (before.isGood ? before : await kubectl(boot, logs)).stdout.trim();
  if (said !== '') boot.progress.log(`${said}\n`);
  const words = lastLine(said) || trouble;
  const reason = `the buildkitd in its pod ${name} ends by itself`;
  return cannotStart(boot, words ? `${reason}: ${words}` : reason, kubectlLine(boot.scope, `logs ${name} --previous`));
}

function kubectl({ endpoint, scope, signal }: Boot, args: readonly string[], input?: object): Promise<KubectlAnswer> {
  return runKubectl(endpoint, { scope, args, ...(input !== undefined && { input }), timeoutMs: CALL_TIMEOUT_MS }, signal);
}

/** The cluster has not done what it was asked for. */
function refused(boot: Boot, what: string, answer: KubectlAnswer): BxError {
  const { endpoint, scope, node } = boot;
  const said = lastLine(answer.said) || `kubectl ended with status ${answer.exitCode}`;
  const cannot = (reason: string, hint: string): BxError =>
    new BxError('endpoint', `cannot start ${describeEndpoint(endpoint)}: ${what}: ${reason}`, { hint });
  const [, namespace] = /namespaces "([^"]+)" not found/.exec(said) ?? [];
  if (namespace !== undefined) {
    const flags = scope.filter((flag) => !flag.startsWith('--namespace='));
    return cannot(`there is no namespace ${namespace}`, `Make it: ${kubectlLine(flags, `create namespace ${namespace}`)}`);
  }
  const known = clusterFailure(answer, 'make deployments and configmaps, and to read pods, in that namespace');
  if (known !== null) return cannot(known.reason, known.hint);
  return cannot(said, `See what buildx says: docker buildx inspect --bootstrap ${node.builder}`);
}

/** As buildx writes it (docker/go-units, HumanDuration). */
function roughly(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 1) return 'Less than a second';
  if (whole === 1) return '1 second';
  if (whole < 60) return `${whole} seconds`;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.floor(seconds / 3600 + 0.5);
  return hours === 1 ? 'About an hour' : `${hours} hours`;
}
