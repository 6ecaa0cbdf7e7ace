/** The client's session of one run: its files as this generation has read them, secrets, agents, and where outputs go. */

import type { BxError } from '../../platform/errors.js';
import type { BuildRequest } from '../engine.js';
import type { EngineLink } from './engine-link.js';
import { localNameOf } from './frontend-options.js';
import { openSession, type SessionHandle, type TransferProgress } from './session/index.js';

export type RunSession = SessionHandle;

/**
 * Opens a session under a new id: the engine keeps what it has once read of a session, so a reload needs another one.
 * The Dockerfile is served from the request, not from the disk, so that what is built is what is shown.
 */
export function openRunSession(
  link: EngineLink,
  request: BuildRequest,
  hooks: {
    onTransfer(transfer: TransferProgress): void;
    onTransferError(error: BxError): void;
    onWarning(message: string): void;
    readonly signal: AbortSignal;
  },
): RunSession {
  const { dir, name, text } = request.dockerfile;
  return openSession({
    endpoint: link.endpoint,
    connection: link.connection,
    spareSocket: link.spareSocket,
    locals: {
      context: { kind: 'dir', dir: request.contextDir },
      dockerfile: { kind: 'dir', dir, overrides: new Map([[name, new TextEncoder().encode(text)]]) },
      ...Object.fromEntries(
        (request.contexts ?? []).flatMap(({ name, from }) =>
          from.kind === 'dir' ? [[localNameOf(name), { kind: 'dir', dir: from.dir }]] : [],
        ),
      ),
    },
    secrets: request.secrets,
    ssh: request.ssh,
    isCopyExpected: request.dockerfile.plan.instructions.some(({ instruction, text }) => isCopying(instruction, text)),
    ...hooks,
  });
}

function isCopying(instruction: string, text: string): boolean {
  return instruction === 'COPY' || instruction === 'ADD' || (instruction === 'RUN' && text.includes('--mount'));
}
