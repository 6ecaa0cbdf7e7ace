/** What to do when a registry does not give what the engine asks it for: whether it was told who asks, and from where that is known. Pure. */
import { registryOf } from './registry-name.js';

/** What was found for a registry when the engine had to know. */
export interface CredentialsLookUp {
  /** `docker.io`, `localhost:5000`. */
  readonly registry: string;
  /** Null: nothing was found; empty: a token. */
  readonly username: string | null;
  /** The file or the program that was asked last. */
  readonly source: string;
  /** What could not be used on the way, a sentence without its end. */
  readonly problem: string | null;
}

/** What registries, and those who ask them, say of credentials that lack, are wrong, or do not suffice. */
const REFUSED =
  /\b40[13]\b|unauthorized|authorization failed|access denied|insufficient_scope|\bdenied:|no basic auth credentials|authentication required|incorrect username or password/i;

/** Null: the engine's words are of something else, or nothing is known of that registry. `image`: the one that was wanted. */
export function hintForRefusal(message: string, image: string | null, lookUps: readonly CredentialsLookUp[]): string | null {
  if (!REFUSED.test(message)) return null;
  const wanted = image === null || image.includes('$') ? null : registryOf(image);
  const found =
    lookUps.find(({ registry }) => registry === wanted) ??
    lookUps.find(({ registry }) => message.includes(`${registry}/`) || message.includes(`host ${registry}`)) ??
    (wanted === null && lookUps.length === 1 ? lookUps[0] : undefined);
  if (!found) return null;
  const { registry, username, source, problem } = found;
  const login = registry === 'docker.io' ? 'docker login' : `docker login ${registry}`;
  const next = `Run ${login}, or check the name of the image.`;
  if (username !== null) {
    const whose = username === '' ? 'the token' : `the credentials of ${username}`;
    return `${registry} refuses ${whose} that ${source} has for it. ${next}`;
  }
  return problem === null
    ? `${registry} wants credentials, and ${source} has none for it. ${next}`
    : `${registry} wants credentials, and ${problem}. ${next}`;
}
