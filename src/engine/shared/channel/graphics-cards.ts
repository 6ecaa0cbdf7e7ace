/** Whether an engine gives the machine's graphics cards to a container, as buildx finds it out (docker/buildx, driver/docker-container/driver.go). */
import type { EngineApi } from '../engine-api.js';

/** All of them, as `docker run --gpus all` asks for them. */
export const ALL_CARDS = [{ Driver: '', Count: -1, DeviceIDs: null, Capabilities: [['gpu']], Options: {} }] as const;

/** No call tells it: a container of `image` with them is started, and is gone at once. Never rejects for what the engine says. */
export async function givesCards(api: Pick<EngineApi, 'ask'>, image: string, signal: AbortSignal): Promise<boolean> {
  const body = {
    Image: image,
    Entrypoint: ['/bin/true'],
    HostConfig: { NetworkMode: 'none', AutoRemove: true, DeviceRequests: ALL_CARDS },
  };
  const made = await api.ask('POST', '/containers/create', { body, signal });
  const id = made.status < 400 ? made.json?.Id : undefined;
  if (typeof id !== 'string') return false;
  const started = await api.ask('POST', `/containers/${id}/start`, { signal });
  if (started.status < 400) return true;
  await api.ask('DELETE', `/containers/${id}`, { query: { force: '1' }, signal });
  return false;
}
