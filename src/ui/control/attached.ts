/** Everybody who shows the session: who comes and goes is said in passing, and what this screen may do is known. */
import type { Disposable } from '../../platform/byte-channel.js';
import { cleanText } from '../../platform/text-width.js';
import type { ClientInfo } from '../../session/wire/messages.js';
import type { ScreenDeps } from '../deps.js';

export interface Attached {
  /** Screens alone, this one too, in the order in which they came. */
  readonly screens: readonly ClientInfo[];
  /** Which of them this is. */
  readonly self: number;
  readonly isReadOnly: boolean;
}

type Notify = (level: 'info' | 'warning', message: string, hint?: string | null) => void;

const NOBODY_ELSE: Attached = { screens: [], self: 0, isReadOnly: false };

export function attachedOf({ clients }: Pick<ScreenDeps, 'clients'>): Attached {
  if (clients === undefined) return NOBODY_ELSE;
  const { clientId: self } = clients;
  const screens = clients.clients.filter(({ kind }) => kind === 'screen');
  return { screens, self, isReadOnly: screens.find(({ id }) => id === self)?.isReadOnly ?? false };
}

/** The subscriptions; `invalidate` when what is shown of them has changed. */
export function watchAttached({ clients }: Pick<ScreenDeps, 'clients'>, notify: Notify, invalidate: () => void): Disposable[] {
  if (clients === undefined) return [];
  let known = attachedOf({ clients }).screens;
  return [
    clients.onClients(() => {
      const { screens } = attachedOf({ clients });
      const isIn = (list: readonly ClientInfo[], { id }: ClientInfo): boolean => list.some((one) => one.id === id);
      const come = screens.filter((screen) => !isIn(known, screen));
      const gone = known.filter((screen) => !isIn(screens, screen));
      known = screens;
      const last = [...come, ...gone].at(-1);
      if (last === undefined) return;
      const what = `${come.length > 0 ? 'has attached' : 'has left'}${last.isReadOnly ? ' (read-only)' : ''}`;
      notify('info', `${cleanText(last.label)} ${what}`);
      invalidate();
    }),
    clients.onRefused((error) => notify('warning', error.message, error.hint)),
  ];
}
