/** Reads the project's own sources for the tests about their structure. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';
import { projectRoot } from '../setup/toolchain.mjs';

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lineCount: number;
}

export interface Import {
  readonly from: string;
  /** A file of the project (relative to the root), or a package's or node module's specifier as written. */
  readonly to: string;
  readonly isOwn: boolean;
}

/** Every file below `folder` with one of the endings, generated code left out. */
export function readSources(folder: string, endings: readonly string[] = ['.ts']): SourceFile[] {
  const files: SourceFile[] = [];
  for (const entry of readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !endings.some((ending) => entry.name.endsWith(ending))) continue;
    const path = relative(projectRoot, join(entry.parentPath, entry.name)).split(sep).join('/');
    if (path.includes('/proto/gen/')) continue;
    const text = readFileSync(join(projectRoot, path), 'utf8');
    files.push({ path, text, lineCount: text.trimEnd().split('\n').length });
  }
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Static, type-only, re-exporting and dynamic imports of a file. */
export function importsOf(file: SourceFile): Import[] {
  return ts.preProcessFile(file.text, true, true).importedFiles.map(({ fileName }) => {
    if (!fileName.startsWith('.')) return { from: file.path, to: fileName, isOwn: false };
    const target = relative(projectRoot, resolve(projectRoot, dirname(file.path), fileName))
      .split(sep)
      .join('/');
    return { from: file.path, to: target.replace(/\.js$/, '.ts'), isOwn: true };
  });
}

/** `src/ui/panels/x.ts` -> `ui`. */
export function roomOf(path: string): string {
  return path.split('/')[1] ?? '';
}
