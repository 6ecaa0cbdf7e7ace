/**
 * A buildkitd in a pod: `buildctl dial-stdio` in it, through kubectl (buildkit, client/connhelper/kubepod). `kube-pod://` names the pod;
 * `kubernetes://` names the deployment that buildx has made (docker/buildx, driver/kubernetes), of which a pod that is ready is taken.
 */
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../../../builders/endpoint.js';
import type { BxError } from '../../../platform/errors.js';
import { BuilderDownError } from './builder-down.js';
import { cannotConnect, clusterFailure, runKubectl } from './kubectl.js';
import { podsOf, podTrouble, readPods, stickyPod } from './pods.js';
import { lastLine, openProgramChannel } from './program-channel.js';
import type { ProgramEnd } from './start-program.js';

const LIST_TIMEOUT_MS = 4_000;

/** The pod of a deployment: every connection of this program goes to the same one. */
const chosen = new Map<string, string>();

/** Throws `BxError('endpoint' | 'cancelled')`; a `BuilderDownError` where no pod of the deployment is ready, and it may be started. */
export async function openKubernetes(endpoint: Endpoint, signal: AbortSignal): Promise<Duplex> {
  const { isDeployment, name, container, scope } = readAddress(endpoint.address);
  const pod = isDeployment ? (chosen.get(endpoint.address) ?? (await findPod(endpoint, name, scope, signal))) : name;
  if (isDeployment) chosen.set(endpoint.address, pod);
  const args = [...scope, 'exec', ...(container === null ? [] : [`--container=${container}`]), '-i', pod];
  return openProgramChannel(
    endpoint,
    {
      program: { file: 'kubectl', args: [...args, '--', 'buildctl', 'dial-stdio'] },
      explain(end) {
        // The next attempt looks for another pod.
        chosen.delete(endpoint.address);
        return explainKubectl(endpoint, pod, end);
      },
    },
    signal,
  );
}

interface KubeAddress {
  readonly isDeployment: boolean;
  readonly name: string;
  readonly container: string | null;
  /** Flags that every call gets. */
  readonly scope: readonly string[];
}

export function readAddress(address: string): KubeAddress {
  const [, scheme = '', name = '', query = ''] = /^([a-z-]+):\/\/([^?]*)\??(.*)$/.exec(address) ?? [];
  const values = new URLSearchParams(query);
  const scope = ['kubeconfig', 'context', 'namespace'].flatMap((key) => {
    const value = values.get(key);
    return value ? [`--${key}=${value}`] : [];
  });
  return { isDeployment: scheme === 'kubernetes', name, container: values.get('container'), scope };
}

/** One that is ready. Throws a `BuilderDownError` where there is none, and its deployment may be made or waited for. */
async function findPod(endpoint: Endpoint, deployment: string, scope: readonly string[], signal: AbortSignal): Promise<string> {
  const args = podsOf(deployment);
  const answer = await runKubectl(endpoint, { scope, args, timeoutMs: LIST_TIMEOUT_MS }, signal);
  if (!answer.isGood) throw explainKubectl(endpoint, deployment, answer);
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
        ? 'See which there are: kubectl get pods'
        : `A build starts it; or do it now: docker buildx inspect --bootstrap ${node.builder}`,
  });
  throw node?.mayStart === true ? new BuilderDownError({ kind: 'deployment', endpoint, node, deployment, scope }, error) : error;
}

/** Why nobody answers in the pod, out of kubectl's last words. */
export function explainKubectl(endpoint: Endpoint, pod: string, end: ProgramEnd): BxError {
  const { exitCode, said } = end;
  const failed = (reason: string, hint: string): BxError => cannotConnect(endpoint, { reason, hint });
  if (/pods? .*not found|NotFound/.test(said)) {
    return failed(
      `there is no pod ${pod}`,
      endpoint.node === undefined
        ? 'See which there are: kubectl get pods, also in other namespaces (?namespace=).'
        : `Make it: docker buildx inspect --bootstrap ${endpoint.node.builder}`,
    );
  }
  if (/executable file not found|buildctl.*no such file/i.test(said)) {
    return failed(
      `there is no buildctl in the pod ${pod}`,
      'Name a pod of the image moby/buildkit, or its container (?container=).',
    );
  }
  const known = clusterFailure(end, 'exec in its pods');
  if (known !== null) return cannotConnect(endpoint, known);
  return failed(
    lastLine(said) || `kubectl ended with status ${exitCode}`,
    `Try it by hand: kubectl exec ${pod} -- buildctl debug workers`,
  );
}
