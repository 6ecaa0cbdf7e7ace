/** The program kubectl, which leads to a cluster: one call of it, and why that fails. */
import type { Endpoint } from '../../../builders/endpoint.js';
import { BxError } from '../../../platform/errors.js';
import { describeEndpoint, dialCancelled } from '../connect-error.js';
import { lastLine } from './program-channel.js';
import type { ProgramEnd } from './start-program.js';

export interface KubectlCall {
  /** Flags that every call gets. */
  readonly scope: readonly string[];
  readonly args: readonly string[];
  /** What it reads. */
  readonly input?: object;
  readonly timeoutMs: number;
}

export interface KubectlAnswer extends ProgramEnd {
  readonly isGood: boolean;
  readonly stdout: string;
}

/** Never rejects for what the cluster says. Throws `BxError('endpoint' | 'cancelled')` where there is no kubectl, or no answer in time. */
export async function runKubectl(endpoint: Endpoint, call: KubectlCall, signal: AbortSignal): Promise<KubectlAnswer> {
  const { execa } = await import('execa');
  const result = await execa('kubectl', [...call.scope, ...call.args], {
    reject: false,
    ...(call.input === undefined ? { stdin: 'ignore' as const } : { input: JSON.stringify(call.input) }),
    timeout: call.timeoutMs,
    cancelSignal: signal,
    detached: true,
  });
  if (signal.aborted) throw dialCancelled(endpoint, signal.reason);
  if (result.code === 'ENOENT') {
    throw cannotConnect(endpoint, {
      reason: 'the program kubectl is not there',
      hint: 'Install kubectl, and see that it is in PATH.',
    });
  }
  if (result.timedOut) {
    throw cannotConnect(endpoint, {
      reason: 'the cluster does not answer',
      hint: `Try it by hand: ${kubectlLine(call.scope, 'get pods')}`,
    });
  }
  const { stdout, stderr, exitCode = null } = result;
  return { isGood: !result.failed, stdout, exitCode, said: stderr.trim() };
}

/** As it is typed, with the flags that lead there. */
export function kubectlLine(scope: readonly string[], rest: string): string {
  return ['kubectl', ...scope, rest].join(' ');
}

export interface Failure {
  readonly reason: string;
  readonly hint: string;
}

/** Why a cluster does nothing for anybody, out of kubectl's last words; null: that is not it. `right`: what may be forbidden. */
export function clusterFailure({ said }: ProgramEnd, right: string): Failure | null {
  const words = lastLine(said);
  if (/x509:/.test(said)) {
    return {
      reason: `the certificate of the cluster is not good (${words})`,
      hint: 'Check the clock here and the certificates of the cluster: kubectl get pods',
    };
  }
  if (/unauthorized|must be logged in|token .*expired|expired.* token|credentials|certificate has expired/i.test(said)) {
    return {
      reason: `the cluster does not accept the credentials, which may have expired (${words})`,
      hint: 'Log in to the cluster again, then try: kubectl get pods',
    };
  }
  if (/forbidden/i.test(said)) return { reason: words, hint: `Ask whoever runs the cluster for the right to ${right}.` };
  if (/context .*does not exist/i.test(said)) return { reason: words, hint: 'See which there are: kubectl config get-contexts' };
  if (/refused|no such host|i\/o timeout|unable to connect|was refused/i.test(said)) {
    return {
      reason: `the cluster cannot be reached (${words})`,
      hint: 'Check the cluster and the network: kubectl get pods',
    };
  }
  return null;
}

export function cannotConnect(endpoint: Endpoint, { reason, hint }: Failure): BxError {
  return new BxError('endpoint', `cannot connect to ${describeEndpoint(endpoint)}: ${reason}`, { hint });
}
