/** What kubectl says when it does nothing: its reason without what is said around it, and what to do about it. Pure. */
import type { ProgramEnd } from './start-program.js';

export interface Failure {
  readonly reason: string;
  readonly hint: string;
}

export interface Asked {
  /** What may be forbidden. */
  readonly right: string;
  /** Flags of kubectl that lead to the cluster. */
  readonly scope: readonly string[];
  /** The builder of buildx that leads there. */
  readonly builder: string | null;
}

/** Of its own log, and of the container that it takes. */
const ASIDE = /^(?:[EFIW]\d{4} \d\d:|Warning: |Default(?:ed|ing) container|Use 'kubectl describe)/;
/** Of a program that may have said why itself. */
const ENDED = /^command terminated with exit code/;
const AROUND =
  /^(?:Error from server(?: \([^)]*\))?: |error: |error when \w+ "STDIN": |unable to upgrade connection: |Unable to connect to the server: )+/;

/** The reason alone, in one line; empty: none is said. */
export function wordsOf(said: string): string {
  const all = linesOf(said).filter((line) => !ASIDE.test(line));
  const causes = all.filter((line) => !ENDED.test(line));
  const lines = causes.length === 0 ? all : causes;
  const first = lines.findLastIndex((line) => !line.startsWith('* '));
  const listed = lines.slice(first + 1);
  const more = listed.length > 1 ? ` (and ${listed.length - 1} more)` : '';
  const line = [lines[first] ?? '', ...listed.slice(0, 1).map((item) => item.slice(2))].join(' ').trim();
  return `${line.replace(AROUND, '')}${more}`;
}

/** Why nothing can be done in the cluster, whatever it is; null: that is not it. */
export function clusterFailure(end: ProgramEnd, asked: Asked): Failure | null {
  return kubeconfigFailure(end, asked) ?? serverFailure(end, asked);
}

/** What is wrong on this machine. */
function kubeconfigFailure({ said }: ProgramEnd, { scope, builder }: Asked): Failure | null {
  const byHand = kubectlLine(scope, 'get pods');
  const isOfBuilder = builder !== null && scope.some((flag) => flag.startsWith('--kubeconfig='));
  const other = isOfBuilder
    ? `make the builder again (docker buildx rm ${builder}, then create)`
    : 'name another kubeconfig (KUBECONFIG)';
  const [, program = /exec: "([^"]+)": executable file not found/.exec(said)?.[1]] =
    /getting credentials: exec: executable (\S+) not found/.exec(said) ?? [];
  if (program !== undefined && said.includes('getting credentials')) {
    return {
      reason: `the program ${program} is not there, which the kubeconfig names for its credentials`,
      hint: `Install ${program}, and see that it is in PATH. Then try: ${byHand}`,
    };
  }
  if (/getting credentials: /.test(said)) {
    const lines = linesOf(said).filter((line) => !ASIDE.test(line));
    const at = lines.findIndex((line) => line.includes('getting credentials: '));
    return {
      reason: `the program that the kubeconfig names for its credentials has failed: ${lines[at - 1] ?? wordsOf(said)}`,
      hint: `Log in to the cluster again, then try: ${byHand}`,
    };
  }
  if (said.includes('Please enter Username') || said.includes('reading input for Password')) {
    return {
      reason: 'the kubeconfig has no credentials for the cluster',
      hint: `Log in to the cluster, or ${other}. Then try: ${byHand}`,
    };
  }
  const [, missing] = /^error: stat (.+): no such file/m.exec(said) ?? [];
  if (missing !== undefined) return { reason: `there is no kubeconfig ${missing}`, hint: `Put it back, or ${other}.` };
  const [, context] =
    /context was not found for specified context: (\S+)|context "?([^" ]+)"? does not exist/.exec(said)?.filter(Boolean) ?? [];
  if (context !== undefined) {
    const flags = scope.filter((flag) => flag.startsWith('--kubeconfig='));
    return {
      reason: `there is no context ${context} in the kubeconfig`,
      hint: `See which there are: ${kubectlLine(flags, 'config get-contexts')}`,
    };
  }
  if (/error loading config file|^Error in configuration/m.test(said)) {
    return { reason: `the kubeconfig cannot be used: ${wordsOf(said)}`, hint: `Mend it, or ${other}.` };
  }
  if (/localhost:8080 was refused/.test(said)) {
    return {
      reason: 'no kubeconfig names a cluster (kubectl has tried localhost:8080)',
      hint: `Log in to a cluster, or name a kubeconfig with KUBECONFIG. Then try: ${byHand}`,
    };
  }
  return null;
}

/** What the server says, or that there is none. */
function serverFailure({ said }: ProgramEnd, { right, scope, builder }: Asked): Failure | null {
  const words = wordsOf(said);
  const byHand = kubectlLine(scope, 'get pods');
  if (/x509:/.test(said)) {
    return {
      reason: `the certificate of the cluster is not good (${words})`,
      hint: `Check the clock here and the certificates of the cluster: ${byHand}`,
    };
  }
  if (/unauthorized|must be logged in|token .*expired|expired.* token|provide credentials|certificate has expired/i.test(said)) {
    return {
      reason: `the cluster does not accept the credentials, which may have expired (${words})`,
      hint: `Log in to the cluster again, then try: ${byHand}`,
    };
  }
  if (/error dialing backend/.test(said)) {
    return {
      reason: `the cluster does not reach the node of the pod (${words})`,
      hint: `See how its nodes are: ${kubectlLine(scope, 'get nodes')}`,
    };
  }
  if (/failed calling webhook/.test(said)) {
    return { reason: words, hint: 'Ask whoever runs the cluster: an admission webhook of it does not answer.' };
  }
  if (/exceeded quota/.test(said)) {
    return {
      reason: words,
      hint: `Free some of it, or ask whoever runs the cluster for more: ${kubectlLine(scope, 'describe quota')}`,
    };
  }
  if (/ is forbidden: (?!User )|denied the request/.test(said)) {
    const other = builder === null ? '' : `make the builder with other options (docker buildx rm ${builder}, then create), or `;
    return { reason: words, hint: `The cluster takes no such object: ${other}ask whoever runs it.` };
  }
  if (/forbidden/i.test(said)) return { reason: words, hint: `Ask whoever runs the cluster for the right to ${right}.` };
  // What the server says of others is not of the way to it.
  if (/^Error from server/m.test(said)) return null;
  if (/refused|no such host|no route to host|unreachable|timeout|unable to connect/i.test(said)) {
    return { reason: `the cluster cannot be reached (${words})`, hint: `Check the cluster and the network: ${byHand}` };
  }
  return null;
}

/** Why one that is still being waited for has got no answer, as newer ones log it; null: nothing is said. */
export function whySilent(said: string): string | null {
  return (
    linesOf(said)
      .findLast((line) => line.includes('dial tcp '))
      ?.match(/dial tcp [^"\\]+/)?.[0] ?? null
  );
}

function linesOf(said: string): string[] {
  return said
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** As it is typed, with the flags that lead there. */
export function kubectlLine(scope: readonly string[], rest: string): string {
  return ['kubectl', ...scope, rest].join(' ');
}
