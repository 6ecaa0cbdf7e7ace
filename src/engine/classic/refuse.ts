/** What was asked for and the classic builder does not know: refused with the reason, before anything is built. */
import { BxError } from '../../platform/errors.js';
import type { BuildRequest } from '../engine.js';

export const USE_BUILDKIT = 'Build with BuildKit: unset DOCKER_BUILDKIT, or say --engine=buildkit.';

/** How a builder is spoken of. */
export interface BuilderWords {
  /** In a sentence. */
  readonly name: string;
  /** What to do about what it does not know. */
  readonly elsewhere: string;
}

/** Throws `BxError('unsupported' | 'usage')`. */
export function refuseUnknown(request: BuildRequest, words: BuilderWords): void {
  const { secrets, ssh, outputs } = request;
  const unreadable = request.classic?.unreadable;
  if (unreadable) throw new BxError('usage', unreadable.message, { hint: unreadable.hint });
  const unsupported = (what: string): BxError => refusal(words, what);
  if (request.dockerfile.url !== undefined) throw unsupported('gets no Dockerfile by its URL (--file)');
  if (secrets.length > 0) throw unsupported('knows no secrets (--secret)');
  if (ssh.length > 0) throw unsupported('cannot forward an agent (--ssh)');
  if (request.noCacheStages?.length) throw unsupported('cannot leave single stages out of its cache (--no-cache-filter)');
  if (request.contexts?.length) throw unsupported('knows no named contexts (--build-context)');
  if (request.cacheTo?.length) throw unsupported('puts its cache nowhere else (--cache-to)');
  if (request.call !== undefined) throw unsupported('has no frontend that could be asked (--call, --check)');
  if (request.onRawStatus) throw unsupported('has no messages of BuildKit that could be told (--progress=rawjson)');
  if (request.sourcePolicy) throw unsupported('knows no source policies (EXPERIMENTAL_BUILDKIT_SOURCE_POLICY)');
  if (request.allow?.length) throw unsupported('has no entitlements to give (--allow)');
  const other = outputs.find(({ kind }) => kind !== 'store');
  if (other?.kind === 'image' && other.attrs?.push === 'true') throw unsupported('pushes nothing (--push)');
  const attested = request.attestations?.find(({ spec }) => spec !== null);
  if (attested) throw unsupported(`attests nothing (--attest type=${attested.type})`);
  if (request.annotations !== undefined) throw unsupported('makes images that have no annotations (--annotation)');
  if (other) throw unsupported(`writes its result into the engine's image store only, not as ${other.kind} (--output)`);
}

/** `own`: the engine's platform. Throws `BxError('unsupported')` for another. */
export function refuseOtherPlatform({ platform }: BuildRequest, own: string, words: BuilderWords): void {
  if (platform === null || platform === own || platform.startsWith(`${own}/`)) return;
  throw refusal(words, `builds for its engine's own platform, ${own}, only (--platform ${platform})`);
}

function refusal({ name, elsewhere }: BuilderWords, what: string): BxError {
  return new BxError('unsupported', `${name} ${what}`, { hint: elsewhere });
}

/** Throws `BxError('input')` for a target that the Dockerfile does not have. */
export function requireTarget({ target, dockerfile }: BuildRequest): void {
  const { stages } = dockerfile.plan;
  const names = stages.flatMap(({ name }) => name ?? []);
  if (target !== null && !names.some((name) => name === target.toLowerCase())) {
    const known =
      names.length === 0
        ? 'It names no stage (FROM … AS name).'
        : `It has: ${names.filter((name) => name !== target.toLowerCase()).join(', ')}.`;
    throw new BxError('input', `the Dockerfile has no stage named "${target}"`, { hint: known });
  }
}

/** distribution/reference: an optional host, a path of lower case, an optional tag. */
const TAG =
  /^(?:(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+(?=:\d))(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?$/;

/** Throws `BxError('input')` for a name that no image can have. Not every engine says why it refuses one. */
export function requireNames({ tags }: BuildRequest): void {
  const wrong = tags.find((tag) => !TAG.test(tag));
  if (wrong === undefined) return;
  throw new BxError('input', `"${wrong}" cannot be the name of an image: it is no valid reference`, {
    hint: /[A-Z]/.test(wrong) ? 'A name is in lower case: REGISTRY/name:tag.' : 'A name is written like REGISTRY/name:tag.',
  });
}
