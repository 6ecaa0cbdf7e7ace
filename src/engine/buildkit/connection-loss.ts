/** Whether an error of a call means that the engine has gone. */
import { BxError } from '../../platform/errors.js';
import { engineErrorOf } from './engine-error.js';
import type { EngineLink } from './engine-link.js';

/** The engine ends its builds before it ends the connection, so an error may be the first sign of the loss. */
export async function connectionLoss(link: EngineLink, error: unknown): Promise<BxError | null> {
  if (error instanceof BxError && error.code === 'engine-lost') return error;
  const engineError = engineErrorOf(error);
  if (!engineError && !link.connection.isClosed) return null;
  const isSuspect = link.connection.isClosed || /unavailable|canceled|closed|EOF|reset/i.test(engineError?.message ?? '');
  if (!isSuspect) return null;
  return Promise.race([link.connection.lost, new Promise<null>((resolve) => setTimeout(resolve, 300, null))]);
}
