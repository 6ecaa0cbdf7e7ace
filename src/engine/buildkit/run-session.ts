/** The client's session of one run: its files as this generation has read them, secrets, agents, and where outputs go. */

import type { BxError } from '../../platform/errors.js';
import type { BuildRequest } from '../engine.js';
import { localNameOf } from '../shared/local-name.js';
import type { EngineLink } from './engine-link.js';
import { layoutStores } from './layout-contexts.js';
import { contentDirectories } from './local-caches.js';
import { type LocalSource, openSession, type SessionHandle, type TransferProgress } from './session/index.js';

export type RunSession = SessionHandle;

/**
 * Opens a session under a new id: the engine keeps what it has once read of a session, so a reload needs another one.
 * The Dockerfile is served from the request, not from the disk, so that what is built is what is shown.
 */
export function openRunSession(
  link: EngineLink,
  request: BuildRequest,
  hooks: {
    /** Under which a context that is an archive is asked for. */
    readonly uploadId: string;
    /** Of the user's files. */
    onTransfer(transfer: TransferProgress): void;
    onTransferError(error: BxError): void;
    onWarning(message: string): void;
    readonly signal: AbortSignal;
  },
): RunSession {
  const { uploadId, onTransfer, ...rest } = hooks;
  // What the user's files are sent as; other transfers (probes of ours, outputs on their way down) are not the build's context.
  const sources = new Set(['context', 'dockerfile', ...(request.contexts ?? []).map(({ name }) => localNameOf(name))]);
  return openSession({
    endpoint: link.endpoint,
    connection: link.connection,
    spareSocket: link.spareSocket,
    locals: {
      ...ownSources(request),
      ...Object.fromEntries(
        (request.contexts ?? []).flatMap(({ name, from }) =>
          from.kind === 'dir' ? [[localNameOf(name), { kind: 'dir', dir: from.dir }]] : [],
        ),
      ),
    },
    ...(request.source?.kind === 'archive' && { uploads: new Map([[uploadId, request.source.path]]) }),
    secrets: request.secrets,
    ssh: request.ssh,
    contents: new Map([...contentDirectories(request), ...layoutStores(request)]),
    isCopyExpected: request.dockerfile.plan.instructions.some(({ instruction, text }) => isCopying(instruction, text)),
    ...rest,
    onTransfer: (transfer) => {
      if (sources.has(transfer.name)) onTransfer(transfer);
    },
  });
}

/** Context and Dockerfile, as far as they are on this machine. */
function ownSources({ contextDir, source, dockerfile }: BuildRequest): Record<string, LocalSource> {
  const { dir, name, text, origin } = dockerfile;
  const sent = new Map([[name, new TextEncoder().encode(text)]]);
  return {
    ...(contextDir !== null && { context: { kind: 'dir', dir: contextDir } }),
    ...(contextDir === null && source === undefined && { context: { kind: 'memory', files: new Map() } }),
    ...(dir !== null && { dockerfile: { kind: 'dir', dir, overrides: sent } }),
    ...(origin === 'stdin' && { dockerfile: { kind: 'memory', files: sent } }),
  };
}

function isCopying(instruction: string, text: string): boolean {
  return instruction === 'COPY' || instruction === 'ADD' || (instruction === 'RUN' && text.includes('--mount'));
}
