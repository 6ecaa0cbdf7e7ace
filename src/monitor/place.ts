/** Where a shell is, in one line in front of it: step, line, state, user, directory, mounts; and the command that failed there. */
import type { ContainerSummary, Generation, Moment, SessionState } from '../core/model/index.js';
import { commandAsWritten, selectPlatform } from '../core/select/index.js';
import { printableLine } from '../platform/printable.js';

/** For people. */
export const MOMENTS: Readonly<Record<Moment, string>> = {
  before: 'state before it ran',
  after: 'state after it ran',
  failed: 'failed state',
};

/** The lines of the banner, printable; empty for a container that is not known. */
export function describePlace(state: SessionState, containerId: string): string[] {
  const container = state.containers[containerId];
  const generation = state.generations.find((candidate) => candidate.number === container?.generation);
  if (container === undefined || generation === undefined) return [];
  const lines = [placeLine(container, generation, state)];
  if (container.note !== null) lines.push(container.note);
  for (const mount of container.mounts) {
    if (!mount.isMounted) lines.push(`not mounted: ${mount.kind} ${mount.target}: ${mount.detail}`);
  }
  if (container.moment !== 'after' && container.stepCommand !== null && generation.failure?.step === container.step) {
    const step = generation.steps[container.step];
    lines.push(`failed command: ${step === undefined ? container.stepCommand : commandAsWritten(step, container.stepCommand)}`);
  }
  return lines.map(printableLine);
}

function placeLine(container: ContainerSummary, generation: Generation, state: SessionState): string {
  const step = generation.steps[container.step];
  const platform = step === undefined ? null : selectPlatform(generation, step);
  const mounts = container.mounts.filter((mount) => mount.isMounted && mount.kind !== 'toolbox');
  const parts = [
    `step ${step?.number ?? container.step}`,
    ...(platform === null ? [] : [platform]),
    ...(step === undefined ? [] : [step.text]),
    ...(step?.lines == null ? [] : [`line ${step.lines.start}`]),
    MOMENTS[container.moment],
    `user ${container.user}`,
    container.cwd,
    ...(mounts.length === 0 ? [] : [`mounts: ${mounts.map((mount) => `${mount.kind} ${mount.target}`).join(', ')}`]),
    ...(generation.number === state.generations.at(-1)?.number ? [] : [`build ${generation.number}`]),
  ];
  return parts.join(' · ');
}
