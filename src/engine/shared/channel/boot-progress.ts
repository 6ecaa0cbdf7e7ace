/** What is told while a builder is started: one step with a line for each thing that is done, as buildx tells it (docker/buildx, util/progress). */
import { createHash } from 'node:crypto';
import type { EngineEvent } from '../../../core/events.js';

export interface BootProgress {
  /** A line that is done when `work` is; one that fails stays open, the step says why. `advance`: bytes, of how many. */
  task<T>(label: string, work: (advance: (current: number, total: number) => void) => Promise<T>): Promise<T>;
  /** Of what was started. */
  log(text: string): void;
  end(): void;
  fail(message: string): void;
}

/** `subject`: what is started; each start is a step of its own. */
export function createBootProgress(subject: string, emit: (event: EngineEvent) => void, now: () => number): BootProgress {
  const startedAtMs = now();
  const digest = `sha256:${createHash('sha256').update(`boot ${subject} ${startedAtMs}`).digest('hex')}`;
  const tell = (completedAtMs: number | null, error = ''): void =>
    emit({
      ...{ type: 'vertex.updated', digest, name: '[internal] booting buildkit', inputs: [], isCached: false },
      ...{ startedAtMs, completedAtMs, error },
    });
  tell(null);
  return {
    async task(label, work) {
      const began = now();
      let amount = { current: 0, total: 0 };
      const tellTask = (completedAtMs: number | null): void =>
        emit({ type: 'vertex.progressed', digest, id: label, name: label, ...amount, startedAtMs: began, completedAtMs });
      tellTask(null);
      const result = await work((current, total) => {
        amount = { current, total };
        tellTask(null);
      });
      amount = { ...amount, current: amount.total };
      tellTask(now());
      return result;
    },
    log: (text) => emit({ type: 'log.appended', digest, stream: 'stderr', text }),
    end: () => tell(now()),
    fail: (message) => tell(now(), message),
  };
}
