/** Waiting for something in the state of a session in another process. */
import type { SessionState } from '../../core/model/index.js';
import type { RemoteSession } from '../../session/wire/index.js';

/** Resolves when the state is so, or after `withinMs`. Rejects with what is wrong when the session is lost before. */
export async function untilState(
  session: RemoteSession,
  isSo: (state: SessionState) => boolean,
  withinMs: number | null = null,
): Promise<void> {
  let stop = (): void => undefined;
  const reached = new Promise<null>((resolve) => {
    const look = (): void => {
      if (isSo(session.state)) resolve(null);
    };
    const listener = session.onEvent(look);
    const timer = withinMs === null ? undefined : setTimeout(() => resolve(null), withinMs);
    stop = () => {
      listener.dispose();
      clearTimeout(timer);
    };
    look();
  });
  const lost = await Promise.race([reached, session.disconnected]).finally(stop);
  if (lost !== null) throw lost;
}
