/** Programs of this machine, with the libraries they load, as part of a build context. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Project } from '../helpers/project.js';

/** Copies `program` and what its loader needs to below `directory` of the context, each to the path that it has here. */
export function addProgram(project: Project, directory: string, program: string): void {
  const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
  for (const path of [program, ...libraries]) {
    const target = join(project.dir, directory, path);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(realpathSync(path), target);
  }
}
