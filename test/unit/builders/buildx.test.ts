import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EndpointWish, NO_WISH, resolveDockerEngines, resolveEndpoints } from '../../../src/builders/index.js';

let config: string;
beforeEach(() => {
  config = mkdtempSync(join(tmpdir(), 'bxtui-buildx-'));
});
afterEach(() => rmSync(config, { recursive: true, force: true }));

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
function write(path: string, content: string | object): void {
  mkdirSync(join(config, path, '..'), { recursive: true });
  writeFileSync(join(config, path), typeof content === 'string' ? content : JSON.stringify(content));
}
const addContext = (name: string, host: string): void =>
  write(`contexts/meta/${sha256(name)}/meta.json`, { Name: name, Endpoints: { docker: { Host: host } } });
const addBuilder = (name: string, driver: string, ...nodes: object[]): void =>
  write(`buildx/instances/${name}`, { Name: name, Driver: driver, Nodes: nodes });
const resolve = (wish: Partial<EndpointWish> = {}, env: Record<string, string> = {}) =>
  resolveEndpoints(
    { DOCKER_CONFIG: config, HOME: config, ...env },
    { exists: (path) => path === join(config, 'buildx/current'), uid: 0 },
    { ...NO_WISH, ...wish },
  );

describe('what names an engine', () => {
  it('goes before what is weaker: flags, BUILDX_BUILDER, BUILDKIT_HOST, DOCKER_HOST, DOCKER_CONTEXT, docker buildx use, the current context', async () => {
    addContext('one', 'tcp://one:1');
    addContext('two', 'tcp://two:1');
    addBuilder('flagged', 'remote', { Name: 'n', Endpoint: 'tcp://flagged:1' });
    addBuilder('environ', 'remote', { Name: 'n', Endpoint: 'tcp://environ:1' });
    addBuilder('used', 'remote', { Name: 'n', Endpoint: 'tcp://used:1' });
    write('buildx/current', { Key: 'two', Name: 'used' });
    write('config.json', { currentContext: 'two' });
    const env: Record<string, string> = {
      BUILDX_BUILDER: 'environ',
      BUILDKIT_HOST: 'tcp://buildkit:1',
      DOCKER_HOST: 'tcp://docker:1',
      DOCKER_CONTEXT: 'one',
    };
    const first = async (wish: Partial<EndpointWish> = {}) => {
      const found = await resolve(wish, env);
      expect(found).toHaveLength(1);
      return found[0]!.address;
    };
    expect(await first({ builder: 'flagged', context: 'one' })).toBe('tcp://flagged:1');
    expect(await first({ context: 'two' })).toBe('tcp://two:1');
    expect(await first()).toBe('tcp://environ:1');
    delete env.BUILDX_BUILDER;
    expect(await first()).toBe('tcp://buildkit:1');
    delete env.BUILDKIT_HOST;
    expect(await first()).toBe('tcp://docker:1');
    delete env.DOCKER_HOST;
    expect(await first()).toBe('tcp://one:1');
    delete env.DOCKER_CONTEXT;
    expect(await first()).toBe('tcp://used:1');
    rmSync(join(config, 'buildx/current'));
    expect(await first()).toBe('tcp://two:1');
  });

  it('has a source that names it', async () => {
    addBuilder('big', 'remote', { Name: 'big0', Endpoint: 'tcp://a:1' }, { Name: 'big1', Endpoint: 'tcp://b:1' });
    addContext('work', 'tcp://w:1');
    expect((await resolve({ builder: 'big' }))[0]!.source).toBe('buildx builder "big", node big0');
    expect((await resolve({ builder: 'work' }))[0]!.source).toBe('docker context "work"');
  });

  it('is told with the names that there are when it does not exist', async () => {
    addBuilder('big', 'remote', { Name: 'n', Endpoint: 'tcp://a:1' });
    addContext('work', 'tcp://w:1');
    await expect(resolve({ builder: 'bgi' })).rejects.toMatchObject({
      code: 'endpoint',
      message: 'there is no builder "bgi" (--builder)',
      hint: expect.stringMatching(/^There are: big, default, work\./),
    });
    await expect(resolve({ builder: '../../etc/passwd' })).rejects.toThrow(/there is no builder/);
    await expect(resolve({}, { BUILDX_BUILDER: 'gone' })).rejects.toThrow('there is no builder "gone" (BUILDX_BUILDER)');
  });

  it('says which context it is on where that is gone or damaged, and what can be done about it', async () => {
    addBuilder('lost', 'docker-container', { Name: 'lost0', Endpoint: 'gone' });
    addBuilder('plain', 'docker', { Name: 'plain0', Endpoint: 'gone' }, { Name: 'plain1', Endpoint: 'gone' });
    addBuilder('far', 'remote', { Name: 'far0', Endpoint: 'docker-container://b?context=gone' });
    await expect(resolve({ builder: 'lost' })).rejects.toMatchObject({
      code: 'endpoint',
      message: 'buildx builder "lost" is on docker context "gone", which does not exist',
      hint: 'Make the context again (docker context create gone --docker host=…), remove the builder (docker buildx rm lost), or name another one with --builder.',
    });
    await expect(resolve({ builder: 'plain' })).rejects.toThrow(
      'buildx builder "plain", node plain0 is on docker context "gone"',
    );
    await expect(resolve({ builder: 'far' })).rejects.toThrow('buildx builder "far" is on docker context "gone"');
    addContext('gone', 'gopher://far');
    await expect(resolve({ builder: 'lost' })).rejects.toMatchObject({
      message: expect.stringMatching(/docker context "gone" names "gopher:\/\/far"/),
      hint: expect.stringMatching(/^Make the context again \(docker context rm gone, then create\), remove the builder/),
    });
  });

  it('is not chosen where a builder and a context share the name', async () => {
    addBuilder('work', 'remote', { Name: 'n', Endpoint: 'tcp://a:1' });
    addContext('work', 'tcp://w:1');
    await expect(resolve({ builder: 'work' })).rejects.toMatchObject({
      message: expect.stringMatching(/two endpoints have the name "work" \(--builder\).*tcp:\/\/a:1.*docker context "work"/),
      hint: expect.stringMatching(/--context work/),
    });
    expect((await resolve({ context: 'work' }))[0]!.address).toBe('tcp://w:1');
  });

  it('says what is needed of a context for the Docker Engine beside a builder', async () => {
    addContext('work', 'tcp://w:1');
    const found = await resolveDockerEngines(
      { DOCKER_CONFIG: config, BUILDX_BUILDER: 'big' },
      {},
      { ...NO_WISH, context: 'work' },
    );
    expect(found).toMatchObject([{ kind: 'docker', address: 'tcp://w:1' }]);
  });
});

