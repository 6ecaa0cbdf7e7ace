import { describe, expect, it } from 'vitest';
import { clusterFailure, whySilent, wordsOf } from '../../../../src/engine/shared/channel/cluster-failure.js';

/** Word by word what kubectl 1.20, 1.32 and 1.36 say, with Kubernetes 1.20. */
const REFUSED = `E1127 15:10:32.407318    3464 memcache.go:265] "Unhandled Error" err="couldn't get current server API group list: Get \\"https://10.77.0.2:6444/api?timeout=32s\\": dial tcp 10.77.0.2:6444: connect: connection refused"
The connection to the server 10.77.0.2:6444 was refused - did you specify the right host or port?`;
const SILENT = `E1127 15:10:53.079441    4348 memcache.go:265] "Unhandled Error" err="couldn't get current server API group list: Get \\"https://10.77.0.99:6443/api?timeout=32s\\": dial tcp 10.77.0.99:6443: connect: no route to host"`;
const NO_PLUGIN = `Unable to connect to the server: getting credentials: exec: executable gke-gcloud-auth-plugin not found

It looks like you are trying to use a client-go credential plugin that is not installed.

To learn more about this feature, consult the documentation available at:
      https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins

Install it.`;
const PLUGIN_FAILS = `Token has expired, run aws sso login
Unable to connect to the server: getting credentials: exec: executable aws failed with exit code 255`;
const NO_CERTIFICATE = `Error in configuration: 
* unable to read client-cert /me.crt for me due to open /me.crt: no such file or directory
* unable to read client-key /me.key for me due to open /me.key: no such file or directory`;

