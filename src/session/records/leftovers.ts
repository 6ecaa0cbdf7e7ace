/** What processes leave in the directory for sessions that are killed before there is a session. */
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isSameProcess } from '../../platform/process-birth.js';
import { isSessionId } from './session-id.js';

/** Where two processes meet that begin a session (`early-server.ts`), named after one of them. */
const MEETING_PLACE = /^early-(\d+)\.(?:s|w|w\.part)$/;
/** Much longer than any session takes to begin. */
const BEGINS_WITHIN_MS = 3_600_000;

/** Removes it; what cannot be removed stays. */
export function removeLeftovers(root: string, nowMs = Date.now()): void {
  for (const name of entriesOf(root)) {
    try {
      const path = join(root, name);
      const pid = MEETING_PLACE.exec(name)?.[1];
      const isLeft = pid === undefined ? hasNotBegun(path, name, nowMs) : !isSameProcess(Number(pid), null);
      if (isLeft) rmSync(path, { recursive: true, force: true });
    } catch {
      // Somebody else removes it at this moment.
    }
  }
}

function hasNotBegun(path: string, name: string, nowMs: number): boolean {
  if (!isSessionId(name) || existsSync(join(path, 'session.json'))) return false;
  return nowMs - lstatSync(path).mtimeMs > BEGINS_WITHIN_MS;
}

function entriesOf(root: string): string[] {
  try {
    return readdirSync(root);
  } catch {
    return [];
  }
}