describe('docker buildx use', () => {
  it('counts for the context where it was said, for all with --default, and per context once more in defaults', async () => {
    addBuilder('used', 'remote', { Name: 'n', Endpoint: 'tcp://used:1' });
    addContext('work', 'tcp://w:1');
    const addressIn = async (context: string) => {
      write('config.json', { currentContext: context });
      return (await resolve())[0]!.address;
    };
    write('buildx/current', { Key: 'unix:///var/run/docker.sock', Name: 'used', Global: false });
    expect(await addressIn('default')).toBe('tcp://used:1');
    expect(await addressIn('work')).toBe('tcp://w:1');
    write('buildx/current', { Key: 'unix:///var/run/docker.sock', Name: 'used', Global: true });
    expect(await addressIn('work')).toBe('tcp://used:1');
    write('buildx/current', { Key: 'other', Name: '' });
    write(`buildx/defaults/${sha256('work').slice(0, 20)}`, 'used');
    expect(await addressIn('work')).toBe('tcp://used:1');
  });

  it('names a builder that is gone, and does not build elsewhere', async () => {
    write('buildx/current', { Key: 'unix:///var/run/docker.sock', Name: 'gone' });
    await expect(resolve()).rejects.toThrow('there is no builder "gone" (docker buildx use)');
  });
});

