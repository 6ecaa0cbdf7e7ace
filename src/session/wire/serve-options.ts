/** What whoever serves a session says of it, and is told. */
import type { ClientInfo } from './messages.js';

export interface ServeOptions {
  readonly id: string;
  /** Of the program. */
  readonly version: string;
  readonly now: () => number;
  /** Clients have to know it; missing: none. */
  readonly token?: string;
  /** A client wants the session ended. */
  onKill(): void;
  onClientsChanged?(clients: readonly ClientInfo[]): void;
  /** This client has read nothing for too long and is gone; the others should be told by a notice. */
  onDropped?(client: ClientInfo): void;
  /** How long a client that does not read may hold a program back that others watch too. */
  readonly holdLimitMs?: number;
  /** When the session ends by itself if nobody comes; null: not as things are. */
  readonly idleEndsAtMs?: () => number | null;
}
