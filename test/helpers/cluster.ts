/**
 * As much of a cluster's API server as a builder's deployment needs: objects are made, replaced, read and removed over its own protocol, by
 * kubectl and by buildx, and a deployment has pods as soon as it is made, in the state that the test says. It runs nothing.
 */
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { which } from '../setup/command.mjs';
import { debianSuite, unpackDebianPackages } from '../setup/debian-package.mjs';
import { decodeObject } from './kube-protobuf.js';
import { testDirectory } from './session-root.js';

export interface KubeObject {
  readonly kind?: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: { readonly replicas?: number; readonly template?: { readonly spec?: object } };
  readonly [field: string]: unknown;
}

export interface PodState {
  readonly phase?: string;
  readonly conditions?: readonly object[];
  readonly initContainerStatuses?: readonly object[];
  readonly containerStatuses?: readonly object[];
}

/** A `Status` (apimachinery, meta/v1). Of an object that is invalid old kubectls say nothing but what is in its details. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: object;
}

export interface Cluster {
  /** A file that leads here, in the namespace `work`. */
  readonly kubeconfig: string;
  /** What is kept, by its path: `/apis/apps/v1/namespaces/work/deployments/k0`. */
  readonly objects: Map<string, KubeObject>;
  /** What objects were as they came, one for each that was made or replaced: `POST /api/v1/namespaces/work/configmaps`. */
  readonly written: readonly { readonly call: string; readonly object: KubeObject }[];
  /** What was asked for: `GET /apis/apps/v1/namespaces/work/deployments/k0`. */
  readonly calls: readonly string[];
  /** Of the pods of all deployments; null: that they run and are ready. */
  podState: PodState | null;
  /** What their programs have said, the ones before (`previous`) and the ones there are. */
  log: string | ((isPrevious: boolean) => string);
  /** What the cluster warns of, about all pods. */
  warnings: readonly { readonly reason: string; readonly message: string }[];
  /** Conditions of all deployments. */
  conditions: readonly object[];
  /** Answers instead of the cluster; null: it does not. */
  refuse: (call: string) => Refusal | null;
  close(): void;
}

/** Where kubectl is; else why nothing is tested with it. */
export function findKubectl(): { readonly program: string } | { readonly lacks: string } {
  const installed = which('kubectl');
  if (installed !== null) return { program: installed };
  const suite = debianSuite();
  if (suite === null) return { lacks: 'there is no kubectl' };
  try {
    return { program: join(unpackDebianPackages(['kubernetes-client'], suite), 'usr/bin/kubectl') };
  } catch (error) {
    return { lacks: String(error) };
  }
}

/** What of a pod a kubelet says whose program has not begun. */
export const waits = (reason: string, message: string): PodState => ({
  ...{ phase: 'Pending', containerStatuses: [{ name: 'buildkitd', state: { waiting: { reason, message } } }] },
});

/** What of a pod a kubelet says (1.20) whose one program has ended `times` times, with nobody having begun it again yet. */
export function endedPod(times: number, container = 'buildkitd'): PodState {
  const terminated = { exitCode: 1, reason: 'Error', startedAt: '2026-11-27T15:22:42Z', finishedAt: '2026-11-27T15:22:42Z' };
  const message = `containers with unready status: [${container}]`;
  const status = {
    ...{ name: container, ready: false, started: false, restartCount: times - 1, state: { terminated } },
    lastState: times > 1 ? { terminated } : {},
  };
  return {
    phase: 'Running',
    conditions: [
      { type: 'Initialized', status: 'True' },
      { type: 'Ready', status: 'False', reason: 'ContainersNotReady', message },
      { type: 'PodScheduled', status: 'True' },
    ],
    ...(container === 'buildkitd' ? { containerStatuses: [status] } : { phase: 'Pending', initContainerStatuses: [status] }),
  };
}

export const READY: PodState = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True' }],
  containerStatuses: [{ name: 'buildkitd', ready: true, restartCount: 0, state: { running: {} } }],
};

const GROUPS: Readonly<Record<string, readonly [group: string, kinds: readonly [string, string][]]>> = {
  '/api/v1': [
    'v1',
    [
      ['configmaps', 'ConfigMap'],
      ['events', 'Event'],
      ['pods', 'Pod'],
    ],
  ],
  '/apis/apps/v1': ['apps/v1', [['deployments', 'Deployment']]],
};
const VERBS = ['create', 'delete', 'get', 'list', 'update', 'watch'];
const NAMESPACED = /^(\/api\/v1|\/apis\/apps\/v1)\/namespaces\/([^/]+)\/([a-z]+)(?:\/([^/]+)(?:\/(log|exec))?)?$/;

