/**
 * Containers that must not outlive this process, on an engine that lets them: a small process is told of them, and gives them back when this
 * one is gone, even killed. It holds this connection open, without a word on it, for as long as that takes: an engine forgets a build together
 * with the connection that it came by, and then nobody can name its containers any more.
 */
import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../../../builders/endpoint.js';
import { hasStreams } from '../../../platform/child-streams.js';
import { spawnOwn } from '../../../platform/own-process.js';
import type { Http2Connection } from '../transport/index.js';

export const RELEASE_COMMAND = 'release-abandoned';

/** A line to that process. The first one names the engine. */
export type WatchMessage =
  | { readonly type: 'engine'; readonly endpoint: Endpoint }
  | { readonly type: 'hold'; readonly container: string; readonly buildRef: string }
  | { readonly type: 'free'; readonly container: string };

export interface ReleaseWatch {
  hold(container: string, buildRef: string): void;
  /** It was given back. */
  free(container: string): void;
}

/** The process is there while anything is held. Where it cannot be had, or the connection not be shared (TLS), nothing is watched. */
export function createReleaseWatch(endpoint: Endpoint, connection: Http2Connection): ReleaseWatch {
  const held = new Set<string>();
  let watcher: ChildProcess | null = null;

  const tell = (message: WatchMessage): void => void watcher?.stdin?.write(`${JSON.stringify(message)}\n`);
  const start = (): void => {
    const descriptor = connection.isClosed ? null : descriptorOf(connection.socket);
    if (watcher !== null || descriptor === null) return;
    const started = spawnOwn([RELEASE_COMMAND], {
      // In a group of its own, it does not end with this one.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore', descriptor],
    });
    started.on('error', () => {
      if (watcher === started) watcher = null;
    });
    if (!hasStreams(started)) return;
    watcher = started;
    started.unref();
    started.stdin!.on('error', () => undefined);
    (started.stdin as unknown as Socket).unref();
    tell({ type: 'engine', endpoint });
  };
  const stop = (): void => {
    held.clear();
    watcher?.kill();
    watcher = null;
  };
  connection.session.once('close', stop);

  return {
    hold(container, buildRef) {
      held.add(container);
      start();
      tell({ type: 'hold', container, buildRef });
    },
    free(container) {
      held.delete(container);
      if (held.size === 0) stop();
      else tell({ type: 'free', container });
    },
  };
}

/** By its number, for which there is no other way: who gives the socket itself away to a process reads no more from it. */
function descriptorOf(stream: Duplex): number | null {
  if (!(stream instanceof Socket) || 'encrypted' in stream) return null;
  const { _handle: handle } = stream as unknown as { readonly _handle?: { readonly fd?: number } | null };
  return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : null;
}
