/** Where am I: the header's sentence and figures. Pure. */
import type { EngineLine, Generation, SessionState, Step, StepState } from '../../core/model/index.js';
import { selectUnstored, stepTitle } from '../../core/select/index.js';
import { cleanText } from '../../platform/text-width.js';
import { formatBytes, plural } from '../text/format.js';
import type { ViewState } from '../view-state.js';
import { isBuilding, selectGeneration, stepsInOrder } from './current.js';
import { stepText } from './step-rows.js';

const NOTICED_MS = 5;

export interface HeaderProps {
  readonly target: string | null;
  /** Engine, or what is known of it. */
  readonly engine: string;
  /** Where its address came from: `DOCKER_HOST`. */
  readonly engineSource: string | null;
  readonly state: StepState;
  readonly word: string;
  readonly sentence: string;
  /** How far away the engine is; null: on this machine. */
  readonly line: string | null;
  /** Which run of the build, when there are several. */
  readonly run: string | null;
  readonly cached: number;
  readonly elapsedMs: number | null;
}

export function selectHeader(state: SessionState, view: ViewState, nowMs: number): HeaderProps {
  const generation = selectGeneration(state, view);
  const engine = state.engine === null ? 'no engine yet' : state.engine.name;
  const newest = state.generations.at(-1);
  const run =
    generation === null || state.generations.length < 2
      ? null
      : generation === newest
        ? `run ${generation.number}`
        : `run ${generation.number} of ${newest?.number ?? generation.number} (older)`;
  const base = {
    target: generation?.target ?? null,
    engine: cleanText(engine),
    engineSource: state.engine === null ? null : cleanText(state.engine.source),
    line: state.engineStatus.kind === 'ready' ? lineOf(state.line ?? null) : null,
    run,
    cached: generation === null ? 0 : stepsInOrder(generation).filter((step) => step.state === 'cached').length,
    elapsedMs: generation === null ? null : (generation.endedAtMs ?? nowMs) - generation.startedAtMs,
  };
  return { ...base, ...statusOf(state, generation) };
}

/** As engineers say it. A line that one does not notice is not worth a word. */
export function lineOf(line: EngineLine | null): string | null {
  if (line === null) return null;
  if (line.isSilent) return 'no answer';
  return line.roundTripMs === null || line.roundTripMs < NOTICED_MS ? null : `rtt ${line.roundTripMs}ms`;
}

function statusOf(state: SessionState, generation: Generation | null): Pick<HeaderProps, 'state' | 'word' | 'sentence'> {
  if (state.engineStatus.kind === 'lost') {
    return { state: 'failed', word: 'ENGINE LOST', sentence: cleanText(state.engineStatus.message) };
  }
  if (generation === null || (state.engineStatus.kind === 'connecting' && generation.status === 'planning')) {
    return { state: 'running', word: 'CONNECTING', sentence: connectingTo(generation) };
  }
  return statusOfGeneration(generation);
}

/** What is done about it, once there is something to tell. */
function connectingTo(generation: Generation | null): string {
  if (generation === null) return 'to the engine';
  const running = stepsInOrder(generation).findLast((step) => step.state === 'running');
  return silenceOf(generation) ?? (running === undefined ? 'to the engine' : `to the engine: ${cleanText(running.text)}`);
}

/** Whom the build waits for before the engine does anything of it. */
function silenceOf(generation: Generation): string | null {
  const vertices = Object.values(generation.vertices);
  const silent = vertices.findLast((vertex) => vertex.silent !== undefined && vertex.completedAtMs === null)?.silent;
  return silent === undefined ? null : `${cleanText(silent)}: no answer yet`;
}

function statusOfGeneration(generation: Generation): Pick<HeaderProps, 'state' | 'word' | 'sentence'> {
  const { failure, result } = generation;
  switch (generation.status) {
    case 'planning':
      return {
        state: 'running',
        word: 'PLANNING',
        sentence: sendingOf(generation) ?? silenceOf(generation) ?? 'the build from the Dockerfile',
      };
    case 'running':
      return { state: 'running', word: 'RUNNING', sentence: runningOf(generation) };
    case 'exporting':
      return { state: 'running', word: 'EXPORTING', sentence: 'every step is done' };
    case 'succeeded': {
      const whatElse = selectUnstored(generation) === null ? 'every step is done' : 'in the build cache only';
      const what = result?.tags[0] ?? result?.outputs[0] ?? result?.imageId?.slice(0, 19) ?? whatElse;
      return { state: 'done', word: 'BUILT', sentence: cleanText(what) };
    }
    case 'cancelled':
      return { state: 'cancelled', word: 'CANCELLED', sentence: 'r builds again' };
    case 'failed': {
      const step = failure?.step == null ? undefined : generation.steps[failure.step];
      if (step === undefined) return { state: 'failed', word: 'FAILED', sentence: cleanText(failure?.message ?? 'the build') };
      const code = failure?.exitCode == null ? '' : `exit ${failure.exitCode} `;
      return { state: 'failed', word: 'FAILED', sentence: `${code}at ${placeOf(step, generation)}` };
    }
  }
}

/** `9/14 RUN npm ci`, `23/28 linux/386 RUN npm ci`. */
function placeOf(step: Step, generation: Generation): string {
  return cleanText(stepTitle(generation, { ...step, text: stepText(step) }));
}

function runningOf(generation: Generation): string {
  const running = stepsInOrder(generation).filter((step) => step.state === 'running');
  const instructions = running.filter((step) => step.kind === 'instruction');
  const shown = instructions.at(-1);
  if (shown !== undefined) {
    const more = instructions.length > 1 ? ` +${instructions.length - 1} more` : '';
    return placeOf(shown, generation) + more;
  }
  return sendingOf(generation) ?? (running[0] === undefined ? 'waiting for the engine' : cleanText(running[0].text));
}

function sendingOf(generation: Generation): string | null {
  const open = generation.transfers.filter((transfer) => !transfer.isDone);
  if (open.length === 0) return null;
  const bytes = open.reduce((sum, transfer) => sum + transfer.bytes, 0);
  const files = open.reduce((sum, transfer) => sum + transfer.files, 0);
  return `sending the context: ${formatBytes(bytes)}, ${plural(files, 'file')}`;
}

/** Whether anything on screen changes by itself with time. */
export function isTicking(state: SessionState, view: ViewState): boolean {
  const generation = selectGeneration(state, view);
  return (generation !== null && isBuilding(generation)) || state.processes.some((process) => process.endedAtMs === null);
}
