import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../../src/core/dockerfile/index.js';
import { isAttested, withoutAttestations } from '../../../../src/engine/buildkit/attestations.js';
import type { EngineFacts } from '../../../../src/engine/buildkit/engine-facts.js';
import { cacheExports, entitlementsOf, frontendOptions } from '../../../../src/engine/buildkit/frontend-options.js';
import type { BuildRequest, BuildSettings } from '../../../../src/engine/engine.js';

const capability = (isAvailable: boolean) => ({ signals: { isAvailable, reason: '' } }) as EngineFacts['capabilities'];
const FACTS = {
  kind: 'docker',
  name: 'Docker Engine 28.5',
  hostGatewayIp: '172.17.0.1',
  lacksAttestations: 'keeps its images where nothing can be attached to them',
  capabilities: capability(true),
} as const;

const BUILDKITD = {
  kind: 'buildkitd',
  name: 'buildkitd',
  hostGatewayIp: null,
  lacksAttestations: null,
  capabilities: capability(true),
} as const;

const elsewhere = (name: string): BuildRequest['dockerfile'] => ({
  ...{ dir: null, name, origin: 'context', text: '', plan: parseDockerfile('') },
});

function request(settings: BuildSettings & Partial<BuildRequest>): BuildRequest {
  const text = 'FROM scratch\n';
  return {
    contextDir: '/w',
    dockerfile: { dir: '/w', name: 'Dockerfile', text, plan: parseDockerfile(text) },
    ...{ target: null, buildArgs: [], tags: [], noCache: false, platform: null, secrets: [], ssh: [], outputs: [] },
    ...settings,
  };
}

describe('frontendOptions', () => {
  it.each<[BuildSettings & Partial<BuildRequest>, Record<string, string>]>([
    [{}, { 'image-resolve-mode': 'local' }],
    [
      { contextDir: null, source: { kind: 'url', url: 'https://h/a.git#dev:sub' }, dockerfile: elsewhere('sub/Dockerfile') },
      { 'image-resolve-mode': 'local', context: 'https://h/a.git#dev:sub', filename: 'sub/Dockerfile' },
    ],
    [
      { contextDir: null, source: { kind: 'url', url: 'https://h/a.git?branch=dev' } },
      {
        'image-resolve-mode': 'local',
        context: 'https://h/a.git?branch=dev',
        dockerfilekey: 'dockerfile',
        'frontend.caps': 'moby.buildkit.frontend.gitquerystring',
      },
    ],
    [
      { contextDir: null, source: { kind: 'url', url: 'https://h/a.tgz?token=1' }, dockerfile: elsewhere('Dockerfile') },
      { 'image-resolve-mode': 'local', context: 'https://h/a.tgz?token=1' },
    ],
    [
      { contextDir: null, source: { kind: 'archive', path: '/x' }, dockerfile: elsewhere('Dockerfile') },
      { 'image-resolve-mode': 'local', context: 'http://buildkit-session/up' },
    ],
    [{ pull: true }, { 'image-resolve-mode': 'pull' }],
    [{ labels: [['a', 'b']] }, { 'label:a': 'b' }],
    [
      {
        extraHosts: [
          { host: 'a', ip: '1.1.1.1' },
          { host: 'b', ip: '::1' },
          { host: 'me', ip: 'host-gateway' },
        ],
      },
      { 'add-hosts': 'a=1.1.1.1,b=::1,me=172.17.0.1' },
    ],
    [{ network: 'none' }, { 'force-network-mode': 'none' }],
    [{ network: 'host' }, { 'force-network-mode': 'host' }],
    [{ shmBytes: 1024 }, { 'shm-size': '1024' }],
    [{ ulimits: [{ name: 'nofile', soft: 1, hard: -1 }] }, { ulimit: 'nofile=1:-1' }],
    [{ cgroupParent: 'ci' }, { 'cgroup-parent': 'ci' }],
    [{ noCacheStages: ['a', 'b'] }, { 'no-cache': 'a,b' }],
    [
      {
        contexts: [
          { name: 'src', from: { kind: 'dir', dir: '/src' } },
          { name: 'context', from: { kind: 'dir', dir: '/other' } },
          { name: 'alpine', from: { kind: 'reference', ref: 'docker-image://base' } },
        ],
      },
      {
        'frontend.caps': 'moby.buildkit.frontend.contexts+forward',
        'context:src': 'local:src',
        'sharedkey:localdir:src': '/src',
        'context:context': 'local:_context',
        'sharedkey:localdir:context': '/other',
        'context:alpine': 'docker-image://base',
      },
    ],
    [
      { cacheFrom: [{ type: 'registry', attrs: { ref: 'a/b' } }] },
      { 'cache-imports': '[{"Type":"registry","Attrs":{"ref":"a/b"}}]' },
    ],
    [{ noCacheStages: ['a'], noCache: true }, { 'no-cache': '' }],
  ])('%j', (settings, expected) => {
    expect(frontendOptions(request(settings), FACTS, 'up')).toEqual({
      filename: 'Dockerfile',
      'image-resolve-mode': 'local',
      ...expected,
    });
  });

  it('leaves the choice of images to a buildkitd, unless it is to look', () => {
    const facts = { ...BUILDKITD, lacksAttestations: 'is too old for it' } as const;
    expect(frontendOptions(request({}), facts)).toEqual({ filename: 'Dockerfile' });
    expect(frontendOptions(request({ pull: true }), facts)).toMatchObject({ 'image-resolve-mode': 'pull' });
  });

  it('refuses what this engine cannot have, by name', () => {
    expect(() => frontendOptions(request({ network: 'mine' }), FACTS)).toThrow('--network mine');
    const hosts = [{ host: 'me', ip: 'host-gateway' }];
    expect(() => frontendOptions(request({ extraHosts: hosts }), { ...FACTS, hostGatewayIp: null })).toThrow(
      '--add-host me:host-gateway: Docker Engine 28.5 does not say',
    );
  });

  it("refuses to attest anything of an archive in docker's form, unless it is what the engine does by itself", () => {
    const asking = (...attestations: NonNullable<BuildRequest['attestations']>) =>
      frontendOptions(request({ attestations, outputs: [{ kind: 'docker', dest: '/a.tar' }] }), BUILDKITD);
    expect(() => asking({ type: 'sbom', spec: '' })).toThrow("--attest type=sbom: an archive in docker's form");
    expect(asking({ type: 'provenance', spec: null })).not.toHaveProperty('attest:provenance');
    expect(asking()).toHaveProperty('attest:provenance');
  });

  it('gives named contexts to frontends that know them', () => {
    const contexts = [{ name: 'a', from: { kind: 'reference', ref: 'docker-image://b' } }] as const;
    const old = { ...FACTS, name: 'Docker Engine 20.10', capabilities: capability(false) };
    expect(() => frontendOptions(request({ contexts }), old)).toThrow('Docker Engine 20.10 knows no named contexts');
    const text = '# syntax=docker/dockerfile:1\nFROM a\n';
    const dockerfile = { dir: '/w', name: 'Dockerfile', text, plan: parseDockerfile(text) };
    expect(frontendOptions(request({ contexts, dockerfile }), old)).toMatchObject({ 'context:a': 'docker-image://b' });
  });

  it('has what is attested as docker has it, where the engine can', () => {
    const attested = (attestations: BuildSettings['attestations'] = []) => frontendOptions(request({ attestations }), BUILDKITD);
    expect(attested()).toEqual({ filename: 'Dockerfile', 'attest:provenance': 'mode=min,inline-only=true' });
    expect(attested([{ type: 'provenance', spec: null }])).toEqual({ filename: 'Dockerfile' });
    expect(attested([{ type: 'sbom', spec: 'type=sbom' }])).toMatchObject({
      'attest:provenance': 'mode=min,inline-only=true',
      'attest:sbom': 'type=sbom',
    });
    const wanted = request({ attestations: [{ type: 'provenance', spec: 'type=provenance,mode=max' }] });
    expect(frontendOptions(wanted, BUILDKITD)).toMatchObject({ 'attest:provenance': 'type=provenance,mode=max' });
    expect(() => frontendOptions(wanted, FACTS)).toThrow('--attest type=provenance: Docker Engine 28.5 keeps its images where');
    expect(isAttested(attested())).toBe(true);
    expect(withoutAttestations(attested())).toEqual({ filename: 'Dockerfile' });
  });

  it('asks for the host’s network what docker asks for by itself', () => {
    expect(entitlementsOf(request({ network: 'host' }))).toEqual(['network.host']);
    expect(entitlementsOf(request({ network: 'host', allow: ['network.host', 'security.insecure'] }))).toEqual([
      'network.host',
      'security.insecure',
    ]);
    expect(entitlementsOf(request({}))).toEqual([]);
  });
});

