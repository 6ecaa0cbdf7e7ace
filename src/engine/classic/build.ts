/** One POST /build from its context to its last message; its steps told as events on the way. */
import { pipeline, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { PlannedInstruction } from '../../core/dockerfile/index.js';
import type { EngineEvent } from '../../core/events.js';
import type { StepKey } from '../../core/model/index.js';
import { toBxError } from '../../platform/errors.js';
import type { BuildRequest } from '../engine.js';
import { ApiError, type EngineApi } from '../shared/engine-api.js';
import { createMessageReader } from '../shared/message-stream.js';
import { hintForMissing } from '../shared/missing-file.js';
import type { RegistryAuth } from '../shared/registry-auth.js';
import { hintForRefusal } from '../shared/registry-refusal.js';
import { contextFor, packContext } from './context.js';
import type { Dialect } from './dialect.js';
import type { Journal } from './journal.js';
import type { Base, Progress, SentStep } from './progress.js';
import { imageAt, registryConfig } from './registry-header.js';
import { settingsQuery } from './settings-query.js';

type Failure = Extract<EngineEvent, { type: 'build.failed' }>['failure'];

/** How long a container may go without a name. */
const NAMED_MS = 500;

export interface BuildOrder {
  readonly request: BuildRequest;
  readonly registryAuth: RegistryAuth;
  readonly sent: readonly SentStep[];
  /** In place of the request's Dockerfile: a cut one. */
  readonly text: string | null;
  /** What comes of it is what was asked for, and gets its tags; else its image is nobody's. */
  readonly isWhole: boolean;
  /** Nothing of the context but the Dockerfile is needed. */
  readonly isWithoutContext: boolean;
  /** Gets the image of each step as soon as it is done. */
  readonly images: Map<StepKey, string>;
  readonly journal: Journal;
  readonly dialect: Dialect;
  readonly digestOf: (step: StepKey) => string;
  readonly emit: (event: EngineEvent) => void;
  readonly room: () => Promise<void>;
  readonly signal: AbortSignal;
}

export interface BuildOutcome {
  /** Null: it has succeeded. */
  readonly failure: Failure | null;
  readonly failedStep: StepKey | null;
  readonly progress: Progress;
}

/** Ends with the build, also a failed or cancelled one. Throws only what comes of no build: a lost connection, an unreadable context. */
export async function build(api: EngineApi, order: BuildOrder): Promise<BuildOutcome> {
  const { request, registryAuth, sent, text, images, journal, dialect, digestOf, emit, signal, isWhole, isWithoutContext } =
    order;
  const { plan } = request.dockerfile;
  // It knows no ignore file of a Dockerfile's own.
  const whereMissing = (path: string) => hintForMissing(path, { ...request, dockerfile: { ...request.dockerfile, dir: null } });
  const describe = (message: string, code: number | null, step: PlannedInstruction | null, digest: string | null): Failure => {
    const failure = dialect.describeFailure(message, code, step, digest, plan, whereMissing);
    if (failure.exitCode !== null) return failure;
    const refusal = hintForRefusal(message, step === null ? null : imageAt(plan, step), registryAuth.lookUps());
    return { ...failure, hint: refusal ?? failure.hint };
  };
  const progress = dialect.createProgress(sent, digestOf, images, journal);
  let contextError: Error | null = null;
  /** Of all containers that the engine has made. */
  let isTold = false;
  const isCommand = (): boolean => sent.some(({ step }) => step.key === progress.current && step.instruction === 'RUN');
  const isSafe = (): boolean => progress.current === null || (progress.container !== null && isCommand());
  const mark = dialect.hasBuildContainers ? journal.beginBuild() : null;
  const leaving = leaveBetweenContainers(signal, () => !dialect.hasBuildContainers || isSafe());
  try {
    const source = contextFor(request, text, isWithoutContext, (bytes, files, isDone) => {
      if (!isWithoutContext) emit({ type: 'context.transferred', name: 'context', bytes, files, isDone });
    });
    const [context, credentials] = await Promise.all([packContext(source), registryConfig(plan, registryAuth)]);
    context.tar.on('error', (error) => {
      contextError = error;
    });
    const buildArgs = Object.fromEntries(request.buildArgs.filter(([, value]) => value !== null));
    const answer = await api.stream('POST', '/build', {
      query: {
        ...dialect.query,
        ...{
          version: '1',
          rm: '1',
          forcerm: request.isUnattended || !dialect.hasBuildContainers ? '1' : '0',
          dockerfile: context.dockerfile,
          buildargs: JSON.stringify(buildArgs),
        },
        t: isWhole ? request.tags : [],
        target: text === null ? (request.target ?? undefined) : undefined,
        platform: request.platform ?? undefined,
        isolation: isolationOf(request) ?? mark ?? undefined,
        nocache: request.noCache ? '1' : undefined,
        ...settingsQuery(request, isWhole, dialect.areListsJson),
      },
      headers: { 'Content-Type': 'application/x-tar', ...(credentials !== null && { 'X-Registry-Config': credentials }) },
      body: request.classic?.isCompressed ? compressed(context.tar) : context.tar,
      signal: leaving.signal,
    });
    const reader = createMessageReader();
    for await (const chunk of answer) {
      for (const message of reader.push(chunk as Buffer)) progress.take(message).forEach(emit);
      for (const base of progress.takeBases()) await tellBase(api, base, order);
      leaving.look();
      await order.room();
    }
    for (const message of reader.end()) progress.take(message).forEach(emit);
    isTold = true;
    for (const base of progress.takeBases()) await tellBase(api, base, order);
  } catch (error) {
    isTold ||= error instanceof ApiError || contextError !== null || (signal.aborted && isSafe());
    if (signal.aborted) {
      const failedStep = progress.current;
      if (dialect.stopWarning !== null && failedStep !== null && isCommand())
        emit(warning(digestOf(failedStep), dialect.stopWarning));
      progress.stop('context canceled').forEach(emit);
      return { failure: null, failedStep, progress };
    }
    if (contextError !== null) throw toBxError(contextError, 'input');
    // A Dockerfile that cannot be read is refused before it is built.
    if (error instanceof ApiError)
      return {
        failure: describe(error.message, null, null, null),
        failedStep: null,
        progress,
      };
    throw api.broken(error, signal);
  } finally {
    leaving.dispose();
    if (mark !== null && isTold) journal.endBuild();
  }
  if (progress.failure === null) {
    progress.stop('').forEach(emit);
    return { failure: null, failedStep: null, progress };
  }
  const key = progress.current;
  const step = sent.find((one) => one.step.key === key)?.step ?? null;
  const { message, code } = progress.failure;
  const failure = describe(message, code, step, key === null ? null : digestOf(key));
  progress.stop(failure.message).forEach(emit);
  return { failure, failedStep: failure.digest === null ? null : key, progress };
}

/** Null: the one that has no name of its own, which can be spelled as a mark. */
function isolationOf({ classic }: BuildRequest): string | null {
  const isolation = classic?.isolation ?? '';
  return isolation === '' || isolation.toLowerCase() === 'default' ? null : isolation;
}

/** An error of it is one of what comes out. */
function compressed(tar: Readable): Readable {
  const gzip = createGzip();
  pipeline(tar, gzip, () => undefined);
  return gzip;
}

function warning(digest: string, message: string): EngineEvent {
  return { type: 'warning.reported', digest, message, detail: [], url: null, lines: null };
}

/** Where the engine does not know it by the name that it has said, it is built up to when somebody wants it. */
async function tellBase(api: EngineApi, { key, digest, name }: Base, { images, emit, signal }: BuildOrder): Promise<void> {
  const found = await api.json<{ readonly Id: string }>('GET', `/images/${name}/json`, { signal }).catch(() => null);
  if (found === null) return;
  images.set(key, found.Id);
  emit({ type: 'image.made', digest, imageId: found.Id });
}

/**
 * A build that is left while the engine makes a container leaves one that nobody has been told of. A command has one, and then nothing comes
 * behind it; the containers of other steps come and go. So the way out is held open until a command runs, or the engine has been silent for as
 * long as no container goes without a name.
 */
function leaveBetweenContainers(
  signal: AbortSignal,
  isSafe: () => boolean,
): { readonly signal: AbortSignal; look(): void; dispose(): void } {
  const leaving = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    if (!signal.aborted) return;
    clearTimeout(timer);
    if (isSafe()) leaving.abort();
    else timer = setTimeout(() => leaving.abort(), NAMED_MS);
  };
  if (signal.aborted) look();
  else signal.addEventListener('abort', look, { once: true });
  return {
    signal: leaving.signal,
    look,
    dispose() {
      clearTimeout(timer);
      signal.removeEventListener('abort', look);
    },
  };
}
