/** The deployment of a builder, from what buildx has written down of its node (docker/buildx, driver/kubernetes). Pure. */
import { posix } from 'node:path';
import type { BuilderNode } from '../../../builders/endpoint.js';
import { parseGoBoolean } from '../../../platform/go-boolean.js';
import { CONFIG_DIR } from './container-config.js';
import { DEFAULT_IMAGE, fail, unknownOption, wrongOption } from './driver-option.js';

const QEMU_IMAGE = 'tonistiigi/binfmt:latest';
const TIMEOUT_MS = 120_000;
/** Of the container in its pods. */
export const CONTAINER = 'buildkitd';
const LABEL = 'app';
const PLATFORM_ANNOTATION = 'buildx.docker.com/platform';
const UNCONFINED_ANNOTATION = `container.apparmor.security.beta.kubernetes.io/${CONTAINER}`;
const STATE_DIR = '/var/lib/buildkit';
const ROOTLESS_STATE_DIR = '/home/user/.local/share/buildkit';
/** What the deployment does not depend on, or its place does. */
const OF_OTHERS = ['default-load', 'namespace'];

export interface DeploymentPlan {
  /** What it mounts, and therefore is there before it. */
  readonly configMaps: readonly KubeConfigMap[];
  readonly deployment: Readonly<Record<string, unknown>>;
  /** So many pods are to be ready. */
  readonly replicas: number;
  readonly timeoutMs: number;
}

export interface KubeConfigMap {
  readonly metadata: { readonly name: string };
  readonly data: Readonly<Record<string, string>>;
}

type Texts = Readonly<Record<string, string>>;

/** Objects as a cluster takes them. Throws `BxError('endpoint')` for an option that is wrong, or that this client does not carry out. */
export function deploymentPlan(node: BuilderNode, name: string): DeploymentPlan {
  const options = readOptions(node);
  const isRootless = options.rootless;
  const labels = { [LABEL]: name, ...options.labels };
  const annotations = {
    ...(node.platforms.length > 0 && { [PLATFORM_ANNOTATION]: node.platforms.join(',') }),
    ...options.annotations,
    ...(isRootless && { [UNCONFINED_ANNOTATION]: 'unconfined' }),
  };
  const common = { ...(Object.keys(annotations).length > 0 && { annotations }) };
  const mounts = splitFiles(node.files);
  const memory = options.rootVolumeMemory;
  const volumes = [
    ...mounts.map(({ volume, dir }) => ({
      ...{ name: volume, path: posix.join(CONFIG_DIR, dir), source: { configMap: { name: `${name}-${volume}` } } },
    })),
    ...(isRootless ? [{ name: CONTAINER, path: ROOTLESS_STATE_DIR, source: { emptyDir: {} } }] : []),
    ...(memory === '' ? [] : [memoryVolume(memory)]),
  ];
  const container = {
    ...{ name: CONTAINER, image: options.image },
    args: isRootless ? [...node.flags, '--oci-worker-no-process-sandbox'] : node.flags,
    ...(options.env.length > 0 && { env: options.env }),
    securityContext: isRootless ? { seccompProfile: { type: 'Unconfined' } } : { privileged: true },
    readinessProbe: { exec: { command: ['buildctl', 'debug', 'workers'] } },
    ...(Object.keys(options.resources).length > 0 && { resources: options.resources }),
    ...(volumes.length > 0 && { volumeMounts: volumes.map(({ name: volume, path }) => ({ name: volume, mountPath: path })) }),
  };
  const qemu = { name: 'qemu', image: options.qemuImage, args: ['--install', 'all'], securityContext: { privileged: true } };
  const pod = {
    ...(options.serviceAccount !== '' && { serviceAccountName: options.serviceAccount }),
    ...(options.scheduler !== '' && { schedulerName: options.scheduler }),
    ...(options.qemu && { initContainers: [qemu] }),
    containers: [container],
    ...(options.nodeSelector !== null && { nodeSelector: options.nodeSelector }),
    ...(options.tolerations !== null && { tolerations: options.tolerations }),
    ...(volumes.length > 0 && { volumes: volumes.map(({ name: volume, source }) => ({ name: volume, ...source })) }),
  };
  return {
    configMaps: mounts.map(({ volume, data }) => ({
      ...{ apiVersion: 'v1', kind: 'ConfigMap' },
      metadata: { name: `${name}-${volume}`, ...common },
      data,
    })),
    deployment: {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
      metadata: { name, labels, ...common },
      spec: {
        replicas: options.replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels, ...common }, spec: pod },
      },
    },
    ...{ replicas: options.replicas, timeoutMs: options.timeoutMs },
  };
}

function memoryVolume(sizeLimit: string) {
  return { name: 'buildkit-memory', path: STATE_DIR, source: { emptyDir: { medium: 'Memory', sizeLimit } } };
}

interface Options {
  image: string;
  replicas: number;
  timeoutMs: number;
  rootless: boolean;
  qemu: boolean;
  qemuImage: string;
  scheduler: string;
  serviceAccount: string;
  rootVolumeMemory: string;
  labels: Texts;
  annotations: Texts;
  nodeSelector: Texts | null;
  tolerations: readonly object[] | null;
  env: { name: string; value: string }[];
  resources: Record<string, Texts>;
}

