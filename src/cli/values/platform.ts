/** `--platform os/arch[/variant]`, one of them, in the spelling that engines use. */
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

/** Null when no platform was given: the engine's own. Throws `BxError('usage')`. */
export function parsePlatform(values: readonly string[]): string | null {
  const platforms = values.flatMap((value) => value.split(',')).map((text) => text.trim());
  if (platforms.length === 0) return null;
  const distinct = new Set(platforms.map(normalise));
  if (distinct.size > 1) {
    throw new BxError('usage', `--platform ${platforms.join(',')}: building for several platforms is not supported yet`, {
      hint: 'Name one, and run a build for each.',
    });
  }
  return [...distinct][0]!;
}

function normalise(text: string): string {
  const parts = text.toLowerCase().split('/');
  const isValid = parts.length <= 3 && parts.every((part) => /^[a-z0-9_.-]+$/.test(part));
  if (!isValid) {
    throw new BxError('usage', `--platform ${text}: must be os/architecture or os/architecture/variant`, {
      hint: 'For example: --platform linux/arm64',
    });
  }
  if (parts.length === 1) parts.unshift('linux');
  const [os, architecture, ...variant] = parts as [string, string, ...string[]];
  const plain = ARCHITECTURES[architecture] ?? architecture;
  const isDefaultVariant = plain === 'arm64' && variant[0] === 'v8';
  return [os, plain, ...(isDefaultVariant ? [] : variant)].join('/');
}
