/** Which registry an image comes from, under the names that it has in the docker configuration and for the engines. Pure. */

/** Docker Hub is asked for under the host of its registry, and configured under the address of its index. */
export const HUB_KEY = 'https://index.docker.io/v1/';
const HUB_HOSTS = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/** `docker.io`, `localhost:5000`: the first part is a host when it looks like one (distribution/reference). */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return isHost ? registryAt(first) : 'docker.io';
}

/** As an image is named: Docker Hub has several hosts. */
export function registryAt(host: string): string {
  return HUB_HOSTS.includes(host) ? 'docker.io' : host;
}

/** Under which the docker configuration has its credentials. */
export function configKeyOf(registry: string): string {
  return registry === 'docker.io' ? HUB_KEY : registry;
}

/** The host of a key of the docker configuration: `https://registry.example/v2/` and `registry.example` mean the same registry. */
export function hostOfKey(key: string): string {
  return registryAt(key.replace(/^https?:\/\//, '').replace(/\/.*$/, ''));
}
