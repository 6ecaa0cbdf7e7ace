/** What a session leaves on the normal screen, and its exit status. */
import { selectCurrent } from '../../core/select/index.js';
import { isBuilding } from '../../monitor/index.js';
import type { EndCause } from '../../platform/terminal-guard.js';
import type { SessionClient } from '../../session/index.js';
import { EXIT_INTERRUPTED, exitStatusOfBuild } from '../exit-status.js';
import { renderSummary } from '../summary.js';

/** `endedBy`: what ended the screen, when that was not a person. */
export function writeSummary(session: SessionClient, warnings: readonly string[], endedBy: EndCause | null): number {
  const last = selectCurrent(session.state);
  const status = endedBy?.exitCode ?? (isBuilding(last) ? EXIT_INTERRUPTED : exitStatusOfBuild(last));
  const step = last?.failure?.step ?? null;
  const log = last === null || step === null ? null : session.stepLog(last.number, step);
  for (const warning of warnings) process.stderr.write(`WARNING: ${warning}\n`);
  const failedLog = log === null ? '' : log.omittedBytes === 0 ? log.head + log.tail : log.tail;
  for (const line of renderSummary(session.state, failedLog, status)) process.stdout.write(`${line}\n`);
  return status;
}
