/** Whom a program in a container runs as. */
import type { ContainerSummary, ProcessSummary } from '../model/index.js';

/** A record of an older version does not say whom a program was started as. */
export function selectUser({ user }: ProcessSummary, container: ContainerSummary): string {
  return user ?? (container.user || 'root');
}

/** Whether it is somebody else than a shell in this container runs as by itself. */
export function isOtherUser(process: ProcessSummary, container: ContainerSummary): boolean {
  return selectUser(process, container) !== (container.user || 'root');
}
