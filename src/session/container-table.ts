/** The containers of a session and what everybody may know of them. */
import type { ContainerSummary } from '../core/model/index.js';
import type { Container, ContainerDefaults } from '../engine/engine.js';
import { BxError } from '../platform/errors.js';

const RELEASE_TIMEOUT_MS = 5_000;

/** What a container does not know itself. */
export interface ContainerOrigin {
  readonly generation: number;
  readonly isUncached: boolean;
  /** Whom its shells run as instead of the step's user; null: nobody else. */
  readonly shellUser: string | null;
}

export interface ContainerTable {
  add(container: Container, origin: ContainerOrigin): void;
  /** Throws `BxError('not-found')` for one that is unknown or gone. */
  get(id: string): Container;
  /** Those that are not on their way out already. */
  holdingExclusiveCaches(): Container[];
  /** Generations with a container that is still there. */
  generationsInUse(): number[];
  release(id: string): Promise<void>;
  /** All at once, each with a bound in time: an engine that hangs must not hold the end of a session up. */
  releaseAll(): Promise<void>;
  /** The engine is gone, and every container with it. */
  loseAll(): void;
}

export function createContainerTable(publish: (summary: ContainerSummary) => void): ContainerTable {
  const open = new Map<string, Container>();
  const summaries = new Map<string, ContainerSummary>();
  const leaving = new Set<string>();

  const end = (id: string, state: 'released' | 'lost', note: string | null): void => {
    const summary = summaries.get(id);
    if (!open.delete(id) || summary === undefined) return;
    const next = { ...summary, state, note: note ?? summary.note };
    summaries.set(id, next);
    publish(next);
  };
  const release = async (id: string): Promise<void> => {
    const container = open.get(id);
    if (container === undefined) return;
    leaving.add(id);
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, RELEASE_TIMEOUT_MS).unref());
    await Promise.race([container.release().catch(() => undefined), timeout]);
    end(id, 'released', null);
  };

  return {
    add(container, { generation, isUncached, shellUser }) {
      open.set(container.id, container);
      const { id, step, moment, mounts, note, defaults } = container;
      const { user, cwd, shell, stepCommandLine } = defaults;
      const summary: ContainerSummary = {
        id,
        generation,
        ...(isUncached && { isUncached }),
        step,
        moment,
        state: 'running',
        user: (shellUser ?? user) || 'root',
        cwd: cwd === '' ? '/' : cwd,
        shell,
        mounts,
        stepCommand: stepCommandLine,
        hasHistory: defaults.hasHistory,
        note: [lentShellNote(defaults.lentShell), note].filter((text) => text !== null).join(' ') || null,
      };
      summaries.set(id, summary);
      publish(summary);
      void container.gone.then((reason) => end(id, reason === null ? 'released' : 'lost', reason));
    },
    get(id) {
      const container = open.get(id);
      if (container === undefined)
        throw new BxError('not-found', `container ${id} is gone`, { hint: 'roll back to the step for a new one' });
      return container;
    },
    holdingExclusiveCaches: () => [...open.values()].filter((one) => one.holdsExclusiveCache && !leaving.has(one.id)),
    generationsInUse: () => [...open.keys()].flatMap((id) => summaries.get(id)?.generation ?? []),
    release,
    async releaseAll() {
      await Promise.all([...open.keys()].map(release));
    },
    loseAll() {
      for (const id of open.keys()) end(id, 'lost', 'the engine went away');
    },
  };
}

/** A shell that is not of this filesystem must not look as if it were. */
function lentShellNote(lent: ContainerDefaults['lentShell']): string | null {
  if (lent === null) return null;
  const where = lent.rootfs === '/' ? '' : `; the files of this step are at ${lent.rootfs}`;
  return `There is no shell in this step: this one is lent by ${lent.from}${where}.`;
}
