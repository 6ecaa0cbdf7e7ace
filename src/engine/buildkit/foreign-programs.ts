/** Programs for a machine that the engine is not and does not emulate: how that shows, and what to do about it. Pure. */
import type { Op } from './proto/gen/pb_pb.js';

/** runc's last words of a program that the kernel does not take (older ones: `exec user process caused: exec format error`). */
const FOREIGN = /\bexec (?:user process caused:? "?|\S.*: )exec format error/;

/** A container's first words are that its program is not for this machine, so that it has ended. */
export function isForeignProgram(words: string): boolean {
  return FOREIGN.test(words);
}

/** `linux/arm/v7`; null: the operation does not say. */
export function platformOfOp(op: Pick<Op, 'platform'> | null | undefined): string | null {
  const { OS = '', Architecture = '', Variant = '' } = op?.platform ?? {};
  return Architecture === '' ? null : [OS, Architecture, Variant].filter((part) => part !== '').join('/');
}

/** False: it may need an emulator, which may not be there. */
export function runsByItself(platform: string | null, own: string): boolean {
  const [, wanted = ''] = platform?.split('/') ?? [];
  const [, has = ''] = own.split('/');
  return platform === null || wanted === has || (wanted === '386' && has === 'amd64');
}

/** `own`: what the engine runs. A sentence that says why, and one that says what to do. */
export function whyForeign(platform: string | null, own: string): { readonly reason: string; readonly hint: string } {
  if (platform === null || runsByItself(platform, own)) {
    const hint = `Give it one for ${own}; a script needs a first line such as #!/bin/sh.`;
    return { reason: `what it is to run is no program for ${own} (exec format error)`, hint };
  }
  return {
    reason: `the engine cannot run programs for ${platform} (exec format error)`,
    hint: `Install an emulator on its machine: docker run --privileged --rm tonistiigi/binfmt --install ${platform.split('/')[1]}`,
  };
}
