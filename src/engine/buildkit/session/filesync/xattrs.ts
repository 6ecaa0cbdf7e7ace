/**
 * Extended attributes of files. Node has no call for them; a helper process that runs for the length of a session reads them through the
 * system calls, for the very paths that are sent. Where it cannot run, none are sent.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Xattrs } from './packets.js';

export interface XattrReader {
  /** Starts the helper, so that the first `read` does not wait for it. */
  prepare(): void;
  /** In the order of the paths; null for a path that is null or has none. Never rejects. */
  read(paths: ReadonlyArray<string | null>): Promise<ReadonlyArray<Xattrs | null>>;
  dispose(): void;
}

/** llistxattr and lgetxattr by architecture (Linux system call tables). */
const SYSTEM_CALLS: Readonly<Record<string, readonly [list: number, get: number]>> = {
  x64: [195, 192],
  arm64: [12, 9],
};

/**
 * Reads NUL-ended paths; answers each with one line: empty, or `name=hex` pairs separated by spaces, names in hex too. Perl, because
 * Debian's perl-base is on every Debian and Ubuntu, starts in 5 ms and can make system calls.
 */
const HELPER = String.raw`
my ($list, $get) = map { $_ + 0 } @ARGV; $/ = "\0"; $| = 1; binmode STDIN; binmode STDOUT;
my $out = '';
while (defined(my $path = <STDIN>)) {
  if ($path eq "\n\0") { print $out, "\n"; $out = ''; next; }
  my $size = syscall($list, $path, 0, 0);
  if ($size > 0) {
    my $names = "\0" x ($size + 256);
    my $n = syscall($list, $path, $names, $size + 256);
    my @pairs;
    for my $name ($n > 0 ? split /\0/, substr($names, 0, $n) : ()) {
      next if $name =~ /^com\.apple\./;
      my $key = "$name\0"; my $value = "\0" x 65536;
      my $m = syscall($get, $path, $key, $value, 65536);
      push @pairs, unpack('H*', $name) . '=' . ($m > 0 ? unpack('H*', substr($value, 0, $m)) : '') if $m >= 0;
    }
    $out .= join(' ', @pairs);
  }
  $out .= ";";
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
    async read(paths) {
      const helper = start();
      if (!helper || helper.isGone) return paths.map(() => null);
      const asked = paths.filter((path) => path !== null);
      const answers = asked.length === 0 ? [] : await helper.ask(asked);
      let next = 0;
      return paths.map((path) => (path === null ? null : (answers[next++] ?? null)));
    },
    dispose() {
      helper?.stop();
      helper = null;
    },
  };
}

interface Helper {
  readonly isGone: boolean;
  ask(paths: readonly string[]): Promise<ReadonlyArray<Xattrs | null>>;
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
    async ask(paths) {
      const answer = new Promise<string>((resolve) => waiting.push(resolve));
      child.stdin.write(`${paths.join('\0')}\0\n\0`);
      const line = await answer;
      if (line === '') return [];
      return line.split(';').map(parsePairs);
    },
    stop: () => void child.stdin.end(),
  };
}

function parsePairs(text: string): Xattrs | null {
  if (text === '') return null;
  return new Map(
    text.split(' ').map((pair) => {
      const equals = pair.indexOf('=');
      return [Buffer.from(pair.slice(0, equals), 'hex').toString('utf8'), Buffer.from(pair.slice(equals + 1), 'hex')] as const;
    }),
  );
}
