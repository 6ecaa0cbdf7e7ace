/**
 * Extended attributes of files. Node has no call for them; a helper process that runs for the length of a session reads them through the
 * system calls, for the very paths that are sent. Where it cannot run, none are sent.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { hasStreams } from '../../../../platform/child-streams.js';
import type { Xattrs } from './packets.js';

/** By the index of the path; an entry without any is not in it. Null: none of them has any. */
export type FoundXattrs = ReadonlyMap<number, Xattrs> | null;

export interface XattrReader {
  /** Starts the helper, so that the first `read` does not wait for it. */
  prepare(): void;
  /** Of entries below the directory `root`. Several calls may be under way, they are answered in order. Never rejects. */
  read(root: string, paths: readonly string[]): Promise<FoundXattrs>;
  dispose(): void;
}

/** llistxattr and lgetxattr by architecture (Linux system call tables). */
const SYSTEM_CALLS: Readonly<Record<string, readonly [list: number, get: number]>> = {
  x64: [195, 192],
  arm64: [12, 9],
};

/**
 * Reads a directory, paths relative to it and an empty path, each ended by NUL, and answers with one line: `index name=hex name=hex;` for
 * each entry that has attributes, names in hex too. Perl, because Debian's perl-base is on every Debian and Ubuntu, starts in 5 ms and
 * can make system calls.
 */
const HELPER = String.raw`
my ($list, $get) = map { $_ + 0 } @ARGV; $/ = "\0"; $| = 1; binmode STDIN; binmode STDOUT;
while (defined(my $root = <STDIN>)) {
  chop $root;
  my $isThere = chdir $root; my $out = ''; my $index = -1;
  while (defined(my $path = <STDIN>)) {
    last if $path eq "\0";
    $index++;
    next if !$isThere or (my $size = syscall($list, $path, 0, 0)) <= 0;
    my $names = "\0" x ($size + 256);
    my $n = syscall($list, $path, $names, $size + 256);
    my @pairs;
    for my $name ($n > 0 ? split /\0/, substr($names, 0, $n) : ()) {
      next if $name =~ /^com\.apple\./;
      my $key = "$name\0"; my $value = "\0" x 65536;
      my $m = syscall($get, $path, $key, $value, 65536);
      push @pairs, unpack('H*', $name) . '=' . ($m > 0 ? unpack('H*', substr($value, 0, $m)) : '') if $m >= 0;
    }
    $out .= join(' ', "$index", @pairs) . ';' if @pairs;
  }
  print "$out\n";
}
`;

/** Null where no helper can run (not Linux, an architecture without known call numbers). Starts nothing by itself. */
export function createXattrReader(): XattrReader | null {
  const calls = process.platform === 'linux' ? SYSTEM_CALLS[process.arch] : undefined;
  if (!calls) return null;
  let helper: Helper | null | undefined;
  const start = (): Helper | null => {
    if (helper === undefined) helper = startHelper(calls);
    return helper;
  };
  return {
    prepare: () => void start(),
    async read(root, paths) {
      const helper = start();
      return helper && !helper.isGone && paths.length > 0 ? helper.ask(root, paths) : null;
    },
    dispose() {
      helper?.stop();
      helper = null;
    },
  };
}

interface Helper {
  readonly isGone: boolean;
  ask(root: string, paths: readonly string[]): Promise<FoundXattrs>;
  stop(): void;
}

function startHelper(calls: readonly [number, number]): Helper | null {
  let child: ChildProcessByStdio<Writable, Readable, null>;
  try {
    child = spawn('perl', ['-e', HELPER, String(calls[0]), String(calls[1])], { stdio: ['pipe', 'pipe', 'ignore'] });
  } catch {
    return null;
  }
  const waiting: Array<(answer: string) => void> = [];
  let received = '';
  let isGone = false;
  const giveUp = (): void => {
    isGone = true;
    for (const resolve of waiting.splice(0)) resolve('');
  };
  child.on('error', giveUp);
  if (!hasStreams(child)) return null;
  child.on('close', giveUp);
  child.stdin.on('error', giveUp);
  child.stdout.setEncoding('latin1');
  child.stdout.on('data', (chunk: string) => {
    received += chunk;
    for (let end = received.indexOf('\n'); end >= 0; end = received.indexOf('\n')) {
      waiting.shift()?.(received.slice(0, end));
      received = received.slice(end + 1);
    }
  });
  // The helper must not keep the program alive.
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  (child.stdout as unknown as { unref?: () => void }).unref?.();
  return {
    get isGone() {
      return isGone;
    },
    async ask(root, paths) {
      const answer = new Promise<string>((resolve) => waiting.push(resolve));
      child.stdin.write(`${root}\0${paths.join('\0')}\0\0`);
      return parseAnswer(await answer);
    },
    stop: () => void child.stdin.end(),
  };
}

function parseAnswer(line: string): FoundXattrs {
  if (line === '') return null;
  const found = new Map<number, Xattrs>();
  for (const entry of line.slice(0, -1).split(';')) {
    const [index, ...pairs] = entry.split(' ');
    found.set(Number(index), new Map(pairs.map(parsePair)));
  }
  return found;
}

function parsePair(text: string): readonly [name: string, value: Buffer] {
  const equals = text.indexOf('=');
  return [Buffer.from(text.slice(0, equals), 'hex').toString('utf8'), Buffer.from(text.slice(equals + 1), 'hex')];
}
