/**
 * A buildkitd in a pod: `buildctl dial-stdio` in it, through kubectl (buildkit, client/connhelper/kubepod). `kube-pod://` names the pod;
 * `kubernetes://` names the deployment that buildx has made (docker/buildx, driver/kubernetes), of which a pod that is ready is taken.
 */
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../../../builders/endpoint.js';
import type { BxError } from '../../../platform/errors.js';
import { BuilderDownError } from './builder-down.js';
import { clusterFailure, kubectlLine, wordsOf } from './cluster-failure.js';
import { isOfBuildKit } from './first-byte.js';
import { readKubeAddress } from './kube-address.js';
import { cannotConnect, runKubectl } from './kubectl.js';
import { podsOf, podTrouble, readPod, readPods, readWarning, stickyPod, warningsOf } from './pods.js';
import { openProgramChannel } from './program-channel.js';
import type { ProgramEnd } from './start-program.js';

/** A program may have to get credentials first, and kubectl asks once what the cluster has. */
const LIST_TIMEOUT_MS = 8_000;

/** The pod of a deployment: every connection of this program goes to the same one. */
const chosen = new Map<string, string>();

/** Throws `BxError('endpoint' | 'cancelled')`; a `BuilderDownError` where no pod of the deployment is ready, and it may be started. */
export async function openKubernetes(endpoint: Endpoint, signal: AbortSignal): Promise<Duplex> {
  const { isDeployment, name, container, scope } = readKubeAddress(endpoint.address);
  const pod = isDeployment ? (chosen.get(endpoint.address) ?? (await findPod(endpoint, name, scope, signal))) : name;
  if (isDeployment) chosen.set(endpoint.address, pod);
  const args = [...scope, 'exec', ...(container === null ? [] : [`--container=${container}`]), '-i', pod];
  return openProgramChannel(
    endpoint,
    {
      program: { file: 'kubectl', args: [...args, '--', 'buildctl', 'dial-stdio'] },
      isAnswer: isOfBuildKit,
      lost: ({ said }) => wordsOf(said) || 'kubectl has ended, and says no reason',
      explain(end) {
        // The next attempt looks for another pod.
        chosen.delete(endpoint.address);
        return explainExec({ endpoint, pod, container, scope }, end, signal);
      },
    },
    signal,
  );
}

/** One that is ready. Throws a `BuilderDownError` where there is none, and its deployment may be made or waited for. */
async function findPod(endpoint: Endpoint, deployment: string, scope: readonly string[], signal: AbortSignal): Promise<string> {
  const args = podsOf(deployment);
  const answer = await runKubectl(endpoint, { scope, args, timeoutMs: LIST_TIMEOUT_MS }, signal);
  if (!answer.isGood) throw notListed(endpoint, deployment, scope, answer);
  const { node } = endpoint;
  const pods = readPods(answer.stdout);
  const ready = pods.filter(({ isReady }) => isReady).map(({ name }) => name);
  const isAny = node?.driverOpts.loadbalance === 'random';
  const pod = isAny ? ready[Math.floor(Math.random() * ready.length)] : stickyPod(ready, node?.subject ?? '');
  if (pod !== undefined) return pod;
  const trouble = podTrouble(pods);
  const error = cannotConnect(endpoint, {
    reason: trouble === null ? `no pod of ${deployment} runs` : `no pod of ${deployment} is ready: ${trouble.sentence}`,
    hint:
      node === undefined
        ? `See which there are: ${kubectlLine(scope, 'get pods')}`
        : `A build starts it; or do it now: docker buildx inspect --bootstrap ${node.builder}`,
  });
  throw node?.mayStart === true ? new BuilderDownError({ kind: 'deployment', endpoint, node, deployment, scope }, error) : error;
}

/** The cluster does not tell which pods there are. */
function notListed(endpoint: Endpoint, deployment: string, scope: readonly string[], end: ProgramEnd): BxError {
  const asked = { right: 'list pods and to exec in them, in that namespace', scope, builder: endpoint.node?.builder ?? null };
  const byHand = kubectlLine(scope, `get pods -l app=${deployment}`);
  return cannotConnect(endpoint, clusterFailure(end, asked) ?? { reason: saidBy(end), hint: `Try it by hand: ${byHand}` });
}

