import { describe, expect, it } from 'vitest';
import { type Endpoint, firstReachable } from '../../../src/builders/index.js';
import { BxError } from '../../../src/platform/errors.js';

const endpoint = (address: string): Endpoint => ({ kind: 'docker', address, source: 'somewhere', tls: null });
const down = (at: Endpoint, why: string) =>
  new BxError('endpoint', `cannot connect to ${at.address} (${at.source}): ${why}`, { hint: 'start it' });

describe('firstReachable', () => {
  const [a, b] = [endpoint('unix:///a'), endpoint('unix:///b')] as const;

  it('takes the first that answers and asks no further', async () => {
    const asked: string[] = [];
    const found = await firstReachable([a, b, endpoint('unix:///c')], async (at) => {
      asked.push(at.address);
      if (at === a) throw down(a, 'no');
      return at.address;
    });
    expect(found).toBe('unix:///b');
    expect(asked).toEqual(['unix:///a', 'unix:///b']);
  });

  it('lists every endpoint with its own reason, said once', async () => {
    const failing = firstReachable([a, b], async (at) => {
      throw at === a
        ? down(a, 'there is no such socket')
        : new BxError('endpoint', 'the engine at unix:///b (somewhere) has no BuildKit');
    });
    await expect(failing).rejects.toMatchObject({
      code: 'endpoint',
      message:
        'no engine is in reach\n  unix:///a (somewhere): there is no such socket\n  unix:///b (somewhere): the engine at unix:///b (somewhere) has no BuildKit',
      hint: expect.stringMatching(/DOCKER_HOST/),
    });
  });

  it('names the group where a socket refuses', async () => {
    const failing = firstReachable([a, b], async (at) => {
      throw down(at, at === a ? 'permission denied' : 'there is no such socket');
    });
    await expect(failing).rejects.toMatchObject({ hint: expect.stringMatching(/usermod -aG docker/) });
  });

  it.each([
    ['there is no such pipe', /Start-Service docker/],
    ['permission denied', /group docker-users/],
  ])('says what helps on Windows: %s', async (why, hint) => {
    const pipes = [endpoint('npipe:////./pipe/docker_engine'), endpoint('npipe:////./pipe/buildkitd')];
    const failing = firstReachable(pipes, async (at) => Promise.reject(down(at, why)));
    await expect(failing).rejects.toMatchObject({ hint: expect.stringMatching(hint) });
    await expect(failing).rejects.not.toMatchObject({ hint: expect.stringMatching(/systemctl|usermod/) });
  });

  it('leaves the error of a single endpoint as it is', async () => {
    await expect(firstReachable([a], async () => Promise.reject(down(a, 'refused')))).rejects.toMatchObject({ hint: 'start it' });
  });

  it('stops at once when it is cancelled', async () => {
    const asked: string[] = [];
    const cancelled = firstReachable([a, b], async (at) => {
      asked.push(at.address);
      throw new BxError('cancelled', 'stopped');
    });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    expect(asked).toEqual(['unix:///a']);
  });
});
