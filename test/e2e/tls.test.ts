/** Engines behind TLS: the material of docker, whom it trusts without, and what is said of certificates that are wrong. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Authority, createAuthority, hasOpenssl } from '../helpers/certificates.js';
import { debugThere, type Env, endAfterEach, NO_PROXIES, unreachable, writeJson } from '../helpers/elsewhere.js';
import { type EngineProxy, startEngineProxy } from '../helpers/engine-proxy.js';
import { isDocker, testEngine } from '../helpers/engines.js';
import { testDirectory } from '../helpers/session-root.js';
import { startSocksProxy } from '../helpers/socks-proxy.js';

const engine = testEngine();
const closing = endAfterEach();

describe.skipIf(!hasOpenssl || !isDocker())('an engine behind TLS', () => {
  let authority: Authority;
  let good: string;
  let proxy: EngineProxy;
  beforeAll(async () => {
    authority = createAuthority();
    good = authority.issue('good');
    proxy = await startEngineProxy(engine, authority.issue('server'));
  });
  afterAll(() => proxy.close());
  const at = (port: number, dir: string): Env => ({
    DOCKER_HOST: `tcp://127.0.0.1:${port}`,
    ...{ DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: dir },
  });

  it('is debugged like any other', async () => {
    await debugThere(at(proxy.port, good), /\(DOCKER_HOST\)/);
    await expect.poll(() => proxy.connections()).toBe(0);
  });

  /** A docker context of that name with these of the files of its TLS material. */
  async function withContext(name: string, files: readonly string[]): Promise<Env> {
    const config = testDirectory();
    const id = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(name))).toString('hex');
    writeJson(join(config, 'contexts/meta', id, 'meta.json'), {
      ...{ Name: name, Metadata: {} },
      Endpoints: { docker: { Host: `tcp://127.0.0.1:${proxy.port}`, SkipTLSVerify: false } },
    });
    const material = join(config, 'contexts/tls', id, 'docker');
    mkdirSync(material, { recursive: true });
    for (const file of files) copyFileSync(join(good, file), join(material, file));
    return { DOCKER_HOST: undefined, DOCKER_CONFIG: config };
  }

  it('is debugged by a docker context with its TLS material', async () => {
    const env = await withContext('far', ['ca.pem', 'cert.pem', 'key.pem']);
    await debugThere(env, /docker context "far"/, ['--context', 'far']);
  });

  it.each(['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS'])(
    'is trusted by a context without an authority if %s names it, and else not',
    async (name) => {
      const context = await withContext('far', ['cert.pem', 'key.pem']);
      const env = { ...context, SSL_CERT_FILE: undefined, SSL_CERT_DIR: undefined, NODE_EXTRA_CA_CERTS: undefined };
      const directory = testDirectory();
      copyFileSync(join(good, 'ca.pem'), join(directory, 'ours.pem'));
      const value = name === 'SSL_CERT_DIR' ? `/nonexistent:${directory}` : join(directory, 'ours.pem');
      await debugThere({ ...env, [name]: value }, /docker context "far"/, ['--context', 'far']);
      expect((await unreachable(env, '--context', 'far')).stderr).toMatch(/TLS failed/);
      const { stderr } = await unreachable({ ...env, [name]: '/nonexistent' }, '--context', 'far');
      expect(stderr).toMatch(new RegExp(`TLS failed.*\n.*No certificate can be read at ${name}=/nonexistent: `));
    },
  );

  it('is debugged through the SOCKS proxy of the environment, with TLS from end to end', async () => {
    const far = await startEngineProxy(engine, authority.issue('far', { subject: 'DNS:engine.test' }));
    const socks = await startSocksProxy({ 'engine.test:2376': far.port, 'other.test:2376': far.port });
    closing.push(
      () => socks.close(),
      () => far.close(),
    );
    const env = { ...NO_PROXIES, ...at(0, good), ALL_PROXY: socks.address };
    await debugThere({ ...env, DOCKER_HOST: 'tcp://engine.test:2376' }, /\(DOCKER_HOST\)/);
    expect(new Set(socks.asked)).toEqual(new Set(['engine.test:2376']));
    const ours = await unreachable({
      ...env,
      DOCKER_HOST: 'tcp://engine.test:2376',
      DOCKER_CERT_PATH: createAuthority().issue('ours'),
    });
    expect(ours.stderr).toMatch(/cannot connect to tcp:\/\/engine\.test:2376 \(DOCKER_HOST\): TLS failed/);
    const other = await unreachable({ ...env, DOCKER_HOST: 'tcp://other.test:2376' });
    expect(other.stderr).toMatch(/tcp:\/\/other\.test:2376 \(DOCKER_HOST\): TLS failed: .*other\.test/);
    const nowhere = await unreachable({ ...env, DOCKER_HOST: 'tcp://nowhere.test:2376' });
    const refused = `cannot reach tcp://nowhere.test:2376 (DOCKER_HOST) by the proxy ${socks.address} (ALL_PROXY)`;
    expect(nowhere.stderr).toContain(`${refused}: the host of the engine cannot be reached`);
  });

  const corrupt = (material: string): string => {
    const dir = testDirectory();
    for (const file of ['cert.pem', 'key.pem']) copyFileSync(join(material, file), join(dir, file));
    writeFileSync(join(dir, 'ca.pem'), readFileSync(join(material, 'ca.pem'), 'utf8').slice(0, 300));
    return dir;
  };

  it.each([
    ['nobody known has signed', () => createAuthority().issue('server'), () => good, /TLS/, /ca\.pem/],
    [
      'is for another host',
      () => authority.issue('elsewhere', { subject: 'DNS:elsewhere.test' }),
      () => good,
      /127\.0\.0\.1/,
      /./,
    ],
    ['has expired', () => authority.issue('old', { days: -1 }), () => good, /expired/, /./],
    ['is right, and ours is garbage', () => authority.issue('fine'), () => corrupt(good), /TLS/, /in ca\.pem is no certificate/],
    ['is right, and ours is not', () => authority.issue('right'), () => createAuthority().issue('ours'), /TLS/, /./],
  ])('says that its certificate %s', async (_, certificate, ours, reason, hint) => {
    const wrong = await startEngineProxy(engine, certificate());
    closing.push(() => wrong.close());
    const { stderr } = await unreachable(at(wrong.port, ours()));
    expect(stderr).toContain(`tcp://127.0.0.1:${wrong.port} (DOCKER_HOST)`);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(hint);
  });
});
