/**
 * The shapes of events and state, so that a damaged or forged record is told as such instead of breaking whoever plays it. Only what
 * readers rely on is checked; what is not named here may be anything.
 */

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, Check>>;

const text: Check = (value) => typeof value === 'string';
const flag: Check = (value) => typeof value === 'boolean';
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const among =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value as string);
const object =
  (fields: Fields): Check =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([name, check]) => check(value[name]));
const dictionary =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check);
const variant =
  (variants: Readonly<Record<string, Fields>>, key = 'type'): Check =>
  (value) => {
    if (!isObject(value)) return false;
    const kind = value[key];
    return typeof kind === 'string' && Object.hasOwn(variants, kind) && object(variants[kind]!)(value);
  };

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const time = orNull(number);
const texts = list(text);
const lines = orNull(object({ start: number, end: number }));
const dockerfile = object({ path: text, text, origin: orAbsent(text) });
const warning = { message: text, detail: texts, url: orNull(text), lines };
const failure = { message: text, hint: orNull(text), exitCode: time, line: time };
const notice = { id: number, level: among('info', 'warning', 'error'), message: text, hint: orNull(text) };
const result = object({ imageId: orNull(text), tags: texts, outputs: texts, pushed: orAbsent(texts) });
const transfer = { name: text, bytes: number, files: number, isDone: flag };
const progress = { id: text, name: text, current: number, total: number, startedAtMs: time, completedAtMs: time };

const stage = object({
  index: number,
  name: orNull(text),
  label: text,
  base: text,
  from: texts,
  platform: orNull(text),
  targetPlatform: orAbsent(text),
});
const plan = object({
  stages: list(stage),
  instructions: list(object({ key: text, number, stage: number, instruction: text, text, lines })),
});

const engine = object({
  name: text,
  kind: text,
  address: text,
  source: text,
  capabilities: dictionary(object({ isAvailable: flag, reason: text })),
});

const container = object({
  id: text,
  generation: number,
  isUncached: orAbsent(flag),
  step: text,
  moment: among('before', 'after', 'failed'),
  state: among('creating', 'running', 'released', 'lost'),
  user: text,
  cwd: text,
  shell: texts,
  mounts: list(object({ kind: text, target: text, detail: text, isMounted: flag })),
  stepCommand: orNull(text),
  hasHistory: flag,
  note: orNull(text),
});

const process = object({
  id: text,
  container: text,
  kind: among('shell', 'exec'),
  args: texts,
  command: text,
  tty: flag,
  user: orAbsent(orNull(text)),
  state: among('starting', 'running', 'exited', 'released', 'lost'),
  startedAtMs: number,
  endedAtMs: time,
  exitCode: time,
  reason: orNull(text),
});

const engineEvent = variant({
  'dockerfile.read': { text, plan },
  'plan.resolved': {
    vertices: list(object({ digest: text, name: text, inputs: texts, lines, op: text, platform: orAbsent(text) })),
  },
  'vertex.updated': {
    digest: text,
    name: text,
    inputs: texts,
    isCached: flag,
    startedAtMs: time,
    completedAtMs: time,
    error: text,
    silent: orAbsent(text),
  },
  'vertex.progressed': { digest: text, ...progress },
  'log.appended': { digest: text, stream: text, text },
  'warning.reported': { digest: text, ...warning },
  'image.made': { digest: text, imageId: text },
  'context.transferred': transfer,
  'export.started': {},
  'build.succeeded': { result },
  'build.failed': { failure: object({ ...failure, digest: orNull(text) }) },
  'build.cancelled': {},
});

const line = object({ roundTripMs: orNull(number), isSilent: flag });

const timed = (fields: Fields): Fields => ({ atMs: number, ...fields });
const sessionEvent = variant({
  'session.started': timed({ id: text, contextLabel: text }),
  'engine.connected': timed({ engine }),
  'engine.line': timed({ line }),
  'engine.lost': timed({ message: text, hint: orNull(text) }),
  'generation.started': timed({ generation: number, dockerfile, plan: orAbsent(plan), target: orNull(text) }),
  'engine.reported': timed({ generation: number, event: engineEvent }),
  'container.updated': timed({ container }),
  'process.updated': timed({ process }),
  'shell.opened': timed({ process: text, step: text }),
  'notice.posted': timed({ notice: object(notice) }),
});

const step = object({
  key: text,
  kind: among('instruction', 'context', 'export', 'internal'),
  stage: time,
  number: time,
  instruction: text,
  text,
  lines,
  state: among('pending', 'running', 'cached', 'done', 'failed', 'cancelled', 'not-needed'),
  vertices: texts,
  startedAtMs: time,
  completedAtMs: time,
  error: orNull(text),
  progress: list(object(progress)),
  log: object({ bytes: number, lines: number, isClipped: flag }),
  warnings: list(object(warning)),
});

const generation = object({
  number,
  status: among('planning', 'running', 'exporting', 'succeeded', 'failed', 'cancelled'),
  startedAtMs: number,
  endedAtMs: time,
  dockerfile,
  target: orNull(text),
  stages: list(stage),
  order: texts,
  steps: dictionary(step),
  vertices: dictionary(
    object({
      digest: text,
      name: text,
      step: text,
      also: orAbsent(texts),
      isCached: flag,
      startedAtMs: time,
      completedAtMs: time,
      error: text,
    }),
  ),
  transfers: list(object(transfer)),
  warnings: list(object(warning)),
  failure: orNull(object({ ...failure, step: orNull(text) })),
  result: orNull(result),
});

const state = object({
  id: text,
  startedAtMs: number,
  contextLabel: text,
  engine: orNull(engine),
  engineStatus: variant({ connecting: {}, ready: {}, lost: { message: text, hint: orNull(text) } }, 'kind'),
  line: orAbsent(orNull(line)),
  generations: list(generation),
  containers: dictionary(container),
  processes: list(process),
  notices: list(object({ ...notice, atMs: number })),
});

/** Throws when it is no event of a session. */
export function checkEvent(value: unknown): void {
  if (!sessionEvent(value)) throw new Error('an event that makes no sense');
}

/** Throws when it is no state of a session. */
export function checkState(value: unknown): void {
  if (!state(value)) throw new Error('a state that makes no sense');
}