interface Exec {
  readonly endpoint: Endpoint;
  readonly pod: string;
  readonly container: string | null;
  readonly scope: readonly string[];
}

/** Why nobody answers in the pod, out of kubectl's last words, and of what the cluster tells of the pod. */
async function explainExec(exec: Exec, end: ProgramEnd, signal: AbortSignal): Promise<BxError> {
  const { endpoint, pod, container, scope } = exec;
  const { said } = end;
  const builder = endpoint.node?.builder ?? null;
  const failed = (reason: string, hint: string): BxError => cannotConnect(endpoint, { reason, hint });
  const [, namespace] = /namespaces "([^"]+)" not found/.exec(said) ?? [];
  if (namespace !== undefined) {
    const flags = scope.filter((flag) => !flag.startsWith('--namespace='));
    return failed(`there is no namespace ${namespace}`, `See which there are: ${kubectlLine(flags, 'get namespaces')}`);
  }
  if (/pods? .*not found/.test(said)) {
    return failed(
      `there is no pod ${pod}`,
      builder === null
        ? `See which there are: ${kubectlLine(scope, 'get pods')}, also in other namespaces (?namespace=).`
        : `Make it: docker buildx inspect --bootstrap ${builder}`,
    );
  }
  const known = clusterFailure(end, { right: 'get pods and to exec in them, in that namespace', scope, builder });
  if (known !== null) return cannotConnect(endpoint, known);
  const inIt = container === null ? `the pod ${pod}` : `the container ${container} of the pod ${pod}`;
  if (/executable file not found|buildctl.*no such file/i.test(said)) {
    return failed(`there is no buildctl in ${inIt}`, 'Name a pod of the image moby/buildkit, or its container (?container=).');
  }
  const which = container === null ? '' : ` --container=${container}`;
  const logs = kubectlLine(scope, `logs ${pod}${which}`);
  if (/dial unix |connection error/.test(said)) {
    return failed(`no buildkitd answers in ${inIt}: ${saidBy(end)}`, `See what it says: ${logs}`);
  }
  if (/container \S+ is not valid for pod/.test(said)) {
    const names = kubectlLine(scope, `get pod ${pod} -o jsonpath='{.spec.containers[*].name}'`);
    return failed(`the pod ${pod} has no container ${container}`, `See which it has: ${names}`);
  }
  const state = await podState(exec, signal);
  if (state !== null) return failed(state.reason, `See why: ${kubectlLine(scope, state.next)}`);
  return failed(saidBy(end), `Try it by hand: ${kubectlLine(scope, `exec ${pod}${which} -- buildctl debug workers`)}`);
}

/** What keeps it from running programs; null: nothing that the cluster tells of. */
async function podState({ endpoint, pod, scope }: Exec, signal: AbortSignal): Promise<{ reason: string; next: string } | null> {
  const tell = async (args: readonly string[]): Promise<string | null> => {
    const told = await runKubectl(endpoint, { scope, args, timeoutMs: LIST_TIMEOUT_MS }, signal).catch(() => null);
    return told?.isGood === true ? told.stdout : null;
  };
  const told = await tell(['get', 'pod', pod, '-o', 'json']);
  if (told === null) return null;
  const { phase, ...state } = readPod(JSON.parse(told));
  const next = `describe pod ${pod}`;
  if (phase === 'Succeeded' || phase === 'Failed') {
    return { reason: `the pod ${pod} has ended (${[phase, state.trouble].filter(Boolean).join(': ')})`, next };
  }
  const trouble = podTrouble([state]);
  if (trouble === null) return null;
  const { sentence } = trouble;
  const { ended, hold } = state;
  if (ended !== null) return { reason: sentence, next: `logs ${pod} --container=${ended.container} --previous` };
  const warnings = hold === 'usual' ? await tell(warningsOf(pod)) : null;
  const warning = warnings === null ? null : readWarning(warnings);
  return { reason: warning === null ? sentence : `the pod ${pod} waits: ${warning}`, next };
}

function saidBy({ said, exitCode }: ProgramEnd): string {
  return wordsOf(said) || `kubectl ended with status ${exitCode}`;
}
