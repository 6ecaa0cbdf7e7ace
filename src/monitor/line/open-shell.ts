/** The shell that `--on` and `--invoke` ask for after a build: started from here, or the one that the session starts itself. */
import type { Generation, ProcessSummary, SessionState } from '../../core/model/index.js';
import { noShellAt, selectCurrent } from '../../core/select/index.js';
import type { SessionClient } from '../../session/index.js';
import { isOver } from '../resolve-process.js';
import { defaultStep } from '../resolve-step.js';

/** How long a session may take that opens shells itself; whether it does is not known here. */
const OPEN_WITHIN_MS = 3_000;

export interface OpenShellOptions {
  readonly session: SessionClient;
  readonly opensShells: boolean;
  readonly openOn: 'error' | 'always';
  readonly hasTerminal: boolean;
  readonly size: { readonly cols: number; readonly rows: number };
}

/** Resolves with the process; null: none is wanted, or none can be opened, which a notice has said. Throws `BxError`. */
export async function openShell(options: OpenShellOptions): Promise<string | null> {
  const { session, opensShells, openOn } = options;
  const generation = selectCurrent(session.state);
  if (generation === null || session.state.engineStatus.kind === 'lost') return null;
  const isWanted =
    generation.status === 'failed' ? generation.failure?.step != null : generation.status === 'succeeded' && openOn === 'always';
  if (!isWanted) return null;
  if (opensShells) return openedBySession(session, generation);
  const { process } = await session.execute({
    type: 'step.rollback',
    step: defaultStep(generation).key,
    moment: 'auto',
    exclusiveCaches: 'mount',
    ...(options.hasTerminal ? {} : { tty: false }),
    size: options.size,
  });
  return process;
}

function openedBySession(session: SessionClient, generation: Generation): Promise<string | null> {
  const { key } = defaultStep(generation);
  const known = shellAt(session.state, generation.number, key);
  const isRefused = ({ message }: { readonly message: string }): boolean => message.startsWith(`${noShellAt(key)}: `);
  const noticesAt = generation.endedAtMs ?? 0;
  if (known !== null || session.state.notices.some((notice) => notice.atMs >= noticesAt && isRefused(notice))) {
    return Promise.resolve(known?.id ?? null);
  }
  return new Promise((resolve) => {
    const finish = (process: string | null): void => {
      clearTimeout(timer);
      subscription.dispose();
      resolve(process);
    };
    const timer = setTimeout(() => finish(null), OPEN_WITHIN_MS);
    const subscription = session.onEvent((event) => {
      if (event.type === 'shell.opened') finish(event.process);
      else if (event.type === 'notice.posted' && isRefused(event.notice)) finish(null);
      else if (event.type === 'engine.lost' || event.type === 'generation.started') finish(null);
    });
    void session.ended.then(() => finish(null));
  });
}

function shellAt(state: SessionState, generation: number, step: string): ProcessSummary | null {
  const isThere = (process: ProcessSummary): boolean => {
    const container = state.containers[process.container];
    return container?.generation === generation && container.step === step && !isOver(process);
  };
  return state.processes.find(isThere) ?? null;
}
