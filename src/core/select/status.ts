/** "Where am I": the one sentence about a session that the header, the line-mode prompt and the summary say in the same words. */
import type { Generation, SessionState, Step, StepKey } from '../model/index.js';
import { isOutside } from '../step-key.js';
import { selectPlatform } from './platforms.js';

export function selectCurrent(state: SessionState): Generation | null {
  return state.generations.at(-1) ?? null;
}

/** Instruction steps that the build needs, in Dockerfile order. */
export function selectNeeded(generation: Generation): Step[] {
  return selectInstructions(generation).filter((step) => step.state !== 'not-needed');
}

export function selectInstructions(generation: Generation): Step[] {
  return generation.order.map((key) => generation.steps[key]!).filter((step) => step.kind === 'instruction');
}

export interface Counts {
  readonly total: number;
  readonly ended: number;
  readonly cached: number;
}

export function selectCounts(generation: Generation): Counts {
  const needed = selectNeeded(generation);
  const ended = needed.filter((step) => step.state === 'done' || step.state === 'cached').length;
  return { total: needed.length, ended, cached: needed.filter((step) => step.state === 'cached').length };
}

/** The steps that run now, those of the Dockerfile first. */
export function selectRunning(generation: Generation): Step[] {
  const running = Object.values(generation.steps).filter((step) => step.state === 'running');
  return running.sort((a, b) => rank(a) - rank(b));
}

function rank(step: Step): number {
  return step.number ?? (step.kind === 'export' ? 1e6 : 2e6);
}

export interface Where {
  readonly tone: 'idle' | 'busy' | 'ok' | 'failed' | 'warning';
  /** `running 9/14 RUN npm ci`, `failed at step 9 RUN npm ci: exit code 1`. No trailing period, no control characters of ours. */
  readonly text: string;
}

export function selectWhere(state: SessionState): Where {
  if (state.engineStatus.kind === 'lost') return { tone: 'failed', text: `engine lost: ${state.engineStatus.message}` };
  const generation = selectCurrent(state);
  if (generation === null) return { tone: 'busy', text: state.engine ? 'starting' : 'looking for an engine' };
  switch (generation.status) {
    case 'planning':
      return { tone: 'busy', text: state.engine ? planningText(generation) : 'connecting to the engine' };
    case 'running':
    case 'exporting': {
      const step = selectRunning(generation)[0];
      return { tone: 'busy', text: step ? `running ${stepTitle(generation, step)}` : generation.status };
    }
    case 'succeeded':
      return { tone: 'ok', text: `built ${describeResult(generation)}` };
    case 'cancelled':
      return { tone: 'warning', text: 'cancelled' };
    case 'failed': {
      const failure = generation.failure;
      const step = failure?.step == null ? undefined : generation.steps[failure.step];
      const why = failure?.exitCode == null ? (failure?.message ?? '') : `exit code ${failure.exitCode}`;
      return { tone: 'failed', text: step ? `failed at ${stepTitle(generation, step)}: ${why}` : `failed: ${why}` };
    }
  }
}

function planningText(generation: Generation): string {
  const step = selectRunning(generation)[0];
  return step ? step.text : 'reading the Dockerfile';
}

/** `9/14 RUN npm ci`, `23/28 linux/386 RUN npm ci`, `export`. */
export function stepTitle(generation: Generation, step: Step): string {
  if (step.number === null) return step.text;
  const platform = selectPlatform(generation, step);
  return [`${step.number}/${selectInstructions(generation).length}`, ...(platform === null ? [] : [platform]), step.text].join(
    ' ',
  );
}

/**
 * How a notice begins which says that no shell opens by itself at a step: whoever waits for that shell knows it by these words. A build that fails
 * outside of its Dockerfile has no step that one could enter.
 */
export function noShellAt(key: StepKey): string {
  return isOutside(key) ? 'no shell' : `no shell at step ${key}`;
}

/** Tags, image id or files: what a successful build left behind. */
export function describeResult(generation: Generation): string {
  const result = generation.result;
  const parts = [...new Set([...(result?.tags ?? []), ...(result?.pushed ?? []), ...(result?.outputs ?? [])])];
  if (parts.length === 0 && result?.imageId) parts.push(result.imageId.slice(0, 19));
  return parts.length > 0 ? parts.join(', ') : 'and kept in the cache';
}

/** What to say of a build whose result went nowhere, as on a standalone buildkitd that was asked for no output; null for every other. */
export function selectUnstored({ result }: Generation): { readonly message: string; readonly hint: string } | null {
  if (result === null || result.isCacheOnly || result.imageId !== null || result.tags.length + result.outputs.length > 0)
    return null;
  // It is the answer to a question, and nothing was built.
  if (result.metadata?.['result.json'] !== undefined) return null;
  return {
    message: 'no output was asked for, the result is in the build cache only',
    hint: '--load puts the image into a Docker Engine, --output writes it to files.',
  };
}

/** Wall time of a step so far, ms; null when it never started. */
export function stepElapsedMs(step: Step, nowMs: number): number | null {
  if (step.startedAtMs === null) return null;
  return Math.max(0, (step.completedAtMs ?? (step.state === 'running' ? nowMs : step.startedAtMs)) - step.startedAtMs);
}

/** The executed steps that took longest, longest first. */
export function selectSlowest(generation: Generation, count: number): Step[] {
  const executed = Object.values(generation.steps).filter(({ state }) => ['done', 'failed', 'cancelled'].includes(state));
  const elapsed = (step: Step) => stepElapsedMs(step, step.completedAtMs ?? 0) ?? 0;
  return executed
    .filter((step) => elapsed(step) > 0)
    .sort((a, b) => elapsed(b) - elapsed(a))
    .slice(0, count);
}
