import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { normaliseAddress } from '../../../src/builders/address-schemes.js';
import { resolveDockerEngines, resolveEndpoints } from '../../../src/builders/index.js';

describe('resolveEndpoints', () => {
  let config: string;
  const nothing = { exists: () => false, uid: 0 };
  const write = (path: string, text: string): void => {
    mkdirSync(join(config, path, '..'), { recursive: true });
    writeFileSync(join(config, path), text);
  };
  const idOf = (name: string): string => createHash('sha256').update(name).digest('hex');
  const addContext = (name: string, docker: object): void =>
    write(`contexts/meta/${idOf(name)}/meta.json`, JSON.stringify({ Name: name, Endpoints: { docker } }));
  const resolve = (env: Record<string, string> = {}, options = {}) =>
    resolveEndpoints({ DOCKER_CONFIG: config, HOME: config, ...env }, { ...nothing, ...options });

  beforeEach(() => {
    config = mkdtempSync(join(tmpdir(), 'bxtui-config-'));
  });
  afterEach(() => rmSync(config, { recursive: true, force: true }));

  it('takes BUILDKIT_HOST before everything else, alone', async () => {
    const found = await resolve({ BUILDKIT_HOST: 'tcp://b:1234', DOCKER_HOST: 'tcp://d:2375', DOCKER_CONTEXT: 'x' });
    expect(found).toEqual([{ kind: 'buildkitd', address: 'tcp://b:1234', source: 'BUILDKIT_HOST', tls: null }]);
  });

  it('knows the Docker Engine beside a buildkitd', async () => {
    addContext('work', { Host: 'tcp://w:2375' });
    const beside = (env: Record<string, string>) =>
      resolveDockerEngines({ DOCKER_CONFIG: config, HOME: config, BUILDKIT_HOST: 'tcp://b:1234', ...env }, nothing);
    expect(await beside({ DOCKER_HOST: 'tcp://d:2375' })).toMatchObject([{ kind: 'docker', address: 'tcp://d:2375' }]);
    expect(await beside({ DOCKER_CONTEXT: 'work' })).toMatchObject([{ kind: 'docker', address: 'tcp://w:2375' }]);
    expect(await beside({})).toMatchObject([{ kind: 'docker', source: 'default socket' }]);
  });

  it('takes DOCKER_HOST before contexts, alone', async () => {
    addContext('work', { Host: 'tcp://work:1' });
    const found = await resolve({ DOCKER_HOST: 'unix:///x.sock', DOCKER_CONTEXT: 'work' });
    expect(found).toEqual([{ kind: 'docker', address: 'unix:///x.sock', source: 'DOCKER_HOST', tls: null }]);
  });

  it.each([
    ['host:2375', 'tcp://host:2375'],
    [':2375', 'tcp://127.0.0.1:2375'],
    ['/run/d.sock', 'unix:///run/d.sock'],
    ['tcp://[::1]:2375/', 'tcp://[::1]:2375'],
    [' unix:///a b.sock ', 'unix:///a b.sock'],
  ])('reads DOCKER_HOST=%s as %s', async (host, address) => {
    expect((await resolve({ DOCKER_HOST: host }))[0]!.address).toBe(address);
  });

  it.each([
    ['DOCKER_HOST', 'npipe:////./pipe/docker_engine', /named pipes are of Windows/, /tcp:\/\//],
    ['DOCKER_HOST', 'fd://3', /handed its socket/, /unix:\/\//],
    ['DOCKER_HOST', 'gopher://x', /no such scheme as gopher:\/\//, /unix:\/\/\/path/],
    ['DOCKER_HOST', 'unix://relative', /absolute path/, /unix:\/\//],
    ['DOCKER_HOST', 'tcp://', /cannot be read/, /tcp:\/\/HOST:PORT/],
    ['DOCKER_HOST', 'ssh://', /cannot be read|host is missing/, /ssh:\/\/USER@HOST/],
    ['DOCKER_HOST', 'ssh://me:secret@host', /names "ssh:\/\/me:…@host": a password/, /ssh:\/\/USER@HOST/],
    ['DOCKER_HOST', 'ssh://-oProxyCommand=x', /host is missing|cannot be read/, /ssh:\/\//],
    ['DOCKER_HOST', 'docker-container://b', /a buildkitd, not a Docker Engine/, /BUILDKIT_HOST/],
    ['BUILDKIT_HOST', 'docker-container://', /name is missing/, /docker-container:\/\/NAME/],
    ['BUILDKIT_HOST', 'docker-container://b?x=1', /x= means nothing here/, /docker-container/],
    ['BUILDKIT_HOST', 'podman-container://b?context=x', /context= means nothing here/, /podman-container/],
    ['BUILDKIT_HOST', 'kube-pod://x?pod=y', /pod= means nothing here; context=, namespace=, container= would/, /kube-pod/],
    ['BUILDKIT_HOST', 'lxc-container://x', /no such scheme as lxc-container/, /docker-container/],
  ])('refuses %s=%s by name', async (name, value, message, hint) => {
    await expect(resolve({ [name]: value })).rejects.toMatchObject({
      code: 'endpoint',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it('reads TLS files for DOCKER_TLS_VERIFY, and says what is missing', async () => {
    const env = { DOCKER_HOST: 'tcp://h:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: join(config, 'certs') };
    await expect(resolve(env)).rejects.toThrow(/DOCKER_CERT_PATH names .*certs, where there is no ca\.pem/);
    write('certs/ca.pem', 'CA');
    write('certs/cert.pem', 'CERT');
    await expect(resolve(env)).rejects.toThrow(/key\.pem is missing, while cert\.pem is there/);
    write('certs/key.pem', 'KEY');
    expect((await resolve(env))[0]!.tls).toEqual({ ca: 'CA', cert: 'CERT', key: 'KEY', skipVerify: false, serverName: null });
    expect((await resolve({ ...env, DOCKER_TLS_VERIFY: '', DOCKER_TLS: '1' }))[0]!.tls).toMatchObject({ skipVerify: true });
    expect((await resolve({ ...env, DOCKER_TLS_VERIFY: '' }))[0]!.tls).toBeNull();
  });

  it('follows DOCKER_CONTEXT, with the TLS material of the context', async () => {
    addContext('work', { Host: 'tcp://work:2376', SkipTLSVerify: false });
    write(`contexts/tls/${idOf('work')}/docker/ca.pem`, 'CA');
    expect(await resolve({ DOCKER_CONTEXT: 'work' })).toEqual([
      {
        kind: 'docker',
        address: 'tcp://work:2376',
        source: 'docker context "work"',
        tls: { ca: 'CA', cert: null, key: null, skipVerify: false, serverName: null },
      },
    ]);
  });

  it('follows the current context, and does not fall through when it is broken', async () => {
    write('config.json', JSON.stringify({ currentContext: 'home' }));
    addContext('home', { Host: 'unix:///home.sock' });
    expect((await resolve()).map((endpoint) => endpoint.address)).toEqual(['unix:///home.sock']);
    write('config.json', JSON.stringify({ currentContext: 'gone' }));
    await expect(resolve()).rejects.toMatchObject({
      message: expect.stringMatching(/docker context "gone" \(the current one of config\.json\) does not exist/),
      hint: expect.stringMatching(/default, home/),
    });
    write('config.json', '{');
    await expect(resolve()).rejects.toThrow(/config\.json is not valid JSON/);
  });

  it('names a context without an engine, and one with an address that is not supported', async () => {
    addContext('kube', {});
    await expect(resolve({ DOCKER_CONTEXT: 'kube' })).rejects.toThrow(/names no Docker Engine/);
    addContext('far', { Host: 'gopher://far' });
    await expect(resolve({ DOCKER_CONTEXT: 'far' })).rejects.toThrow(/docker context "far" names "gopher:\/\/far"/);
  });

  it('lists the usual places last, DOCKER_CONTEXT=default included', async () => {
    write('config.json', JSON.stringify({ currentContext: 'gone' }));
    const found = await resolve(
      { DOCKER_CONTEXT: 'default', XDG_RUNTIME_DIR: '/run/user/7' },
      { exists: (path: string) => path.endsWith('.docker/run/docker.sock') },
    );
    expect(found.map(({ kind, address }) => `${kind} ${address}`)).toEqual([
      'docker unix:///var/run/docker.sock',
      'docker unix:///run/user/7/docker.sock',
      `docker unix://${config}/.docker/run/docker.sock`,
      'buildkitd unix:///run/buildkit/buildkitd.sock',
      'buildkitd unix:///run/user/7/buildkit/buildkitd.sock',
    ]);
  });

  it('has named pipes for its usual places on Windows', async () => {
    const found = await resolve(
      { DOCKER_CONTEXT: 'default', XDG_RUNTIME_DIR: '/run/user/7' },
      { platform: 'win32', exists: (path: string) => path === '//./pipe/podman-machine-default' },
    );
    expect(found.map(({ kind, address, source }) => `${kind} ${address} ${source}`)).toEqual([
      'docker npipe:////./pipe/docker_engine default pipe',
      'buildkitd npipe:////./pipe/buildkitd default buildkitd pipe',
      'docker npipe:////./pipe/podman-machine-default Podman machine pipe',
    ]);
  });

  it.each([
    ['npipe:////./pipe/docker_engine', 'npipe:////./pipe/docker_engine'],
    ['npipe://\\\\.\\pipe\\docker_engine', 'npipe:////./pipe/docker_engine'],
    ['NPIPE:////server/pipe/docker_engine', 'npipe:////server/pipe/docker_engine'],
  ])('reads %s on Windows', (text, address) => {
    expect(normaliseAddress(text, 'DOCKER_HOST', 'docker', 'win32')).toBe(address);
  });

  it.each(['npipe://', 'npipe:////./pipe/', 'npipe://./pipe/docker_engine', 'npipe:////docker_engine'])(
    'refuses %s on Windows with the way to write it',
    (text) => {
      expect(() => normaliseAddress(text, 'DOCKER_HOST', 'docker', 'win32')).toThrow(
        expect.objectContaining({
          message: `DOCKER_HOST names "${text}": a pipe of this machine is named as npipe:////./pipe/NAME`,
          hint: 'Write it as npipe:////./pipe/docker_engine, tcp://HOST:PORT or ssh://USER@HOST.',
        }),
      );
    },
  );

  it('knows the rootless socket by the user id alone', async () => {
    rmSync(join(config, 'config.json'), { force: true });
    expect((await resolve({}, { uid: 1000 })).map((endpoint) => endpoint.source)).toEqual([
      'default socket',
      'rootless socket',
      'default buildkitd socket',
      'rootless buildkitd socket',
    ]);
  });
});
