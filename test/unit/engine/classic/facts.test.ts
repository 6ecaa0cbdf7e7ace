/** Who answers: told by the shortest answer where that says it, else asked for. */
import { describe, expect, it } from 'vitest';
import { readFacts } from '../../../../src/engine/classic/facts.js';
import type { EngineApi } from '../../../../src/engine/shared/engine-api.js';

const signal = new AbortController().signal;

function apiOf(headers: Readonly<Record<string, string>>, version: object): { api: EngineApi; asked: string[] } {
  const asked: string[] = [];
  const api = {
    endpoint: { address: 'unix:///a.sock', source: 'the test' },
    async head(path: string) {
      asked.push(path);
      return { status: 200, headers };
    },
    async json(_method: string, path: string) {
      asked.push(path);
      return version;
    },
  } as unknown as EngineApi;
  return { api, asked };
}

describe('an engine', () => {
  it('of Docker is known by the headers of its shortest answer', async () => {
    const { api, asked } = apiOf(
      { server: 'Docker/28.5.2+dfsg4 (linux)', 'api-version': '1.51', date: 'Thu, 26 Nov 2026 11:29:39 GMT' },
      {},
    );
    const nowS = Date.UTC(2026, 10, 26, 11, 29, 39) / 1000;
    expect(await readFacts(api, signal)).toEqual({ name: 'Docker Engine 28.5.2', isPodman: false, apiMinor: 51, nowS });
    expect(asked).toEqual(['/_ping']);
  });

  it.each([
    ['Podman', { server: 'Libpod/4.3.1 (linux)', 'api-version': '1.41' }, [{ Name: 'Podman Engine' }], 'Podman 4.3.1'],
    ['one behind a proxy', { server: 'nginx' }, [{ Name: 'Engine' }], 'Docker Engine 4.3.1'],
  ] as const)('that the headers do not tell is asked: %s', async (_, headers, Components, name) => {
    const { api } = apiOf(headers, { Version: '4.3.1', ApiVersion: '1.41', Components });
    expect(await readFacts(api, signal)).toEqual({ name, isPodman: name.startsWith('Podman'), apiMinor: 41, nowS: null });
  });

  it('is none when it answers neither', async () => {
    const { api } = apiOf({}, { hello: 'world' });
    await expect(readFacts(api, signal)).rejects.toMatchObject({ code: 'endpoint' });
  });
});