function readOptions(node: BuilderNode): Options {
  const read: Options = {
    ...{ image: DEFAULT_IMAGE, replicas: 1, timeoutMs: TIMEOUT_MS, rootless: false, qemu: false, qemuImage: QEMU_IMAGE },
    ...{ scheduler: '', serviceAccount: '', rootVolumeMemory: '', labels: {}, annotations: {}, nodeSelector: null },
    ...{ tolerations: null, env: [], resources: {} },
  };
  // buildx does so too where the option says no.
  if ('rootless' in node.driverOpts && !('image' in node.driverOpts)) read.image = `${DEFAULT_IMAGE}-rootless`;
  for (const [option, value] of Object.entries(node.driverOpts)) {
    const wrong = (why?: string): never => fail(wrongOption(node, option, value, why));
    const pairs = (reserved?: string): Texts => {
      const found = parsePairs(value) ?? wrong('which has to be KEY=VALUE, with commas between');
      return reserved !== undefined && reserved in found ? wrong(`where ${reserved} is of buildx itself`) : found;
    };
    const [, kind, resource] = /^(requests|limits)\.(cpu|memory|ephemeral-storage)$/.exec(option) ?? [];
    if (/^env\../.test(option)) read.env.push({ name: option.slice('env.'.length), value });
    else if (kind !== undefined && resource !== undefined) {
      const amount = value === '' || isQuantity(value) ? value : wrong();
      if (amount !== '') read.resources[kind] = { ...read.resources[kind], [resource]: amount };
    } else if (option === 'image') read.image = value || read.image;
    else if (option === 'replicas') read.replicas = /^[-+]?\d+$/.test(value) ? Number(value) : wrong();
    else if (option === 'rootless') read.rootless = parseGoBoolean(value) ?? wrong();
    else if (option === 'schedulername') read.scheduler = value;
    else if (option === 'serviceaccount') read.serviceAccount = value;
    else if (option === 'nodeselector') read.nodeSelector = pairs();
    else if (option === 'annotations') read.annotations = pairs(PLATFORM_ANNOTATION);
    else if (option === 'labels') read.labels = pairs(LABEL);
    else if (option === 'tolerations') read.tolerations = parseTolerations(value) ?? wrong();
    else if (option === 'qemu.install') read.qemu = parseGoBoolean(value) ?? wrong();
    else if (option === 'qemu.image') read.qemuImage = value || read.qemuImage;
    else if (option === 'buildkit-root-volume-memory')
      read.rootVolumeMemory = value === '' || isQuantity(value) ? value : wrong();
    else if (option === 'timeout') read.timeoutMs = parseGoDuration(value) ?? wrong('which has to be like 90s or 2m');
    else if (option === 'loadbalance') value === 'sticky' || value === 'random' || wrong('which has to be sticky or random');
    else if (!OF_OTHERS.includes(option)) fail(unknownOption(node, option));
  }
  return read;
}

/** A config map has no directories: each is one of its own. */
function splitFiles(files: Texts): { volume: string; dir: string; data: Record<string, string> }[] {
  const found = new Map<string, Record<string, string>>();
  for (const path of Object.keys(files).sort()) {
    const dir = posix.dirname(path);
    const text = Buffer.from(files[path] ?? '', 'base64').toString('utf8');
    found.set(dir, { ...found.get(dir), [posix.basename(path)]: text });
  }
  let count = 0;
  return [...found].map(([dir, data]) => ({ volume: dir === '.' ? 'config' : `config-${++count}`, dir, data }));
}

/** `a=b,c=d`. */
function parsePairs(value: string): Texts | null {
  const pairs = value
    .replace(/^"+|"+$/g, '')
    .split(',')
    .map((pair) => pair.split('='));
  return pairs.every((pair) => pair.length === 2) ? Object.fromEntries(pairs) : null;
}

/** `key=k,operator=Exists;…`; parts without a value are passed over. */
function parseTolerations(value: string): Record<string, string | number>[] | null {
  const found: Record<string, string | number>[] = [];
  for (const text of value.split(';')) {
    const toleration: Record<string, string | number> = {};
    for (const [key = '', said = '', ...more] of text.split(',').map((pair) => pair.split('='))) {
      if (said === '' || more.length > 0) continue;
      if (key === 'tolerationSeconds') {
        if (!/^[-+]?\d+$/.test(said)) return null;
        toleration[key] = Number(said);
      } else if (['key', 'operator', 'value', 'effect'].includes(key)) toleration[key] = said;
      else return null;
    }
    found.push(toleration);
  }
  return found;
}

/** `500m`, `1.5Gi`, `1e3` (k8s.io/apimachinery, resource.ParseQuantity). */
function isQuantity(value: string): boolean {
  return /^[-+]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?\d+)?$/.test(value);
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  '\u00b5s': 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** `1m30s` (Go, time.ParseDuration). */
function parseGoDuration(value: string): number | null {
  if (/^[-+]?0$/.test(value)) return 0;
  if (!/^[-+]?((\d+\.?\d*|\.\d+)(ns|us|\u00b5s|ms|s|m|h))+$/.test(value)) return null;
  const parts = [...value.matchAll(/([\d.]+)([a-z\u00b5]+)/g)];
  return (
    (value.startsWith('-') ? -1 : 1) * parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS_MS[unit ?? '']!, 0)
  );
}