describe('a builder of the store', () => {
  it('is looked for in BUILDX_CONFIG', async () => {
    write('elsewhere/instances/big', { Name: 'big', Driver: 'remote', Nodes: [{ Name: 'n', Endpoint: 'tcp://e:1' }] });
    expect((await resolve({ builder: 'big' }, { BUILDX_CONFIG: join(config, 'elsewhere') }))[0]!.address).toBe('tcp://e:1');
  });

  it('with the driver docker is the engine of its context', async () => {
    addContext('work', 'tcp://w:1');
    addBuilder('plain', 'docker', { Name: 'plain', Endpoint: 'work' });
    expect(await resolve({ builder: 'plain' })).toMatchObject([
      { kind: 'docker', address: 'tcp://w:1', source: 'buildx builder "plain"' },
    ]);
  });

  it('with the driver docker-container is a container of its engine, with all that starts it', async () => {
    addBuilder('big', 'docker-container', {
      Name: 'big0',
      Endpoint: 'unix:///d.sock',
      Flags: ['--debug'],
      DriverOpts: { image: 'my/buildkit' },
      Files: { 'buildkitd.toml': 'AA==' },
    });
    expect(await resolve({ builder: 'big' })).toEqual([
      {
        kind: 'buildkitd',
        address: 'docker-container://buildx_buildkit_big0',
        source: 'buildx builder "big"',
        tls: null,
        host: { kind: 'docker', address: 'unix:///d.sock', source: 'buildx builder "big"', tls: null },
        node: {
          builder: 'big',
          name: 'big0',
          platforms: [],
          flags: ['--debug'],
          driverOpts: { image: 'my/buildkit' },
          files: { 'buildkitd.toml': 'AA==' },
          mayStart: true,
        },
      },
    ]);
  });

  it('with the driver remote brings its certificates, and says which are missing', async () => {
    write('ca.pem', 'CA');
    write('cert.pem', 'CERT');
    write('key.pem', 'KEY');
    const remote = (opts: object) => addBuilder('far', 'remote', { Name: 'far0', Endpoint: 'tcp://far:1', DriverOpts: opts });
    const [cacert, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((file) => join(config, file));
    remote({ cacert, cert, key, servername: 'inner' });
    expect((await resolve({ builder: 'far' }))[0]!.tls).toEqual({
      ca: 'CA',
      cert: 'CERT',
      key: 'KEY',
      skipVerify: false,
      serverName: 'inner',
    });
    remote({ cacert, cert });
    await expect(resolve({ builder: 'far' })).rejects.toThrow(/"far": it names a cert without the key/);
    remote({ cacert: 'ca.pem' });
    await expect(resolve({ builder: 'far' })).rejects.toThrow(/cacert=ca\.pem is no absolute path/);
    remote({ cacert: join(config, 'none.pem') });
    await expect(resolve({ builder: 'far' })).rejects.toThrow(/there is no file .*none\.pem, which cacert= names/);
  });

  it.each([
    ['', '', 'kubernetes://pods0'],
    [
      'kubernetes:///pods?deployment=pods0&kubeconfig=%2Fhome%2Fme%2F.kube%2Fconfig',
      'ci',
      'kubernetes://pods0?kubeconfig=/home/me/.kube/config&namespace=ci',
    ],
    ['prod', '', 'kubernetes://pods0?context=prod'],
  ])('with the driver kubernetes and the endpoint %j leads to its deployment', async (endpoint, namespace, address) => {
    const options = namespace === '' ? {} : { DriverOpts: { namespace } };
    addBuilder('pods', 'kubernetes', { Name: 'pods0', Endpoint: endpoint, ...options });
    expect(await resolve({ builder: 'pods' })).toMatchObject([{ kind: 'buildkitd', address }]);
  });

  it('with a driver that is not known is refused by name', async () => {
    const [driver, message, hint] = ['cloud', /driver "cloud", which is not supported/, /docker buildx ls/] as const;
    addBuilder('odd', driver, { Name: 'odd0', Endpoint: '' });
    await expect(resolve({ builder: 'odd' })).rejects.toMatchObject({
      code: 'endpoint',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it('of several nodes gives the one for the platform, else the first', async () => {
    addBuilder(
      'big',
      'remote',
      { Name: 'a', Endpoint: 'tcp://a:1', Platforms: [{ os: 'linux', architecture: 'amd64' }] },
      { Name: 'b', Endpoint: 'tcp://b:1', Platforms: [{ os: 'linux', architecture: 'arm64', variant: 'v8' }] },
      { Name: 'c', Endpoint: 'tcp://c:1', Platforms: ['linux/s390x'] },
    );
    const nodeFor = async (platform: string | null) => (await resolve({ builder: 'big', platform }))[0]!.address;
    expect(await nodeFor('linux/arm64')).toBe('tcp://b:1');
    expect(await nodeFor('linux/s390x')).toBe('tcp://c:1');
    expect(await nodeFor('linux/riscv64')).toBe('tcp://a:1');
    expect(await nodeFor(null)).toBe('tcp://a:1');
  });

  it.each([
    ['instances/big', '', /instances\/big is not valid JSON/],
    ['instances/big', '{"Name":"big"', /instances\/big is not valid JSON/],
    ['instances/big', '[]', /instances\/big is damaged: a JSON object/],
    ['instances/big', '{"Name":"big","Driver":"remote","Nodes":null}', /instances\/big is damaged: it has no node/],
    ['instances/big', '{"Name":"big","Driver":"remote","Nodes":[{}]}', /instances\/big is damaged: its node 1 has no name/],
    ['instances/big', '{"Name":"small","Driver":"remote","Nodes":[{"Name":"n"}]}', /says the name "small"/],
  ])('in a damaged file %s (%s) is named with the file', async (path, text, message) => {
    write(`buildx/${path}`, text);
    await expect(resolve({ builder: 'big' })).rejects.toMatchObject({
      code: 'endpoint',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/docker buildx rm big/),
    });
  });

  it('is not guessed at when the choice itself is damaged', async () => {
    write('buildx/current', '{"Key":');
    await expect(resolve()).rejects.toMatchObject({ message: expect.stringMatching(/buildx\/current is not valid JSON/) });
  });
});
