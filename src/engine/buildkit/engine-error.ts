/** The engine's own errors, told apart from those that were made on this side. */
import { ConnectError } from '@connectrpc/connect';
import type { EngineEvent } from '../../core/events.js';
import { BxError, toBxError } from '../../platform/errors.js';

/** The engine's own error under a `BxError`; null when the error was made on this side. */
export function engineErrorOf(error: unknown): ConnectError | null {
  if (error instanceof ConnectError) return error;
  return error instanceof BxError && error.cause instanceof ConnectError ? error.cause : null;
}

export function asBxError(error: unknown): BxError {
  if (error instanceof ConnectError) return new BxError('engine', error.rawMessage, { cause: error });
  return toBxError(error);
}

/** A failure that no solve reported: the connection, an output, a defect. */
export function failedWithoutSolve(error: BxError): EngineEvent {
  return {
    type: 'build.failed',
    failure: { digest: null, message: error.message, hint: error.hint, exitCode: null, line: null },
  };
}
