/** `--platform os/arch[/variant]`, one or several, in the spelling that engines use. */
import { BxError } from '../../platform/errors.js';

const ARCHITECTURES: Readonly<Record<string, string>> = {
  aarch64: 'arm64',
  armhf: 'arm/v7',
  armel: 'arm/v6',
  i386: '386',
  i686: '386',
  x86_64: 'amd64',
  'x86-64': 'amd64',
};

/** Go's names of systems and architectures, which images are named by. */
const KNOWN_SYSTEMS = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux netbsd openbsd plan9 solaris wasi wasip1 windows zos'.split(
    ' ',
  ),
);
const KNOWN_ARCHITECTURES = new Set(
  '386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'.split(
    ' ',
  ),
);

const WORD = /^[a-z0-9_.-]+$/;
/** With or without the version that its images are for: `windows(10.0.17763)`. */
const SYSTEM = /^[a-z0-9_.-]+(?:\([a-z0-9_.-]*\))?$/;

/** Separated by commas; null when no platform was given: the engine's own. Throws `BxError('usage')`, with `where` it was given. */
export function parsePlatform(values: readonly string[], where = '--platform'): string | null {
  const platforms = values.flatMap((value) => value.split(',')).map((text) => text.trim());
  return platforms.length === 0 ? null : [...new Set(platforms.map((text) => normalise(text, where)))].join(',');
}

function normalise(text: string, where: string): string {
  if (text.toLowerCase() === 'local') return `${hostSystem()}/${hostArchitecture()}`;
  const parts = text.toLowerCase().split('/');
  const isValid = parts.length <= 3 && parts.every((part, at) => (at === 0 ? SYSTEM : WORD).test(part));
  if (!isValid) {
    throw new BxError('usage', `${where} ${text}: must be os/architecture or os/architecture/variant`, {
      hint: 'For example: --platform linux/arm64',
    });
  }
  if (parts.length === 1) {
    const [word = ''] = parts;
    if (isSystem(word)) parts.push(hostArchitecture());
    else parts.unshift('linux');
  }
  const [os, architecture, ...variant] = parts as [string, string, ...string[]];
  const plain = ARCHITECTURES[architecture] ?? architecture;
  requireKnown(`${where} ${text}`, { os, architecture: plain.split('/')[0] ?? plain });
  const isDefaultVariant = plain === 'arm64' && variant[0] === 'v8';
  return [os, plain, ...(isDefaultVariant ? [] : variant)].join('/');
}

function isSystem(word: string): boolean {
  return KNOWN_SYSTEMS.has(word.replace(/\(.*/, ''));
}

/** An engine takes any word for an architecture and builds an image that runs nowhere. */
function requireKnown(given: string, { os, architecture }: { os: string; architecture: string }): void {
  const unknown = !isSystem(os)
    ? `operating system "${os}"`
    : KNOWN_ARCHITECTURES.has(architecture)
      ? null
      : `architecture "${architecture}"`;
  if (unknown === null) return;
  throw new BxError('usage', `${given}: unknown ${unknown}`, {
    hint: 'For example: --platform linux/amd64, linux/arm64 or linux/arm/v7',
  });
}

/** As docker takes `--platform local`. */
function hostSystem(): string {
  return process.platform === 'win32' ? 'windows' : process.platform;
}

/** The client's own, in Go's spelling, as docker completes `--platform linux`. */
function hostArchitecture(): string {
  return { x64: 'amd64', ia32: '386', ppc64: 'ppc64le', mipsel: 'mipsle' }[process.arch as string] ?? process.arch;
}
