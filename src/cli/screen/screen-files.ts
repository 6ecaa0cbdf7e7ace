/** Texts of the screen in the person's editor and in files: what the `E` and `W` keys need of the file system. */
import { constants, copyFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openEditor } from '../../platform/editor.js';
import { BxError } from '../../platform/errors.js';
import { homeDirectory } from '../../platform/person.js';
import { makePrivateDirectory } from '../../platform/private-directory.js';
import { writeReasonOf } from '../../platform/reason.js';
import type { ScreenFiles, TextSource } from '../../ui/index.js';

type OpenIn = (file: string, line: number, signal: AbortSignal) => Promise<void>;

const inEditor: OpenIn = (file, line, signal) => openEditor(file, line, process.env, signal);

/** `openIn`: opens a file in an editor and resolves when it is closed. */
export function createScreenFiles(openIn = inEditor): ScreenFiles {
  return {
    async edit(source, line, signal) {
      if (source.kind === 'file') return openIn(source.path, line, signal);
      // Logs may hold what is nobody else's business: a directory and a file for this user alone.
      const directory = makePrivateDirectory('text');
      try {
        const file = join(directory, source.name);
        await writeFile(file, source.text, { mode: 0o600 });
        await openIn(file, line, signal);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
    async write(name, source, isReplacing) {
      const path = resolve(name.replace(/^~(?=\/)/, homeDirectory()));
      try {
        await put(path, source, isReplacing);
        return { path, isThere: false };
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EEXIST' && !isReplacing) return { path, isThere: true };
        throw new BxError('input', `cannot write ${path}: ${writeReasonOf(error)}`, {
          hint: 'Choose another name with W.',
          cause: error,
        });
      }
    },
  };
}

function put(path: string, source: TextSource, isReplacing: boolean): Promise<void> {
  if (source.kind === 'file') return copyFile(source.path, path, isReplacing ? 0 : constants.COPYFILE_EXCL);
  return writeFile(path, source.text, { flag: isReplacing ? 'w' : 'wx' });
}
