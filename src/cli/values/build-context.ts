/** `--build-context NAME=DIR|docker-image://REF|oci-layout://DIR|URL`: files besides the context. It must not read them. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { NamedContext } from '../../engine/engine.js';
import { BxError } from '../../platform/errors.js';
import { reasonOf } from '../../platform/reason.js';
import { checkTag } from './tag.js';

const LAYOUT = 'oci-layout://';
const HINT = 'For example: --build-context src=../src, or --build-context base=docker-image://alpine:3.20';

/** Of one name the last counts. Throws `BxError('usage' | 'input')`. */
export function parseBuildContexts(values: readonly string[], cwd: string): NamedContext[] {
  const contexts = values.filter((value) => value !== '').map((value) => parseBuildContext(value, cwd));
  return [...new Map(contexts.map((context) => [context.name, context])).values()];
}

function parseBuildContext(value: string, cwd: string): NamedContext {
  const equals = value.indexOf('=');
  const written = value.slice(0, Math.max(equals, 0));
  if (written === '') throw invalid(value, 'must be NAME=SOURCE');
  const name = familiar(written);
  if (!isReference(name)) throw invalid(value, `"${written}" cannot be a name`);
  const source = value.slice(equals + 1);
  if (source === '') throw invalid(value, 'the source is empty');
  if (/^(?:docker-image:\/\/|https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/.test(source)) {
    return { name, from: { kind: 'reference', ref: source } };
  }
  if (source.startsWith('target:')) {
    throw new BxError(
      'usage',
      `invalid --build-context "${value}": target: is a target of docker buildx bake, and there is none`,
      {
        hint: `A stage of the Dockerfile is there by its own name: COPY --from=${source.slice(7)}`,
      },
    );
  }
  if (source.startsWith(LAYOUT)) return { name, from: parseLayout(value, source.slice(LAYOUT.length), cwd) };
  const dir = resolve(cwd, source);
  requireDirectory(value, dir);
  return { name, from: { kind: 'dir', dir } };
}

/** `DIR[:TAG][@DIGEST]`; the digest counts before the tag (docker/buildx, util/ocilayout). */
function parseLayout(value: string, written: string, cwd: string): NamedContext['from'] {
  const at = /@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})$/.exec(written);
  const [path, tag] = splitTag(at ? written.slice(0, at.index) : written);
  if (path === '') throw invalid(value, 'it names no directory');
  const digest = at?.[1];
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw invalid(value, `${digest} is no digest that is read here: sha256: and 64 digits`);
  }
  const dir = resolve(cwd, path);
  requireDirectory(value, dir);
  if (digest !== undefined) return { kind: 'layout', dir, digest };
  if (statSync(join(dir, 'index.json'), { throwIfNoEntry: false }) === undefined) {
    throw new BxError('input', `--build-context ${value}: ${dir} is no OCI image layout: it has no index.json`, {
      hint: 'bxtui build --output type=oci,tar=false,dest=DIR makes one. For the files of a directory write NAME=DIR.',
    });
  }
  return { kind: 'layout', dir, tag: tag ?? 'latest' };
}

function splitTag(text: string): readonly [path: string, tag: string | null] {
  const tag = /:([\w][\w.-]{0,127})$/.exec(text);
  return tag ? [text.slice(0, tag.index), tag[1] ?? null] : [text, null];
}

/** As images are named for short: `docker.io/library/alpine:latest` is `alpine` (distribution/reference). */
function familiar(name: string): string {
  return name.replace(/^(?:index\.)?docker\.io\/(?:library\/)?/, '').replace(/:latest$/, '');
}

function isReference(name: string): boolean {
  try {
    checkTag(name.replace(/@sha256:[0-9a-f]{64}$/, ''));
    return true;
  } catch {
    return false;
  }
}

function requireDirectory(value: string, dir: string): void {
  let isDirectory = false;
  try {
    isDirectory = statSync(dir).isDirectory();
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new BxError(
      'input',
      `--build-context ${value}: ${dir} ${isMissing ? 'does not exist' : `cannot be looked at: ${reasonOf(error)}`}`,
      {
        hint: HINT,
        cause: error,
      },
    );
  }
  if (!isDirectory) throw new BxError('input', `--build-context ${value}: ${dir} is no directory`, { hint: HINT });
}

function invalid(value: string, what: string): BxError {
  return new BxError('usage', `invalid --build-context "${value}": ${what}`, { hint: HINT });
}
