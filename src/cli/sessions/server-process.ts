/** How the process of a session is started, as both sides know it. */
import { join } from 'node:path';
import { sessionRoot } from '../../session/records/root-dir.js';
import type { FrontEnd } from '../build/front-end.js';

export const SERVER_COMMAND = 'session-server';
export const EARLY_SERVER_COMMAND = 'early-server';

/** The server's end of the stream to the program that starts it. */
export const STARTER_FD = 3;

/** Where the launcher leaves the process id of a server that it has started together with the program. */
export const EARLY_SERVER_VARIABLE = 'BXTUI_EARLY_SERVER';

/** What the program wants of such a server. */
export interface EarlyWish {
  readonly root: string;
  readonly id: string;
  readonly openOn: FrontEnd['openOn'];
  /** What came by standard input; null: the build does not take it. */
  readonly stdinFile: string | null;
  /** What it says on standard error goes there. */
  readonly log: string;
}

/**
 * What `ps` shows of it from now on: what was typed for a build may hold what is nobody else's business, and the process outlives that by
 * hours. `key`: what it is known by.
 */
export function nameServer(command: string, key: string): void {
  process.title = `bxtui ${command} ${key}`;
}

/** Where both meet. `pid`: of the program, which the launcher becomes. */
export function meetingPlace(pid: number): { readonly wish: string; readonly socket: string } {
  const root = sessionRoot(null, process.env);
  return { wish: join(root, `early-${pid}.w`), socket: join(root, `early-${pid}.s`) };
}
