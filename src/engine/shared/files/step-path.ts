/** Paths in a step's filesystem, and the errors about them, in the same words for every engine. Pure. */
import { BxError } from '../../../platform/errors.js';
import { cleanPath } from './go-path.js';

/** Absolute, `..` taken by the text; `/` for the root. Throws `BxError('input')` for a path that no filesystem can have. */
export function stepPath(path: string): string {
  if (path.includes('\0')) throw new BxError('input', 'a path cannot have a NUL in it');
  return cleanPath(`/${path}`);
}

/** Where the last part of a path lies; of the root the root. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || '/';
}

export function below(dir: string, name: string): string {
  return dir === '/' ? `/${name}` : `${dir}/${name}`;
}

/** `where`: `step 9`. */
export function noSuchPath(path: string, where: string, cause?: unknown): BxError {
  return new BxError('not-found', `there is no ${JSON.stringify(path)} in ${where}`, {
    hint: 'Look into the directory above it for what is there.',
    cause,
  });
}

export function noDirectory(path: string, where: string): BxError {
  return new BxError('input', `${JSON.stringify(path)} is no directory in ${where}`, { hint: 'Read it as a file.' });
}

export function noFile(path: string, where: string, isDirectory: boolean): BxError {
  const what = `${JSON.stringify(path)} is no file in ${where}`;
  return new BxError('input', what, { hint: isDirectory ? 'It is a directory: list it.' : 'It has no bytes to be read.' });
}

export function released(where: string): BxError {
  return new BxError('state', `the files of ${where} have been given back to the engine`, { hint: 'Open them again.' });
}

export function nothingBefore(step: number | string): BxError {
  return new BxError('unsupported', `step ${step} begins a stage: there is nothing before it to be compared with`, {
    hint: 'Choose a later step.',
  });
}
