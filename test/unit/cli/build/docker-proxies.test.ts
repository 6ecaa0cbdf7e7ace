import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDockerProxies } from '../../../../src/cli/build/docker-proxies.js';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bxtui-proxies-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('readDockerProxies', () => {
  it('reads what docker’s configuration says of each engine', () => {
    const proxies = {
      default: { httpProxy: 'http://p:1', httpsProxy: '', noProxy: 'localhost', allProxy: 'x' },
      'tcp://e:2376': { ftpProxy: 'http://f:1' },
    };
    writeFileSync(join(dir, 'config.json'), JSON.stringify({ proxies }));
    expect(readDockerProxies({ DOCKER_CONFIG: dir })).toEqual({
      default: [
        ['HTTP_PROXY', 'http://p:1'],
        ['NO_PROXY', 'localhost'],
      ],
      'tcp://e:2376': [['FTP_PROXY', 'http://f:1']],
    });
  });

  it.each(['', '{', 'null', '{"proxies":[]}', '{"proxies":{"default":null}}', '{"proxies":{"default":{"httpProxy":3}}}'])(
    'takes no harm of %s',
    (text) => {
      writeFileSync(join(dir, 'config.json'), text);
      expect(Object.values(readDockerProxies({ DOCKER_CONFIG: dir })).flat()).toEqual([]);
    },
  );

  it('finds none where there is no such file', () => {
    expect(readDockerProxies({ HOME: dir })).toEqual({});
  });
});
