/**
 * The one error type that people see. Made at the edges (engine, file system, configuration, endpoint); everything
 * inside passes it on. It must not format for a screen: `renderError` in the front ends does that.
 */
import { reasonOf } from './reason.js';
import { saysDirectoryIsGone } from './working-directory.js';

export type ErrorCode =
  | 'usage' // the command line or a `:` command is wrong
  | 'input' // a file, context or Dockerfile that the user named is missing, unreadable or malformed
  | 'endpoint' // no engine in reach, or it refused the connection
  | 'engine' // the engine answered with an error, or answered nonsense
  | 'engine-lost' // the connection ended while it was in use
  | 'unsupported' // the engine cannot do this; `hint` says what is possible instead
  | 'not-found' // a step, process, container or file that does not exist
  | 'state' // not possible now (for example: a build is already running)
  | 'cancelled' // the user or a signal stopped it; never shown as a failure
  | 'internal'; // a defect of this program

/** `message`: what failed, on which object. `hint`: what to do next, one sentence. `cause`: the original error. */
export class BxError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | null;
  constructor(code: ErrorCode, message: string, options: { hint?: string | null; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BxError';
    this.code = code;
    this.hint = options.hint ?? null;
  }
}

/** Any thrown value as a `BxError`; a `BxError` is returned as it is. AbortErrors become `cancelled`. */
export function toBxError(error: unknown, fallback: ErrorCode = 'internal'): BxError {
  if (error instanceof BxError) return error;
  if (error instanceof Error) {
    if (error.name === 'AbortError') return new BxError('cancelled', error.message, { cause: error });
    if (saysDirectoryIsGone(error)) {
      return new BxError('input', 'the directory this shell is in does not exist any more', {
        hint: 'Go to one that does, or, if it was made again, into that: cd "$PWD"',
        cause: error,
      });
    }
    return new BxError(fallback, saying(error), { cause: error });
  }
  return new BxError(fallback, String(error));
}

/** What the file system refuses comes with the path that it is about. */
function saying(error: Error): string {
  const { path, syscall, message } = error as NodeJS.ErrnoException;
  const reason = reasonOf(error);
  return path === undefined || syscall === undefined || reason === message ? message : `${path}: ${reason}`;
}

/** For the default branch of a switch over a discriminated union: the compiler proves it is never reached. */
export function assertNever(value: never): never {
  throw new BxError('internal', `unexpected value: ${JSON.stringify(value)}`);
}
