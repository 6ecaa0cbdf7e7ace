/**
 * Makes the deployment of a buildx builder where there is none, through kubectl, and waits for its pods, as buildx does at the first build
 * (docker/buildx, driver/kubernetes/driver.go). Whoever starts the same builder meanwhile makes the same objects.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BxError, toBxError } from '../../../platform/errors.js';
import { describeEndpoint } from '../connect-error.js';
import type { BootProgress } from './boot-progress.js';
import { cannotStart, type DeploymentPlace } from './builder-down.js';
import { clusterFailure, kubectlLine, wordsOf } from './cluster-failure.js';
import { CONTAINER, type DeploymentPlan, deploymentPlan, type KubeConfigMap } from './deployment-config.js';
import { type KubectlAnswer, runKubectl } from './kubectl.js';
import { type EndedProgram, type Pod, podsOf, podTrouble, readPods, readWarning, warningsOf, withPullCauses } from './pods.js';
import { lastLine } from './program-channel.js';

const CALL_TIMEOUT_MS = 15_000;
const ASK_EVERY_MS = 400;
/** A program that has ended so often will do so again. */
const ENDS_MAX = 3;
/** A pod that has started by then needs no question why it has not. */
const USUAL_START_MS = 3_000;
const LOG_LINES = 50;
const IS_GONE = /^unable to retrieve container logs/;
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

/** What has been found out while its pods are waited for. */
interface Seen {
  readonly told: Set<string>;
  /** Why images cannot be pulled, by the pod. */
  readonly pulls: Map<string, string>;
  /** The last words of programs, and after how many ends those were. */
  readonly words: Map<string, { readonly times: number; readonly said: string }>;
  /** What the cluster warns of, by the pod. */
  readonly warnings: Map<string, string>;
  askWarningsAtMs: number;
}

async function ready(boot: Boot, plan: DeploymentPlan): Promise<void> {
  const { progress, signal } = boot;
  const endMs = Date.now() + plan.timeoutMs;
  const seen: Seen = {
    ...{ told: new Set(), pulls: new Map(), words: new Map(), warnings: new Map() },
    askWarningsAtMs: Date.now() + USUAL_START_MS,
  };
  for (;;) {
    // A call that fails on the way is made again: the cluster may be busy with just that.
    const problem = await check(boot, plan, seen).catch((error: unknown): Problem => {
      signal.throwIfAborted();
      return { error: toBxError(error, 'endpoint'), isFinal: false, told: null };
    });
    if (problem === null) return;
    const { told } = problem;
    if (told !== null && !seen.told.has(told)) progress.log(`${told}\n`);
    if (told !== null) seen.told.add(told);
    if (problem.isFinal || Date.now() > endMs) throw problem.error;
    await sleep(ASK_EVERY_MS, undefined, { signal });
  }
}

/** Null: as many pods are ready as there should be, or as it has been scaled down to. */
async function check(boot: Boot, plan: DeploymentPlan, seen: Seen): Promise<Problem | null> {
  const { deployment, scope } = boot;
  const state = await look(boot);
  if (state === null) {
    return { error: cannotStart(boot, `its deployment ${deployment} was removed meanwhile`), isFinal: true, told: null };
  }
  const { wanted, readyReplicas } = state;
  const replicas = Math.min(plan.replicas, wanted ?? plan.replicas);
  if (readyReplicas >= replicas && (replicas > 0 || plan.replicas === 0)) return null;
  const many = `${readyReplicas} of ${plan.replicas} pods of its deployment ${deployment} are ready`;
  if (replicas === 0) {
    const scale = kubectlLine(scope, `scale deployment ${deployment} --replicas=${plan.replicas}`);
    return { error: cannotStart(boot, `${many}: it is scaled to 0`, scale), isFinal: true, told: null };
  }
  const listed = await kubectl(boot, podsOf(deployment));
  if (!listed.isGood) throw refused(boot, `the cluster does not tell of the pods of ${deployment}`, listed);
  const pods = withPullCauses(readPods(listed.stdout), seen.pulls);
  for (const pod of pods) if (!pod.isReady && pod.ended !== null) return endsByItself(boot, pod, pod.ended, seen);
  const held = podTrouble(pods);
  const isUsual = held?.pod.hold === 'usual';
  const warning = held !== null && isUsual ? await warningOf(boot, held.pod, seen) : null;
  const unusual = state.failure ?? warning ?? (isUsual ? null : held?.sentence);
  const reason = unusual ?? held?.sentence ?? 'the cluster has made none yet';
  const next = `describe ${held === null ? `deployment ${deployment}` : `pod ${held.pod.name}`}`;
  return {
    error: cannotStart(boot, `${many}: ${reason}`, kubectlLine(scope, next)),
    isFinal: held?.pod.hold === 'hopeless',
    told: unusual ?? null,
  };
}

