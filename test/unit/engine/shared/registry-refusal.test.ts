/** What to do about a registry that refuses: the texts are those of engines and registries. */
import { describe, expect, it } from 'vitest';
import { type CredentialsLookUp, hintForRefusal } from '../../../../src/engine/shared/registry-refusal.js';

const lookUp = (registry: string, more: Partial<CredentialsLookUp> = {}): CredentialsLookUp => ({
  ...{ registry, username: null, source: '/home/me/.docker/config.json', problem: null },
  ...more,
});
const HUB = lookUp('docker.io');
const OWN = lookUp('registry.example:5000', { username: 'me' });
const TOKEN = lookUp('ghcr.io', { username: '', source: 'docker-credential-pass' });

describe('a refusal by a registry', () => {
  it.each([
    [
      "pull access denied for secret/app, repository does not exist or may require 'docker login': denied: requested access",
      'secret/app',
      'docker.io wants credentials, and /home/me/.docker/config.json has none for it. Run docker login, or check the name of the image.',
    ],
    [
      'Head "https://registry.example:5000/v2/app/manifests/1": unauthorized: authentication required',
      'registry.example:5000/app:1',
      'registry.example:5000 refuses the credentials of me that /home/me/.docker/config.json has for it. Run docker login registry.example:5000, or check the name of the image.',
    ],
    [
      'failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://ghcr.io/token?scope=x: 403 Forbidden',
      'ghcr.io/me/app',
      'ghcr.io refuses the token that docker-credential-pass has for it. Run docker login ghcr.io, or check the name of the image.',
    ],
    // An argument names the image: what the message names counts.
    [
      'pulling from host registry.example:5000 failed with status code [manifests 1]: 401 Unauthorized',
      '$IMAGE',
      /^registry\.example:5000 refuses/,
    ],
  ])('%s', (message, image, hint) => {
    const found = hintForRefusal(message, image, [HUB, OWN, TOKEN]);
    if (typeof hint === 'string') expect(found).toBe(hint);
    else expect(found).toMatch(hint);
  });

  it('tells what is wrong with the helper', () => {
    const problem = 'the credential helper docker-credential-pass gave nothing for ghcr.io: it is not installed';
    expect(hintForRefusal('denied: denied', 'ghcr.io/me/app', [lookUp('ghcr.io', { problem })])).toBe(
      `ghcr.io wants credentials, and ${problem}. Run docker login ghcr.io, or check the name of the image.`,
    );
  });

  it.each([
    ['another failure', 'manifest unknown: manifest unknown', 'ghcr.io/me/app', [TOKEN]],
    ['a registry of which nothing is known', '401 Unauthorized', 'other.example/app', [TOKEN]],
    ['one of several, nobody knows which', 'unauthorized: authentication required', '$IMAGE', [TOKEN, OWN]],
  ])('says nothing of %s', (_, message, image, lookUps) => expect(hintForRefusal(message, image, lookUps)).toBeNull());
});