describe('what kubectl says', () => {
  const asked = { right: 'read pods', scope: ['--kubeconfig=/k', '--namespace=ci'], builder: 'big' };
  const failure = (said: string, more: Partial<typeof asked> | { builder: null } = {}) =>
    clusterFailure({ exitCode: 1, said }, { ...asked, ...more });

  it.each([
    [
      'Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority',
      'the certificate of the cluster is not good (tls: failed to verify certificate: x509: certificate signed by unknown authority)',
      /^Check the clock here .*: kubectl --kubeconfig=\/k --namespace=ci get pods$/,
    ],
    [
      'error: You must be logged in to the server (Unauthorized)',
      'the cluster does not accept the credentials, which may have expired (You must be logged in to the server (Unauthorized))',
      /^Log in to the cluster again/,
    ],
    [
      'Unable to connect to the server: dial tcp: lookup kube.invalid on 10.255.255.53:53: no such host',
      'the cluster cannot be reached (dial tcp: lookup kube.invalid on 10.255.255.53:53: no such host)',
      /^Check the cluster and the network/,
    ],
    [
      REFUSED,
      'the cluster cannot be reached (The connection to the server 10.77.0.2:6444 was refused - did you specify the right host or port?)',
      /^Check the cluster and the network/,
    ],
    [
      'The connection to the server localhost:8080 was refused - did you specify the right host or port?',
      'no kubeconfig names a cluster (kubectl has tried localhost:8080)',
      /name a kubeconfig with KUBECONFIG/,
    ],
    [
      NO_PLUGIN,
      'the program gke-gcloud-auth-plugin is not there, which the kubeconfig names for its credentials',
      /^Install gke-gcloud-auth-plugin/,
    ],
    [
      PLUGIN_FAILS,
      'the program that the kubeconfig names for its credentials has failed: Token has expired, run aws sso login',
      /^Log in to the cluster again/,
    ],
    [
      'Please enter Username: error: EOF',
      'the kubeconfig has no credentials for the cluster',
      /^Log in to the cluster, or make the/,
    ],
    [
      'Please enter Username: Please enter Password: \nerror: error reading input for Password',
      'the kubeconfig has no credentials for the cluster',
      /^Log in/,
    ],
    [
      'error: stat /k: no such file or directory',
      'there is no kubeconfig /k',
      /^Put it back, or make the builder again \(docker buildx rm big, then create\)\.$/,
    ],
    [
      "error: error loading config file \"/k\": yaml: line 1: did not find expected ',' or ']'",
      /^the kubeconfig cannot be used: error loading config file "\/k": yaml: line 1/,
      /^Mend it, or make/,
    ],
    [
      NO_CERTIFICATE,
      'the kubeconfig cannot be used: Error in configuration: unable to read client-cert /me.crt for me due to open /me.crt: no such file or directory (and 1 more)',
      /^Mend it/,
    ],
    [
      'Error in configuration: context was not found for specified context: far',
      'there is no context far in the kubeconfig',
      /^See which there are: kubectl --kubeconfig=\/k config get-contexts$/,
    ],
    ['error: context "far" does not exist', 'there is no context far in the kubeconfig', /config get-contexts$/],
    [
      'Error from server (Forbidden): pods is forbidden: User "me" cannot list resource "pods" in API group "" in the namespace "ci"',
      'pods is forbidden: User "me" cannot list resource "pods" in API group "" in the namespace "ci"',
      'Ask whoever runs the cluster for the right to read pods.',
    ],
    [
      'Defaulted container "buildkitd" out of: buildkitd, side\nerror: unable to upgrade connection: pods "bk" is forbidden: User "me" cannot create resource "pods/exec" in API group "" in the namespace "ci"',
      'pods "bk" is forbidden: User "me" cannot create resource "pods/exec" in API group "" in the namespace "ci"',
      /^Ask whoever runs the cluster/,
    ],
    [
      'Error from server (Forbidden): error when creating "STDIN": deployments.apps "k0" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=0, limited: count/deployments.apps=0',
      /^deployments.apps "k0" is forbidden: exceeded quota: q, requested/,
      /kubectl --kubeconfig=\/k --namespace=ci describe quota$/,
    ],
    [
      'Error from server (InternalError): error when creating "STDIN": Internal error occurred: failed calling webhook "w.test": Post "https://10.77.0.1:9444/x?timeout=3s": dial tcp 10.77.0.1:9444: connect: connection refused',
      /^Internal error occurred: failed calling webhook "w.test"/,
      /admission webhook of it does not answer/,
    ],
    [
      'Error from server: error dialing backend: dial tcp 10.77.0.2:10250: connect: connection refused',
      'the cluster does not reach the node of the pod (error dialing backend: dial tcp 10.77.0.2:10250: connect: connection refused)',
      /get nodes$/,
    ],
    [
      'Error from server: error when creating "STDIN": admission webhook "w.test" denied the request: no privileged pods',
      'admission webhook "w.test" denied the request: no privileged pods',
      /^The cluster takes no such object: make the builder with other options/,
    ],
  ])('is understood: %s', (said, reason, hint) => {
    const found = failure(said);
    expect(found?.reason).toEqual(typeof reason === 'string' ? reason : expect.stringMatching(reason));
    expect(found?.hint).toEqual(typeof hint === 'string' ? hint : expect.stringMatching(hint));
  });

  it('leads to another kubeconfig where no builder names one', () => {
    expect(failure('error: stat /k: no such file or directory', { builder: null })?.hint).toBe(
      'Put it back, or name another kubeconfig (KUBECONFIG).',
    );
  });

  it('is not of the cluster otherwise', () => {
    expect(failure('Error from server: etcdserver: request timed out, connection refused')).toBeNull();
    expect(failure('error: container nope is not valid for pod bk')).toBeNull();
    expect(failure('error: cannot exec into a container in a completed pod; current phase is Succeeded')).toBeNull();
  });

  it('is its reason alone', () => {
    expect(wordsOf('error: dial unix /b.sock: connect: no such file or directory\ncommand terminated with exit code 1')).toBe(
      'dial unix /b.sock: connect: no such file or directory',
    );
    expect(wordsOf('command terminated with exit code 1')).toBe('command terminated with exit code 1');
    expect(wordsOf('The Deployment "k0" is invalid: \n* spec.selector: bad\n* spec.template: bad too')).toBe(
      'The Deployment "k0" is invalid: spec.selector: bad (and 1 more)',
    );
    expect(wordsOf('')).toBe('');
  });

  it('is also why it still waits', () => {
    expect(whySilent(SILENT)).toBe('dial tcp 10.77.0.99:6443: connect: no route to host');
    expect(whySilent('')).toBeNull();
  });
});
