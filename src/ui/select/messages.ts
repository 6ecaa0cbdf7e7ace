/** What `@` shows: the session's notices, and what this screen has said by itself, in the order of time. */
import type { Notice, SessionState } from '../../core/model/index.js';
import type { ViewState } from '../view-state.js';

export function selectMessages({ notices }: Pick<SessionState, 'notices'>, { messages }: Pick<ViewState, 'messages'>): Notice[] {
  return [...notices, ...messages].sort((a, b) => a.atMs - b.atMs);
}
