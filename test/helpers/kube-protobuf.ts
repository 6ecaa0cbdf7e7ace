/** Objects of a cluster as buildx sends them: protobuf (k8s.io/api, generated.proto) instead of JSON. Only what a builder is made of; any other field is an error. */
type Field = readonly [name: string, type: string];
/** By their numbers. `[]`: repeated; `{}`: a map by text; a capital: a message. An empty name: its fields are those of what it is in. */
type Message = Readonly<Record<number, Field>>;

const MESSAGES: Readonly<Record<string, Message>> = {
  Unknown: { 1: ['type', 'TypeMeta'], 2: ['raw', 'bytes'], 3: ['encoding', 'text'], 4: ['contentType', 'text'] },
  TypeMeta: { 1: ['apiVersion', 'text'], 2: ['kind', 'text'] },
  Deployment: { 1: ['metadata', 'ObjectMeta'], 2: ['spec', 'DeploymentSpec'], 3: ['status', 'Nothing'] },
  ConfigMap: { 1: ['metadata', 'ObjectMeta'], 2: ['data', 'text{}'] },
  ObjectMeta: {
    ...{
      1: ['name', 'text'],
      2: ['generateName', 'text'],
      3: ['namespace', 'text'],
      4: ['selfLink', 'text'],
      5: ['uid', 'text'],
    },
    ...{ 6: ['resourceVersion', 'text'], 7: ['generation', 'number'], 8: ['creationTimestamp', 'Nothing'] },
    ...{ 11: ['labels', 'text{}'], 12: ['annotations', 'text{}'] },
  },
  DeploymentSpec: {
    ...{ 1: ['replicas', 'number'], 2: ['selector', 'LabelSelector'], 3: ['template', 'PodTemplateSpec'] },
    ...{ 4: ['strategy', 'Strategy'], 5: ['minReadySeconds', 'number'], 7: ['paused', 'boolean'] },
  },
  Strategy: { 1: ['type', 'text'] },
  LabelSelector: { 1: ['matchLabels', 'text{}'] },
  PodTemplateSpec: { 1: ['metadata', 'ObjectMeta'], 2: ['spec', 'PodSpec'] },
  PodSpec: {
    ...{ 1: ['volumes', 'Volume[]'], 2: ['containers', 'Container[]'], 3: ['restartPolicy', 'text'], 6: ['dnsPolicy', 'text'] },
    ...{
      7: ['nodeSelector', 'text{}'],
      8: ['serviceAccountName', 'text'],
      9: ['serviceAccount', 'text'],
      10: ['nodeName', 'text'],
    },
    ...{ 11: ['hostNetwork', 'boolean'], 12: ['hostPID', 'boolean'], 13: ['hostIPC', 'boolean'], 16: ['hostname', 'text'] },
    ...{ 17: ['subdomain', 'text'], 19: ['schedulerName', 'text'], 20: ['initContainers', 'Container[]'] },
    ...{ 22: ['tolerations', 'Toleration[]'], 24: ['priorityClassName', 'text'] },
  },
  Container: {
    ...{ 1: ['name', 'text'], 2: ['image', 'text'], 3: ['command', 'text[]'], 4: ['args', 'text[]'], 5: ['workingDir', 'text'] },
    ...{ 7: ['env', 'EnvVar[]'], 8: ['resources', 'Resources'], 9: ['volumeMounts', 'VolumeMount[]'] },
    ...{ 10: ['livenessProbe', 'Probe'], 11: ['readinessProbe', 'Probe'], 13: ['terminationMessagePath', 'text'] },
    ...{ 14: ['imagePullPolicy', 'text'], 15: ['securityContext', 'SecurityContext'], 16: ['stdin', 'boolean'] },
    ...{ 17: ['stdinOnce', 'boolean'], 18: ['tty', 'boolean'], 20: ['terminationMessagePolicy', 'text'] },
  },
  EnvVar: { 1: ['name', 'text'], 2: ['value', 'text'] },
  Resources: { 1: ['limits', 'Quantity{}'], 2: ['requests', 'Quantity{}'] },
  Probe: {
    ...{ 1: ['', 'ProbeHandler'], 2: ['initialDelaySeconds', 'number'], 3: ['timeoutSeconds', 'number'] },
    ...{ 4: ['periodSeconds', 'number'], 5: ['successThreshold', 'number'], 6: ['failureThreshold', 'number'] },
  },
  ProbeHandler: { 1: ['exec', 'ExecAction'] },
  ExecAction: { 1: ['command', 'text[]'] },
  SecurityContext: { 2: ['privileged', 'boolean'], 11: ['seccompProfile', 'SeccompProfile'] },
  SeccompProfile: { 1: ['type', 'text'] },
  VolumeMount: {
    1: ['name', 'text'],
    2: ['readOnly', 'boolean'],
    3: ['mountPath', 'text'],
    4: ['subPath', 'text'],
    6: ['subPathExpr', 'text'],
  },
  Volume: { 1: ['name', 'text'], 2: ['', 'VolumeSource'] },
  VolumeSource: { 2: ['emptyDir', 'EmptyDir'], 19: ['configMap', 'ConfigMapSource'] },
  EmptyDir: { 1: ['medium', 'text'], 2: ['sizeLimit', 'Quantity'] },
  ConfigMapSource: { 1: ['', 'NameOnly'] },
  NameOnly: { 1: ['name', 'text'] },
  Toleration: {
    ...{ 1: ['key', 'text'], 2: ['operator', 'text'], 3: ['value', 'text'], 4: ['effect', 'text'] },
    ...{ 5: ['tolerationSeconds', 'number'] },
  },
};
const MAGIC = Buffer.from('k8s\0');
/** Of which a field that says nothing is still told: that it is there means something. */
const TOLD_EMPTY = ['emptyDir', 'replicas', 'tolerationSeconds'];

