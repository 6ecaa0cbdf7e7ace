/** What a program is started with: what the command says, else what `--invoke` does, else what the container has. Pure. */
import type { Container, ProcessSpec } from '../engine/engine.js';
import { BxError } from '../platform/errors.js';
import type { SessionCommand } from './session.js';

/** What a shell is started with when nobody says more: `--invoke`. Null fields: as the step itself. */
export interface Invoke {
  readonly args: readonly string[] | null;
  readonly env: readonly string[];
  readonly user: string | null;
  readonly cwd: string | null;
  readonly tty: boolean;
}

export type ProcessWish = Pick<SessionCommand & { type: 'step.rollback' }, 'args' | 'env' | 'user' | 'cwd' | 'tty' | 'size'>;

/** What the command says, else what `--invoke` says; no `args`: the container's shell. */
export function processSpec(wish: ProcessWish, invoke: Invoke | null): ProcessSpec {
  return {
    args: wish.args?.length ? wish.args : (invoke?.args ?? []),
    env: [...(wish.args ? [] : (invoke?.env ?? [])), ...(wish.env ?? [])],
    user: wish.user ?? invoke?.user ?? null,
    cwd: wish.cwd ?? invoke?.cwd ?? null,
    tty: wish.tty ?? invoke?.tty ?? true,
    ...wish.size,
  };
}

/** What really runs. Throws when there is nothing to start. */
export function shownArgs(container: Container, spec: ProcessSpec): readonly string[] {
  const args = spec.args.length > 0 ? spec.args : container.defaults.shell;
  if (args.length > 0) return args;
  throw new BxError('unsupported', `the filesystem of step ${container.step} has no shell`, {
    hint: container.note ?? 'exec starts a program that is in it; another step may have a shell',
  });
}
