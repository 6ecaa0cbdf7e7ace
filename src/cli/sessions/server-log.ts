/** What the process of a session writes down of it, one line each with its time, as far as `log_level` asks for it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { SessionEvent } from '../../core/events.js';
import { printableLine } from '../../platform/printable.js';
import type { SessionClient } from '../../session/index.js';
import type { ClientInfo } from '../../session/wire/index.js';
import type { ServerOptions } from './server-options.js';

type Level = NonNullable<ServerOptions['logLevel']>;

/** A crash is told in any case; that is all that there is at the lowest. */
const DEPTHS: Readonly<Record<Level, number>> = { panic: 0, fatal: 0, error: 1, warn: 2, info: 3, debug: 4, trace: 5 };
const WRITTEN = /^\S+Z (?:error|warn|info|debug) {1,2}[0-9a-f]{8} {2}/;

const MEMORY_EVERY_MS = 5_000;

export interface ServerLog {
  write(level: 'error' | 'warn' | 'info' | 'debug', text: string): void;
  /** Says who has come and who has gone since it was last called. */
  clientsChanged(clients: readonly ClientInfo[]): void;
  /** Writes the kind of every event, never what a build or a program prints, and from time to time what this process takes. */
  follow(session: SessionClient): void;
}

/** `level` null: errors alone. */
export function createServerLog(id: string, level: Level | null, out: (text: string) => void, now: () => number): ServerLog {
  const depth = DEPTHS[level ?? 'error'];
  let present: readonly ClientInfo[] = [];
  const write: ServerLog['write'] = (at, text) => {
    if (DEPTHS[at] > depth) return;
    out(`${new Date(now()).toISOString()} ${at.padEnd(5)} ${id}  ${printableLine(text)}\n`);
  };
  return {
    write,
    clientsChanged(clients) {
      for (const client of clients) if (!isAmong(present, client)) write('info', `${nameOf(client)} has come`);
      for (const client of present) if (!isAmong(clients, client)) write('info', `${nameOf(client)} has gone`);
      present = clients;
    },
    follow(session) {
      if (depth < DEPTHS.debug) return;
      session.onEvent((event) => write('debug', kindOf(event)));
      const collect = depth >= DEPTHS.trace ? garbageCollector() : null;
      setInterval(() => {
        collect?.();
        write('debug', memoryNow());
      }, MEMORY_EVERY_MS).unref();
    },
  };
}

/** What is not in use any more is in no figure then. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

function memoryNow(): string {
  const { heapUsed, rss } = process.memoryUsage();
  const inMiB = (bytes: number): string => (bytes / (1 << 20)).toFixed(1);
  return `memory: heap ${inMiB(heapUsed)} MiB, resident ${inMiB(rss)} MiB`;
}

/** A line of the log, as against what Node says of a crash. */
export function isLogLine(text: string): boolean {
  return WRITTEN.test(text);
}

function isAmong(clients: readonly ClientInfo[], { id }: ClientInfo): boolean {
  return clients.some((client) => client.id === id);
}

function nameOf({ id, kind, label, isReadOnly, version }: ClientInfo): string {
  return `client ${id} (${[kind, label, version, ...(isReadOnly ? ['read-only'] : [])].join(', ')})`;
}

function kindOf(event: SessionEvent): string {
  return event.type === 'engine.reported' ? `${event.type} ${event.event.type}` : event.type;
}
