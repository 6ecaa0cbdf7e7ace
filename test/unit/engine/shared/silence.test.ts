/** What can be tried by hand where an endpoint says nothing. */
import { expect, it } from 'vitest';
import { hintForSilence } from '../../../../src/engine/shared/connect-error.js';

it.each([
  ['ssh://me@far', 'Try by hand: ssh me@far docker version'],
  ['ssh://me@far:2222/run/user/1000/docker.sock', 'Try by hand: ssh -p 2222 me@far docker version'],
  ['ssh://[fe80::1]:22', 'Try by hand: ssh -p 22 fe80::1 docker version'],
  ['docker-container://bk', 'Try by hand: docker exec bk buildctl debug workers'],
  ['kube-pod://bk-0', 'Try by hand: kubectl exec bk-0 -- buildctl debug workers'],
  [
    'kube-pod://bk-0?namespace=ci&container=bk',
    'Try by hand: kubectl --namespace=ci exec bk-0 --container=bk -- buildctl debug workers',
  ],
  ['kubernetes://k0?kubeconfig=%2Fk&namespace=ci', 'Try by hand: kubectl --kubeconfig=/k --namespace=ci get pods'],
  ['tcp://10.0.0.1:2376', 'Check that the engine is running and not stuck, and that no firewall stands between.'],
  ['unix:///run/docker.sock', 'Check that the engine is running and not stuck, and that no firewall stands between.'],
])('%s', (address, hint) => {
  expect(hintForSilence({ kind: 'docker', address, source: 'a test', tls: null })).toBe(hint);
});
