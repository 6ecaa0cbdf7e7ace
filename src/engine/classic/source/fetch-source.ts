/** A context that is no directory of this machine, brought into a private one: a repository, an archive, a lone Dockerfile. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseDockerfile } from '../../../core/dockerfile/index.js';
import { BxError } from '../../../platform/errors.js';
import type { BuildRequest, ContextSource } from '../../engine.js';
import { archiveKindOf } from '../../shared/files/archive-kind.js';
import { openTar } from './decompress.js';
import { checkOut, repositoryOf } from './git.js';
import { resolveInScope } from './in-scope.js';
import { unpackTar } from './unpack.js';

const DOCKERFILE = 'Dockerfile';
const DOCKERFILE_MAX_BYTES = 2 * 1024 * 1024;

/**
 * The same request with a directory in `home`, an empty one of ours, for its context. What came as an archive keeps its `source`: it is sent
 * on as it is, whatever its ignore file says. Throws `BxError`.
 */
export async function fetchSource(request: BuildRequest, home: string, signal: AbortSignal): Promise<BuildRequest> {
  const contextDir = join(home, 'context');
  mkdirSync(contextDir);
  const { source, ...rest } = request;
  if (source === undefined) return withLoneDockerfile(rest, contextDir, request.dockerfile.text);
  const repository = source.kind === 'url' ? repositoryOf(source.url) : null;
  if (repository !== null) return withDockerfileOf({ ...rest, contextDir: await checkOut(repository, contextDir, signal) });
  const path = source.kind === 'archive' ? source.path : join(home, 'download');
  if (source.kind === 'url') await (await import('./download.js')).download(source.url, path, signal);
  const kind = archiveKindOf(path);
  if (kind === null) {
    if (source.kind === 'url' && request.dockerfile.name !== DOCKERFILE) {
      throw new BxError('input', `${source.url} is a Dockerfile, and -f names another`, {
        hint: 'Leave -f out, or name an archive with the Dockerfile in it.',
      });
    }
    return withLoneDockerfile(rest, contextDir, readDockerfile(path, 'what the URL names'));
  }
  await unpackTar(openTar(path, kind, signal), contextDir, signal);
  const sent: ContextSource = { kind: 'archive', path };
  return withDockerfileOf({ ...rest, contextDir, source: sent });
}

/** It is in the context, as a file that can be copied. */
function withLoneDockerfile(request: BuildRequest, contextDir: string, text: string): BuildRequest {
  writeFileSync(join(contextDir, DOCKERFILE), text);
  return { ...request, contextDir, dockerfile: dockerfileAt(contextDir, DOCKERFILE, text) };
}

/** One of this machine stays what it is. */
function withDockerfileOf(request: BuildRequest & { readonly contextDir: string }): BuildRequest {
  const { contextDir, dockerfile } = request;
  if (dockerfile.origin !== 'context') return request;
  const named = resolveInScope(contextDir, dockerfile.name);
  const isThere = statSync(named, { throwIfNoEntry: false })?.isFile() === true;
  const path = isThere || dockerfile.name !== DOCKERFILE ? named : resolveInScope(contextDir, DOCKERFILE.toLowerCase());
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new BxError('input', `the context has no ${dockerfile.name}`, {
      hint: 'Name the Dockerfile by its path there: -f PATH',
    });
  }
  return { ...request, dockerfile: dockerfileAt(dirname(path), basename(path), readDockerfile(path, dockerfile.name)) };
}

function dockerfileAt(dir: string, name: string, text: string): BuildRequest['dockerfile'] {
  return { dir, name, text, plan: parseDockerfile(text, []) };
}

function readDockerfile(path: string, what: string): string {
  const { size } = statSync(path);
  if (size > DOCKERFILE_MAX_BYTES) throw new BxError('input', `${what} has ${size} bytes, which is too large for a Dockerfile`);
  if (size === 0) throw new BxError('input', `${what} is empty`, { hint: 'Write at least a FROM instruction.' });
  return readFileSync(path, 'utf8');
}
