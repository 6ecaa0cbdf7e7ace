/** A build context in a directory of its own, with the busybox that stands in for a base image: what the tests build. */
import { randomUUID } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findBusybox } from '../setup/busybox.mjs';

/** The first lines of the tests' Dockerfiles: a base with a shell, made without a registry. Four lines. */
export const BASE = `FROM scratch AS base
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
ENV RUN_ID=@RUN_ID@
`;

export interface Project {
  readonly dir: string;
  write(path: string, content: string | Uint8Array): void;
  read(path: string): string;
  path(path: string): string;
  /** Replaces text in the Dockerfile; throws when it is not there. */
  edit(from: string, to: string): void;
}

const projects = new Set<string>();

/**
 * Writes the context. `@RUN_ID@` in the Dockerfile becomes unique, so that no step after it is cached from an earlier test;
 * `runId` shares the cache between two contexts.
 */
export function createProject(
  dockerfile: string,
  files: Readonly<Record<string, string | Uint8Array>> = {},
  runId: string = randomUUID(),
): Project {
  const dir = mkdtempSync(join(tmpdir(), 'bxtui-e2e-'));
  projects.add(dir);
  const project: Project = {
    dir,
    write: (path, content) => {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), content);
    },
    read: (path) => readFileSync(join(dir, path), 'utf8'),
    path: (path) => join(dir, path),
    edit: (from, to) => {
      const before = project.read('Dockerfile');
      if (!before.includes(from)) throw new Error(`the Dockerfile has no ${JSON.stringify(from)}`);
      project.write('Dockerfile', before.replace(from, to));
    },
  };
  copyFileSync(findBusybox(), join(dir, 'busybox'));
  chmodSync(join(dir, 'busybox'), 0o755);
  project.write('Dockerfile', dockerfile.replaceAll('@RUN_ID@', runId));
  for (const [path, content] of Object.entries(files)) project.write(path, content);
  return project;
}

/** Removes every context; belongs into `afterEach`. */
export function removeProjects(): void {
  for (const dir of projects) rmSync(dir, { recursive: true, force: true });
  projects.clear();
}