/** What the cluster warns of a pod that takes longer than usual; whoever may not read that is not told of it. */
async function warningOf(boot: Boot, { name }: Pod, seen: Seen): Promise<string | null> {
  if (Date.now() > seen.askWarningsAtMs) {
    seen.askWarningsAtMs = Date.now() + USUAL_START_MS;
    const listed = await kubectl(boot, warningsOf(name));
    const warning = listed.isGood ? readWarning(listed.stdout) : null;
    if (warning !== null) seen.warnings.set(name, warning);
  }
  const known = seen.warnings.get(name);
  return known === undefined ? null : `the pod ${name} waits: ${known}`;
}

/** With its last words. */
async function endsByItself(boot: Boot, { name, trouble }: Pod, ended: EndedProgram, seen: Seen): Promise<Problem> {
  const { container, times } = ended;
  const key = `${name} ${container}`;
  const before = seen.words.get(key);
  const said = (before?.times === times ? '' : await lastWords(boot, name, container)) || (before?.said ?? '');
  if (said !== '' && seen.words.size === 0) boot.progress.log(`${said}\n`);
  seen.words.set(key, { times, said });
  const why = [ended.reason, causeIn(said) || trouble].filter(Boolean).join(': ');
  const reason = `the ${container || CONTAINER} in its pod ${name} ends by itself${why === '' ? '' : `: ${why}`}`;
  const which = container === CONTAINER || container === '' ? '' : ` --container=${container}`;
  const error = cannotStart(boot, reason, kubectlLine(boot.scope, `logs ${name}${which} --previous`));
  return { error, isFinal: times >= ENDS_MAX, told: reason };
}

/** What the one before has said, else what this one has. A cluster that has it no more says so in its place. */
async function lastWords(boot: Boot, pod: string, container: string): Promise<string> {
  const logs = ['logs', pod, `--container=${container || CONTAINER}`, `--tail=${LOG_LINES}`];
  const before = await kubectl(boot, [...logs, '--previous']);
  const { stdout } = before.isGood && !IS_GONE.test(before.stdout) ? before : await kubectl(boot, logs);
  return IS_GONE.test(stdout) ? '' : stdout.trim();
}

/** Of the last words those that tell the cause: how a program is called may stand behind them. */
function causeIn(said: string): string {
  const lines = said.split('\n');
  return (lines.findLast((line) => /^(?:\w+: |error|fatal|panic)|level=(?:fatal|error)/i.test(line)) ?? lastLine(said)).trim();
}

function kubectl({ endpoint, scope, signal }: Boot, args: readonly string[], input?: object): Promise<KubectlAnswer> {
  return runKubectl(endpoint, { scope, args, ...(input !== undefined && { input }), timeoutMs: CALL_TIMEOUT_MS }, signal);
}

/** The cluster has not done what it was asked for. */
function refused(boot: Boot, what: string, answer: KubectlAnswer): BxError {
  const { endpoint, scope, node } = boot;
  const said = wordsOf(answer.said) || `kubectl ended with status ${answer.exitCode}`;
  const cannot = (reason: string, hint: string): BxError =>
    new BxError('endpoint', `cannot start ${describeEndpoint(endpoint)}: ${what}: ${reason}`, { hint });
  const [, namespace] = /namespaces "([^"]+)" not found/.exec(said) ?? [];
  if (namespace !== undefined) {
    const flags = scope.filter((flag) => !flag.startsWith('--namespace='));
    return cannot(`there is no namespace ${namespace}`, `Make it: ${kubectlLine(flags, `create namespace ${namespace}`)}`);
  }
  const right = 'make deployments and configmaps, and to read pods, in that namespace';
  const known = clusterFailure(answer, { right, scope, builder: node.builder });
  if (known !== null) return cannot(known.reason, known.hint);
  if (/ is invalid: /.test(said)) {
    return cannot(said, `Make the builder again with other options: docker buildx rm ${node.builder}, then docker buildx create`);
  }
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
