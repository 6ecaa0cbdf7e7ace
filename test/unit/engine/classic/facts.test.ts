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
    async ask(_method: string, path: string) {
      asked.push(path);
      return 'status' in version ? version : { status: 200, json: version, message: JSON.stringify(version) };
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

  it.each([
    [{ status: 401, json: null, message: 'the token has expired' }, /^unix:.* refused access: 401 the token has expired$/],
    [
      { status: 502, json: null, message: '<html>nobody</html>' },
      /is no Docker Engine, but a proxy or a web server: 502 nobody$/,
    ],
    [{ status: 500, json: null, message: 'it burns' }, /does not answer as a Docker Engine does: 500 it burns$/],
  ])('is not what answers so: %j', async (answer, message) => {
    const { api } = apiOf({}, answer);
    await expect(readFacts(api, signal)).rejects.toMatchObject({ code: 'endpoint', message: expect.stringMatching(message) });
  });

  it('is told to be too old, with what is needed', async () => {
    const { api } = apiOf({}, { Version: '1.12.6', ApiVersion: '1.24' });
    await expect(readFacts(api, signal)).rejects.toMatchObject({
      message: expect.stringMatching(/^unix:.* is too old: Docker Engine 1\.12\.6 speaks version 1\.24 of its API$/),
      hint: expect.stringMatching(/update it, or name another one/),
    });
  });
});