describe('cacheExports', () => {
  const inline = { type: 'inline', attrs: {} };
  const registry = { type: 'registry', attrs: { ref: 'a' } };
  const docker = { kind: 'docker', name: 'Docker Engine 28.5', hasContainerdStore: false } as const;

  it('goes where it is sent, and into the image where an argument says so', () => {
    expect(cacheExports({ buildArgs: [] }, docker)).toEqual([]);
    expect(cacheExports({ buildArgs: [], cacheTo: [inline] }, docker)).toEqual([inline]);
    expect(cacheExports({ buildArgs: [['BUILDKIT_INLINE_CACHE', '1']] }, docker)).toEqual([inline]);
    expect(cacheExports({ buildArgs: [['BUILDKIT_INLINE_CACHE', '0']] }, docker)).toEqual([]);
    expect(cacheExports({ buildArgs: [['BUILDKIT_INLINE_CACHE', '1']], cacheTo: [inline] }, docker)).toEqual([inline]);
  });

  it('is refused before anything is built where the engine cannot', () => {
    const request = { buildArgs: [], cacheTo: [inline, registry] };
    expect(() => cacheExports(request, docker)).toThrow('--cache-to type=registry: Docker Engine 28.5 keeps');
    const withContainerd = { ...docker, hasContainerdStore: true };
    const buildkitd = { ...docker, kind: 'buildkitd' } as const;
    for (const facts of [withContainerd, buildkitd]) expect(cacheExports(request, facts)).toEqual(request.cacheTo);
    for (const type of ['s3', 'azblob']) {
      const far = { buildArgs: [], cacheTo: [{ type, attrs: {} }] };
      expect(() => cacheExports(far, withContainerd)).toThrow(`--cache-to type=${type}: Docker Engine 28.5 writes`);
      expect(cacheExports(far, buildkitd)).toEqual(far.cacheTo);
    }
  });
});
