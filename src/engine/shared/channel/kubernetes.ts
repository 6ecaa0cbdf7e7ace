/**
 * A buildkitd in a pod: `buildctl dial-stdio` in it, through kubectl (buildkit, client/connhelper/kubepod). `kube-pod://` names the pod;
 * `kubernetes://` names the deployment that buildx has made (docker/buildx, driver/kubernetes), of which a pod that runs is taken.
 */
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../../../builders/endpoint.js';
import { BxError } from '../../../platform/errors.js';
import { describeEndpoint, dialCancelled } from '../connect-error.js';
import { lastLine, openProgramChannel } from './program-channel.js';
import type { ProgramEnd } from './start-program.js';

const LIST_TIMEOUT_MS = 4_000;

/** The pod of a deployment: every connection of this program goes to the same one. */
const chosen = new Map<string, string>();

/** Throws `BxError('endpoint' | 'cancelled')`. */
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

async function findPod(endpoint: Endpoint, deployment: string, scope: readonly string[], signal: AbortSignal): Promise<string> {
  const { execa } = await import('execa');
  const args = [...scope, 'get', 'pods', '-l', `app=${deployment}`, '--field-selector=status.phase=Running', '-o', 'name'];
  const result = await execa('kubectl', args, {
    reject: false,
    stdin: 'ignore',
    timeout: LIST_TIMEOUT_MS,
    cancelSignal: signal,
    detached: true,
  });
  if (signal.aborted) throw dialCancelled(endpoint, signal.reason);
  if (result.code === 'ENOENT') {
    throw failed(endpoint, 'the program kubectl is not there', 'Install kubectl, and see that it is in PATH.');
  }
  if (result.timedOut) throw failed(endpoint, 'the cluster does not answer', 'Try it by hand: kubectl get pods');
  if (result.failed) {
    throw explainKubectl(endpoint, deployment, { exitCode: result.exitCode ?? null, said: result.stderr.trim() });
  }
  const [pod] = result.stdout
    .split('\n')
    .map((line) => line.trim().replace(/^pod\//, ''))
    .filter((line) => line !== '')
    .sort();
  if (pod !== undefined) return pod;
  const builder = endpoint.node?.builder;
  throw failed(
    endpoint,
    `no pod of ${deployment} runs`,
    builder === undefined ? 'See which there are: kubectl get pods' : `Start it: docker buildx inspect --bootstrap ${builder}`,
  );
}

/** Why nobody answers in the pod, out of kubectl's last words. */
export function explainKubectl(endpoint: Endpoint, pod: string, { exitCode, said }: ProgramEnd): BxError {
  if (/x509:/.test(said)) {
    const hint = 'Check the clock here and the certificates of the cluster: kubectl get pods';
    return failed(endpoint, `the certificate of the cluster is not good (${lastLine(said)})`, hint);
  }
  if (/unauthorized|must be logged in|token .*expired|expired.* token|credentials|certificate has expired/i.test(said)) {
    const hint = 'Log in to the cluster again, then try: kubectl get pods';
    return failed(endpoint, `the cluster does not accept the credentials, which may have expired (${lastLine(said)})`, hint);
  }
  if (/forbidden/i.test(said)) {
    return failed(endpoint, lastLine(said), 'Ask whoever runs the cluster for the right to exec in its pods.');
  }
  if (/pods? .*not found|NotFound/.test(said)) {
    return failed(
      endpoint,
      `there is no pod ${pod}`,
      endpoint.node === undefined
        ? 'See which there are: kubectl get pods, also in other namespaces (?namespace=).'
        : `Make it: docker buildx inspect --bootstrap ${endpoint.node.builder}`,
    );
  }
  if (/context .*does not exist/i.test(said)) {
    return failed(endpoint, lastLine(said), 'See which there are: kubectl config get-contexts');
  }
  if (/executable file not found|buildctl.*no such file/i.test(said)) {
    return failed(
      endpoint,
      `there is no buildctl in the pod ${pod}`,
      'Name a pod of the image moby/buildkit, or its container (?container=).',
    );
  }
  if (/refused|no such host|i\/o timeout|unable to connect|was refused/i.test(said)) {
    return failed(
      endpoint,
      `the cluster cannot be reached (${lastLine(said)})`,
      'Check the cluster and the network: kubectl get pods',
    );
  }
  return failed(
    endpoint,
    lastLine(said) || `kubectl ended with status ${exitCode}`,
    `Try it by hand: kubectl exec ${pod} -- buildctl debug workers`,
  );
}

function failed(endpoint: Endpoint, reason: string, hint: string): BxError {
  return new BxError('endpoint', `cannot connect to ${describeEndpoint(endpoint)}: ${reason}`, { hint });
}