/** An object of the cluster, from the body of a request. */
export function decodeObject(body: Buffer): Record<string, unknown> {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return JSON.parse(body.toString('utf8'));
  const { type, raw } = decode('Unknown', body.subarray(MAGIC.length)) as { type: Record<string, string>; raw: Buffer };
  return { ...type, ...decode(type.kind ?? '', raw) };
}

function decode(name: string, bytes: Buffer): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  if (name === 'Nothing') return message;
  const fields = MESSAGES[name] ?? {};
  for (const [number, value] of entries(bytes)) {
    const [field, type] = fields[number] ?? [];
    if (field === undefined || type === undefined) throw new Error(`${name} has a field ${number} that is not known here`);
    const one = type.replace(/\[\]|\{\}/, '');
    const read = (raw: Buffer | number): unknown => {
      if (typeof raw === 'number') return one === 'boolean' ? raw === 1 : raw;
      if (one === 'bytes') return raw;
      if (one === 'text') return raw.toString('utf8');
      if (one === 'Quantity') return String(entries(raw).find(([at]) => at === 1)?.[1] ?? '');
      return decode(one, raw);
    };
    if (type.endsWith('{}')) {
      const pair = new Map(entries(value as Buffer));
      message[field] = { ...(message[field] as object), [String(pair.get(1) ?? '')]: read(pair.get(2) ?? Buffer.alloc(0)) };
    } else if (type.endsWith('[]')) message[field] = [...((message[field] as unknown[]) ?? []), read(value)];
    else if (field === '') Object.assign(message, read(value));
    else if (TOLD_EMPTY.includes(field) || !isEmpty(read(value))) message[field] = read(value);
  }
  return message;
}

function isEmpty(value: unknown): boolean {
  return (
    value === '' ||
    value === false ||
    value === 0 ||
    (value !== null && typeof value === 'object' && Object.keys(value).length === 0)
  );
}

function entries(bytes: Buffer): [number, Buffer | number][] {
  const found: [number, Buffer | number][] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag % 8 === 0) found.push([tag >> 3, varint()]);
    else if (tag % 8 === 2) {
      const size = varint();
      found.push([tag >> 3, bytes.subarray(at, at + size)]);
      at += size;
    } else throw new Error(`wire type ${tag % 8}`);
  }
  return found;
}
