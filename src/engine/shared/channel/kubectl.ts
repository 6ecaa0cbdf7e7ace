/** The program kubectl, which leads to a cluster: one call of it, and why that fails. */
import type { Endpoint } from '../../../builders/endpoint.js';
import { BxError } from '../../../platform/errors.js';
import { describeEndpoint, dialCancelled } from '../connect-error.js';
import { type Failure, kubectlLine, whySilent } from './cluster-failure.js';
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
    const why = whySilent(result.stderr);
    throw cannotConnect(endpoint, {
      reason: `the cluster does not answer${why === null ? '' : ` (${why})`}`,
      hint: `Try it by hand: ${kubectlLine(call.scope, 'get pods')}`,
    });
  }
  const { stdout, stderr, exitCode = null } = result;
  // A question that nobody is there to answer.
  const asked = result.failed && stdout.startsWith('Please enter') ? stdout : '';
  return { isGood: !result.failed, stdout, exitCode, said: `${asked}${stderr}`.trim() };
}

export function cannotConnect(endpoint: Endpoint, { reason, hint }: Failure): BxError {
  return new BxError('endpoint', `cannot connect to ${describeEndpoint(endpoint)}: ${reason}`, { hint });
}
