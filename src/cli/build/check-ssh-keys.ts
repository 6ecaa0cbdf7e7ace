/** Keys of `--ssh` are looked at before anything else of a build begins: one that is protected would fail in the middle of it. */
import type { BuildOptions } from './build-options.js';

/** Throws `BxError('input')` for a key that cannot be used. What was read is forgotten again. */
export async function checkSshKeys({ ssh }: Pick<BuildOptions, 'ssh'>): Promise<void> {
  const paths = ssh.flatMap((source) => ('keys' in source ? source.keys : []));
  if (paths.length === 0) return;
  const { readSshKey } = await import('../../engine/shared/ssh-keys.js');
  for (const path of paths) readSshKey(path);
}
