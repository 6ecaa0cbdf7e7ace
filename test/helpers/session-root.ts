/** Where the sessions of this test process are kept, apart from a person's own, and their end. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let made: string | null = null;

/** A new directory below that of the run, which removes it at its end whatever becomes of the test. Short, for the sockets in it. */
export function testDirectory(): string {
  return mkdtempSync(join(process.env.BXTUI_TEST_DIRECTORY ?? tmpdir(), 'r'));
}

export function sessionRoot(): string {
  made ??= testDirectory();
  return made;
}

/** Ends the sessions that tests have left, politely first, and removes the directory; belongs behind the end of all screens. */
export async function endSessions(withinMs = 10_000): Promise<void> {
  if (made === null) return;
  const root = made;
  for (const pid of servers(root)) signal(pid, 'SIGTERM');
  for (const deadlineMs = Date.now() + withinMs; servers(root).some(isAlive) && Date.now() < deadlineMs; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const pid of servers(root)) signal(pid, 'SIGKILL');
  rmSync(root, { recursive: true, force: true });
  made = null;
}

function servers(root: string): number[] {
  return readdirSync(root).flatMap((id) => {
    try {
      return JSON.parse(readFileSync(join(root, id, 'session.json'), 'utf8')).pid as number;
    } catch {
      return [];
    }
  });
}

function isAlive(pid: number): boolean {
  return signal(pid, 0);
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
