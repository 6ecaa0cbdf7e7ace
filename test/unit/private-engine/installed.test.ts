import { describe, expect, it } from 'vitest';
import { toBxError } from '../../../src/platform/errors.js';
import { chooseInstallation, familyOf, findInstallation, type Machine } from '../../../src/private-engine/installed.js';

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 13"\nID=debian\n';
const machine = (programs: readonly string[], more: Partial<Machine> = {}): Machine => ({
  ...{ platform: 'linux', uid: 0, env: {}, read: () => DEBIAN },
  find: (names, _env, dirs = []) => {
    const name = names.find((one) => programs.includes(one));
    if (name !== undefined) return `/usr/bin/${name}`;
    const away = names.find((one) => dirs.some((dir) => programs.includes(`${dir}/${one}`)));
    return away === undefined ? null : dirs.map((dir) => `${dir}/${away}`).find((path) => programs.includes(path))!;
  },
  ...more,
});
const refusal = (...args: Parameters<typeof chooseInstallation>) => {
  try {
    chooseInstallation(...args);
  } catch (error) {
    const { code, message, hint } = toBxError(error);
    return { code, message, hint };
  }
  throw new Error('nothing was refused');
};
const user = { uid: 1000 };

describe('which program runs', () => {
  it('is dockerd before buildkitd, unless the other is wanted', () => {
    const both = machine(['dockerd', 'buildkitd', 'runc', 'unshare']);
    expect(chooseInstallation(null, both)).toMatchObject({ engine: 'dockerd', program: '/usr/bin/dockerd', rootless: null });
    expect(chooseInstallation('buildkitd', both)).toMatchObject({ engine: 'buildkitd' });
    expect(chooseInstallation(null, machine(['buildkitd', 'crun', 'unshare']))).toMatchObject({ engine: 'buildkitd' });
  });

  it('is buildkitd where a dockerd lacks what it needs', () => {
    const found = chooseInstallation(null, machine(['dockerd', 'buildkitd', 'runc', 'rootlesskit', 'newuidmap'], user));
    expect(found).toEqual({
      ...{ engine: 'buildkitd', program: '/usr/bin/buildkitd' },
      rootless: { rootlesskit: '/usr/bin/rootlesskit', script: null },
    });
  });

  it('is started by the script of Debian, which is not in PATH, without root', () => {
    const script = '/usr/share/docker.io/contrib/dockerd-rootless.sh';
    const found = chooseInstallation(null, machine(['dockerd', script, 'rootlesskit', 'newuidmap', 'slirp4netns'], user));
    expect(found.rootless).toEqual({ rootlesskit: '/usr/bin/rootlesskit', script });
  });
});

describe('what is missing', () => {
  it('is named with its package', () => {
    const none = refusal(null, machine([]));
    expect(none).toMatchObject({ code: 'not-found', message: 'neither dockerd nor buildkitd is installed' });
    expect(none.hint).toMatch(/apt-get install docker\.io .*bxtui installs nothing by itself/);
  });

  it('is told apart without root', () => {
    const { message, hint } = refusal('dockerd', machine(['dockerd', 'dockerd-rootless.sh'], user));
    expect(message).toMatch(/without root: rootlesskit, newuidmap, slirp4netns are missing/);
    expect(hint).toContain('apt-get install rootlesskit uidmap slirp4netns');
  });

  it.each([
    ['ID=alpine\n', 'apk add docker util-linux'],
    ['ID=fedora\n', 'dnf install moby-engine util-linux'],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', 'zypper install docker'],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', 'apt-get install docker.io'],
    ['ID=nixos\n', 'https://docs.docker.com/engine/install'],
    [null, 'https://docs.docker.com/engine/install'],
  ])('is named as in %j', (osRelease, words) => {
    expect(refusal(null, machine([], { read: () => osRelease })).hint).toContain(words);
  });

  it('is described where no package has it', () => {
    expect(refusal('buildkitd', machine([])).hint).toContain('https://github.com/moby/buildkit/releases');
  });

  it('is a virtual machine elsewhere than on Linux', () => {
    expect(refusal(null, machine(['dockerd'], { platform: 'darwin' }))).toMatchObject({
      code: 'unsupported',
      hint: expect.stringContaining('Colima'),
    });
  });

  it('makes no offer', () => {
    expect(findInstallation(null, machine([]))).toBeNull();
    expect(findInstallation('dockerd', machine(['buildkitd', 'runc', 'unshare']))).toBeNull();
  });
});

it('reads what a distribution is like', () => {
  expect(familyOf('ID_LIKE=arch\nID=manjaro')).toBe('arch');
  expect(familyOf('NAME=x')).toBeNull();
});
