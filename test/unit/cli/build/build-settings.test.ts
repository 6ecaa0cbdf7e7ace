import { describe, expect, it } from 'vitest';
import { readBuildOptions } from '../../../../src/cli/build/build-options.js';
import { BxError } from '../../../../src/platform/errors.js';

const settings = (...args: string[]) => readBuildOptions([...args, '.'], {}, '/')?.settings;
const reference = (name: string, ref: string) => ({ contexts: [{ name, from: { kind: 'reference', ref } }] });

describe('the flags for all RUN steps', () => {
  it.each([
    [
      ['--label', 'a=b=c', '--label=empty'],
      {
        labels: [
          ['a', 'b=c'],
          ['empty', ''],
        ],
      },
    ],
    [['--label', 'a=1', '--label', 'a=2'], { labels: [['a', '2']] }],
    [['--add-host', 'db:10.0.0.5'], { extraHosts: [{ host: 'db', ip: '10.0.0.5' }] }],
    [['--add-host', 'db=::1'], { extraHosts: [{ host: 'db', ip: '::1' }] }],
    [['--add-host', 'db:[::1]'], { extraHosts: [{ host: 'db', ip: '::1' }] }],
    [['--add-host', 'db:::1'], { extraHosts: [{ host: 'db', ip: '::1' }] }],
    [['--add-host', 'me:host-gateway'], { extraHosts: [{ host: 'me', ip: 'host-gateway' }] }],
    [
      ['--add-host=a:1.1.1.1,b:2.2.2.2'],
      {
        extraHosts: [
          { host: 'a', ip: '1.1.1.1' },
          { host: 'b', ip: '2.2.2.2' },
        ],
      },
    ],
    [
      ['--add-host="a=1.1.1.1,2.2.2.2"'],
      {
        extraHosts: [
          { host: 'a', ip: '1.1.1.1' },
          { host: 'a', ip: '2.2.2.2' },
        ],
      },
    ],
    [['--network', 'none'], { network: 'none' }],
    [['--network=default'], {}],
    [['--network='], {}],
    [['--allow', 'network.host', '--allow=device=gpu', '--allow', ''], { allow: ['network.host', 'device=gpu'] }],
    [['--shm-size', '64m'], { shmBytes: 64 * 1024 ** 2 }],
    [['--shm-size', '1.5 GiB'], { shmBytes: 1.5 * 1024 ** 3 }],
    [['--shm-size=100KB'], { shmBytes: 102_400 }],
    [['--shm-size=4096'], { shmBytes: 4096 }],
    [['--shm-size=4096b'], { shmBytes: 4096 }],
    [['--shm-size=0'], {}],
    [['--ulimit', 'nofile=100:200'], { ulimits: [{ name: 'nofile', soft: 100, hard: 200 }] }],
    [['--ulimit', 'nofile=100'], { ulimits: [{ name: 'nofile', soft: 100, hard: 100 }] }],
    [['--ulimit', 'core=0:-1'], { ulimits: [{ name: 'core', soft: 0, hard: -1 }] }],
    [['--ulimit', 'core=-1'], { ulimits: [{ name: 'core', soft: -1, hard: -1 }] }],
    [['--ulimit', 'nproc=1', '--ulimit', 'nproc=2'], { ulimits: [{ name: 'nproc', soft: 2, hard: 2 }] }],
    [['--cgroup-parent', 'ci.slice'], { cgroupParent: 'ci.slice' }],
    [['--no-cache-filter', 'a', '--no-cache-filter=b'], { noCacheStages: ['a', 'b'] }],
    [['--no-cache-filter='], { noCacheStages: [''] }],
    [['--build-context', 'etc=etc'], { contexts: [{ name: 'etc', from: { kind: 'dir', dir: '/etc' } }] }],
    [['--build-context=a=/etc', '--build-context=a=/usr'], { contexts: [{ name: 'a', from: { kind: 'dir', dir: '/usr' } }] }],
    [['--build-context', 'docker.io/library/alpine:latest=docker-image://b'], reference('alpine', 'docker-image://b')],
    [['--build-context', 'a/b:1=docker-image://base'], reference('a/b:1', 'docker-image://base')],
    [['--build-context', 'r=https://h.example/r.git#v1'], reference('r', 'https://h.example/r.git#v1')],
    [['--build-context='], {}],
    [['--pull'], { pull: true }],
    [['--pull=false'], {}],
    [['--rm', '--force-rm=false', '--disable-content-trust', '-D', '--debug=true'], {}],
  ])('%j', (args, expected) => {
    expect(settings(...args)).toEqual(expected);
  });

  it.each([
    [['--label', '=x'], '--label "=x": the name is empty', 'version=1.2'],
    [['--add-host', 'db'], '--add-host "db": must be HOST:IP', 'db:10.0.0.5'],
    [['--add-host', 'db:'], '--add-host "db:": must be', 'host-gateway'],
    [['--add-host', ':1.1.1.1'], '--add-host ":1.1.1.1": must be', 'db:'],
    [['--add-host', 'db:1.2.3'], '"1.2.3" is neither an IP address', 'host-gateway'],
    [['--add-host', 'd b:1.2.3.4'], 'no spaces', 'db:'],
    [['--add-host', 'a:1.1.1.1,b'], '--add-host "b"', 'db:'],
    [['--allow', 'network'], '--allow "network": unknown entitlement', 'network.host, security.insecure'],
    [['--shm-size', 'big'], '--shm-size "big": not a size', '--shm-size 64m'],
    [['--shm-size=-1'], '--shm-size "-1"', '64m'],
    [['--shm-size='], '--shm-size ""', '64m'],
    [['--shm-size=9999999999999p'], 'not a size', '64m'],
    [['--ulimit', 'nofile'], 'must be TYPE=SOFT', 'nofile=1024:2048'],
    [['--ulimit', 'files=1'], 'unknown type "files", must be one of core, cpu', 'nofile='],
    [['--ulimit', 'nofile=1:2:3'], 'too many limits', 'nofile='],
    [['--ulimit', 'nofile=a'], '"a" is not a number', 'nofile='],
    [['--ulimit', 'nofile=3:2'], 'the soft limit (3) is above the hard one (2)', 'nofile='],
    [['--ulimit', 'nofile=-1:2'], 'the soft limit (unlimited) is above', 'nofile='],
    [['--build-context', '/etc'], '--build-context "/etc": must be NAME=SOURCE', 'src=../src'],
    [['--build-context', 'A=/etc'], '"A" cannot be a name', 'src='],
    [['--build-context', 'a='], 'the source is empty', 'src='],
    [['--build-context', 'a=target:b'], 'target: is a target of docker buildx bake', 'COPY --from=b'],
    [['--build-context', 'a=oci-layout://'], 'it names no directory', 'docker-image://'],
    [['--build-context', `a=oci-layout:///etc@sha256:${'A'.repeat(64)}`], 'is no digest that is read here', 'docker-image://'],
    [['--no-cache', '--no-cache-filter=a'], '--no-cache and --no-cache-filter cannot be used together', 'Leave one'],
    [['--disable-content-trust=false'], '--disable-content-trust=false: bxtui looks at no signatures', 'by their digest'],
    [['--disable-content-trust=maybe'], 'invalid argument "maybe" for "--disable-content-trust"', '--help'],
    [['--pull=maybe'], 'invalid argument "maybe" for "--pull"', '--help'],
  ])('refuses %j', (args, message, hint) => {
    let error: unknown;
    try {
      settings(...args);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(BxError);
    const { code, message: said, hint: advice } = error as BxError;
    expect({ code, said, advice }).toEqual({
      code: 'usage',
      said: expect.stringContaining(message),
      advice: expect.stringContaining(hint),
    });
  });

  it.each([
    ['a=/nowhere', '/nowhere does not exist'],
    ['a=/etc/passwd', '/etc/passwd is no directory'],
    ['a=oci-layout:///nowhere:tag', '/nowhere does not exist'],
    ['a=oci-layout:///etc', '/etc is no OCI image layout: it has no index.json'],
  ])('refuses the directory of --build-context %s', (value, message) => {
    expect(() => settings('--build-context', value)).toThrow(message);
  });
});

describe('content trust of the environment', () => {
  const read = (trust: string, ...args: string[]) => readBuildOptions([...args, '.'], { DOCKER_CONTENT_TRUST: trust }, '/');

  it('is refused by the builder that would heed it, and by no other', () => {
    for (const trust of ['1', 'true', 'maybe']) {
      expect(() => read(trust, '--engine=classic')).toThrow(`DOCKER_CONTENT_TRUST=${trust}: bxtui looks at no signatures`);
    }
    for (const args of [['--engine=classic', '--disable-content-trust'], ['--engine=buildkit'], []]) {
      expect(read('1', ...args)).not.toBeNull();
    }
    for (const trust of ['', '0', 'false']) expect(read(trust, '--engine=classic')).not.toBeNull();
  });
});

describe('the flags of the classic builder', () => {
  const classic = (...args: string[]) => settings(...args)?.classic;

  it.each([
    [['-m', '64m', '--memory-swap=-1'], { memoryBytes: 64 * 1024 ** 2, memorySwapBytes: -1 }],
    [['--memory=1g', '--memory-swap', '2g'], { memoryBytes: 1024 ** 3, memorySwapBytes: 2 * 1024 ** 3 }],
    [['-c', '512', '--cpu-period=0x10', '--cpu-quota=-1'], { cpuShares: 512, cpuPeriodUs: 16, cpuQuotaUs: -1 }],
    [['--cpu-period=1_000', '--cpu-quota=010', '-c0b11'], { cpuPeriodUs: 1000, cpuQuotaUs: 8, cpuShares: 3 }],
    [['--cpuset-cpus=0-1', '--cpuset-mems', '0'], { cpusetCpus: '0-1', cpusetMems: '0' }],
    [['--isolation='], { isolation: '' }],
    [['--security-opt=a=b,c', '--security-opt', '"d,e"'], { securityOptions: ['a=b', 'c', 'd,e'] }],
    [['--squash', '--compress', '--rm=false'], { isSquashed: true, isCompressed: true, keepsContainers: true }],
    [['--squash=false', '--compress=false', '--rm', '--force-rm'], { isSquashed: false }],
    [['--memory=0', '--cpu-shares=0', '--cpuset-cpus='], undefined],
    [[], undefined],
  ])('are taken: %j', (args, expected) => {
    expect(classic(...args)).toEqual(expected);
  });

  it('keep a size that is none for the builder that reads it', () => {
    expect(classic('-m', 'much')?.unreadable?.message).toContain('--memory "much"');
  });
});
