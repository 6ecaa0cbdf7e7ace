/** Files that a build is to write are looked at before it begins: it would take its time, and fail at its end. Nothing is written. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { BxError } from '../../platform/errors.js';
import { filePlace } from '../../platform/file-place.js';
import { writeReasonOf } from '../../platform/reason.js';
import type { BuildOptions } from './build-options.js';

/** Throws `BxError('input')`. Directories are made when there is something for them. */
export function checkDestinations({ outputs, resultFiles }: Pick<BuildOptions, 'outputs' | 'resultFiles'>): void {
  for (const output of outputs) {
    if (!('dest' in output) || output.dest === '-' || output.kind === 'local' || 'isDirectory' in output) continue;
    checkFile(`--output type=${output.kind}`, output.dest);
  }
  const { iidFile, metadataFile } = resultFiles;
  if (iidFile !== null) checkFile('--iidfile', iidFile);
  if (metadataFile !== null) checkFile('--metadata-file', metadataFile);
}

function checkFile(flag: string, path: string): void {
  try {
    const { final, isTemporary } = filePlace(path);
    const directory = dirname(final);
    if (isTemporary && !statSync(directory).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
    accessSync(isTemporary ? directory : final, constants.W_OK);
  } catch (error) {
    throw new BxError('input', `${flag}: cannot write ${path}: ${writeReasonOf(error)}`, {
      hint: 'Make its directory, or name another file; nothing has been built yet.',
      cause: error,
    });
  }
}