export async function startCluster(): Promise<Cluster> {
  const objects = new Map<string, KubeObject>();
  const calls: string[] = [];
  const written: { call: string; object: KubeObject }[] = [];
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://cluster');
    const { method = 'GET' } = request;
    const call = `${method} ${pathname}`;
    calls.push(call);
    const say = (code: number, body: object): void =>
      void response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    const status = (code: number, reason: string, message: string): void =>
      say(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message });
    const found = discovery(pathname);
    if (found !== null) return say(200, found);
    const refusal = cluster.refuse(call);
    if (refusal !== null) return say(refusal.code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', ...refusal });
    const [, group = '', namespace = '', kind = '', name, part] = NAMESPACED.exec(pathname) ?? [];
    if (kind === '') return status(404, 'NotFound', 'the server could not find the requested resource');
    if (part === 'log') {
      const { log } = cluster;
      const said = typeof log === 'string' ? log : log(searchParams.get('previous') === 'true');
      return void response.writeHead(200, { 'Content-Type': 'text/plain' }).end(said);
    }
    if (kind === 'events') {
      const about = /involvedObject\.name=([^,]+)/.exec(searchParams.get('fieldSelector') ?? '')?.[1] ?? '';
      const items = cluster.warnings.map((warning, index) => eventOf(about, namespace, warning, index));
      return say(200, { kind: 'EventList', apiVersion: 'v1', items });
    }
    if (part === 'exec') return status(403, 'Forbidden', 'nothing runs here');
    if (kind === 'pods') {
      const items = pods(namespace, searchParams);
      if (name === undefined) return say(200, { kind: 'PodList', apiVersion: 'v1', items });
      const pod = items.find(({ metadata }) => metadata.name === name);
      return pod === undefined ? status(404, 'NotFound', `pods "${name}" not found`) : say(200, pod);
    }
    const path = `${group}/namespaces/${namespace}/${kind}`;
    switch (method) {
      case 'GET': {
        const object = objects.get(pathname);
        if (object === undefined) return status(404, 'NotFound', `${kind} "${name}" not found`);
        return say(200, withStatus(object));
      }
      case 'POST':
      case 'PUT': {
        const object = decodeObject(await buffer(request)) as KubeObject;
        const at = `${path}/${object.metadata.name}`;
        written.push({ call, object });
        if (method === 'POST' && objects.has(at)) {
          return status(409, 'AlreadyExists', `${kind} "${object.metadata.name}" already exists`);
        }
        objects.set(at, { ...object, metadata: { ...object.metadata, ...{ namespace, resourceVersion: '1', uid: at } } });
        return say(method === 'POST' ? 201 : 200, withStatus(objects.get(at)!));
      }
      case 'DELETE':
        objects.delete(pathname);
        return say(200, { kind: 'Status', apiVersion: 'v1', status: 'Success' });
    }
    status(405, 'MethodNotAllowed', method);
  }

  function withStatus(object: KubeObject): KubeObject {
    if (object.kind !== 'Deployment') return object;
    const replicas = object.spec?.replicas ?? 1;
    const readyReplicas = cluster.podState === null ? replicas : 0;
    return { ...object, status: { replicas, readyReplicas, conditions: cluster.conditions } };
  }

  function pods(namespace: string, search: URLSearchParams) {
    const selector = search.get('labelSelector') ?? '';
    const wanted = selector === '' ? [] : selector.split(',').map((term) => term.split('='));
    return [...objects.values()].flatMap(({ kind, metadata: { name, labels = {} }, spec }) => {
      if (kind !== 'Deployment' || wanted.some(([key = '', value]) => labels[key] !== value)) return [];
      return Array.from({ length: spec?.replicas ?? 1 }, (_, index) => ({
        ...{ kind: 'Pod', apiVersion: 'v1', metadata: { name: `${name}-7c9-${index}`, namespace, labels } },
        ...{ spec: spec?.template?.spec ?? { containers: [{ name: 'buildkitd' }] }, status: cluster.podState ?? READY },
      }));
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const kubeconfig = join(testDirectory(), 'kubeconfig');
  const { port } = server.address() as AddressInfo;
  writeFileSync(kubeconfig, JSON.stringify(configOf(`http://127.0.0.1:${port}`)));
  const cluster: Cluster = {
    ...{ kubeconfig, objects, written, calls },
    ...{ podState: null, log: '', warnings: [], conditions: [], refuse: () => null },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return cluster;
}

function eventOf(pod: string, namespace: string, warning: object, index: number): object {
  return {
    ...{ kind: 'Event', apiVersion: 'v1', metadata: { name: `${pod}.${index}`, namespace }, type: 'Warning', count: 1 },
    involvedObject: { kind: 'Pod', namespace, name: pod },
    ...{ ...warning, lastTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(), source: { component: 'kubelet' } },
  };
}

function configOf(server: string): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
    clusters: [{ name: 'test', cluster: { server } }],
    users: [{ name: 'me', user: { token: 'a' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'me', namespace: 'work' } }],
  };
}

/** What the server says it has. */
function discovery(path: string): object | null {
  if (path === '/version') return { major: '1', minor: '30', gitVersion: 'v1.30.0' };
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  const apps = { groupVersion: 'apps/v1', version: 'v1' };
  if (path === '/apis') {
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: [{ name: 'apps', versions: [apps], preferredVersion: apps }] };
  }
  const [groupVersion, kinds] = GROUPS[path] ?? [];
  if (kinds === undefined) return null;
  const resources = kinds.map(([name, kind]) => ({
    name,
    singularName: kind.toLowerCase(),
    namespaced: true,
    kind,
    verbs: VERBS,
  }));
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}
