/** Writes extended attributes of received files. Node has no call for it; see `filesync/xattrs.ts` for the way around. */
import { spawnSync } from 'node:child_process';

export interface XattrToSet {
  readonly path: string;
  readonly name: string;
  readonly value: Uint8Array;
}

/** lsetxattr by architecture (Linux system call tables). */
const SET_CALL: Readonly<Record<string, number>> = { x64: 189, arm64: 6 };

/** Reads triples of path, name and hex value, each ended by NUL. */
const HELPER = String.raw`
my $set = $ARGV[0] + 0; $/ = "\0"; binmode STDIN;
while (defined(my $path = <STDIN>)) {
  my $name = <STDIN>; my $hex = <STDIN>; chomp $hex;
  my $value = pack('H*', $hex);
  syscall($set, $path, $name, $value, length($value), 0);
}
`;

/** Like BuildKit's own client it goes on where an attribute cannot be set: many need root, or a file system that knows them. */
export function setXattrs(xattrs: readonly XattrToSet[]): void {
  const call = process.platform === 'linux' ? SET_CALL[process.arch] : undefined;
  if (call === undefined || xattrs.length === 0) return;
  const input = xattrs.map(({ path, name, value }) => `${path}\0${name}\0${Buffer.from(value).toString('hex')}\0`).join('');
  spawnSync('perl', ['-e', HELPER, String(call)], { input, stdio: ['pipe', 'ignore', 'ignore'] });
}
