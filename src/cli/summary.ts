/** What stays on the normal screen after a session: what was built, how long it took, the slowest steps, the image, the error. Pure. */
import type { Generation, SessionState } from '../core/model/index.js';
import { selectCounts, selectCurrent, selectSlowest, selectUnstored, stepElapsedMs, stepTitle } from '../core/select/index.js';
import { createLineSplitter } from '../plain/index.js';
import { printableLine } from '../platform/printable.js';

const SLOWEST_SHOWN = 3;
/** Shorter ones are 0.0s. */
const SLOW_MS = 50;
const ERROR_LINES_SHOWN = 10;

/** Lines without colours; empty when nothing was built. `failedLog`: the raw end of the culprit's log. */
export function renderSummary(state: SessionState, failedLog: string, exitStatus: number): string[] {
  const last = selectCurrent(state);
  if (last === null) return [];
  const lines = [headline(state, last)];
  if (last.status === 'succeeded') lines.push(...results(last));
  if (last.status === 'failed') lines.push(...failure(last, failedLog));
  const slowest = selectSlowest(last, SLOWEST_SHOWN).filter((step) => (stepElapsedMs(step, 0) ?? 0) >= SLOW_MS);
  if (slowest.length > 0) {
    lines.push('slowest steps:');
    for (const step of slowest) lines.push(`  ${duration(stepElapsedMs(step, 0) ?? 0).padStart(7)}  ${stepTitle(last, step)}`);
  }
  if (state.generations.length > 1) lines.push(`runs of the build: ${state.generations.map(brief).join(', ')}`);
  lines.push(`exit status ${exitStatus}`);
  return lines.map(printableLine);
}

function headline(state: SessionState, generation: Generation): string {
  const { ended, total, cached } = selectCounts(generation);
  const what = `${state.contextLabel}${generation.target === null ? '' : ` (target ${generation.target})`}`;
  const time = duration((generation.endedAtMs ?? generation.startedAtMs) - generation.startedAtMs);
  const isOver = generation.endedAtMs !== null;
  const verb = isOver ? generation.status : 'not finished';
  return `bxtui: ${what}: ${verb}${isOver ? ` in ${time}` : ''}, ${ended} of ${total} steps, ${cached} cached`;
}

function results(generation: Generation): string[] {
  const { imageId, tags, outputs, pushed = [] } = generation.result ?? { imageId: null, tags: [], outputs: [] };
  const unstored = selectUnstored(generation);
  return [
    ...(imageId === null ? [] : [`image ${imageId}`]),
    ...(tags.length === 0 ? [] : [`tagged ${tags.join(', ')}`]),
    ...(pushed.length === 0 ? [] : [`pushed ${pushed.join(', ')}`]),
    ...outputs.map((output) => `wrote ${output}`),
    ...(unstored === null ? [] : [unstored.message, unstored.hint]),
  ];
}

function failure(generation: Generation, failedLog: string): string[] {
  const { step: key, message, hint, line } = generation.failure ?? { step: null, message: '', hint: null, line: null };
  const step = key === null ? undefined : generation.steps[key];
  const place = step === undefined ? '' : ` at step ${stepTitle(generation, step)}${line === null ? '' : ` (line ${line})`}`;
  const splitter = createLineSplitter();
  const log = [...splitter.push(failedLog), ...splitter.end()].filter((text) => text.trim() !== '').slice(-ERROR_LINES_SHOWN);
  return [
    `failed${place}`,
    ...log.map((text) => `  | ${text}`),
    `ERROR: ${message.split('\n')[0]}`,
    ...(hint === null ? [] : [hint]),
  ];
}

function brief(generation: Generation): string {
  return `run ${generation.number} ${generation.status}`;
}

/** `0.4s`, `12.3s`, `3m 05s`. */
function duration(elapsedMs: number): string {
  const seconds = Math.max(0, elapsedMs) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  return `${Math.floor(seconds / 60)}m ${String(Math.floor(seconds % 60)).padStart(2, '0')}s`;
}
