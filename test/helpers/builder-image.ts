/**
 * An image that a buildx builder of the driver docker-container can be made of, since no registry is in reach that has a buildkitd: the BuildKit in
 * it is that of Debian's dockerd, under the names `buildkitd` and `buildctl`. Its daemon says its arguments, and keeps all it has where buildkitd does.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EngineApi } from '../../src/engine/shared/engine-api.js';
import { capture, which } from '../setup/command.mjs';
import { createProject, type Project } from './project.js';
import { runBxtui } from './run.js';

export const PERL = '/usr/bin/perl';
const DAEMONS = ['dockerd', 'containerd', 'runc'] as const;

/** Null: it can be made here; else why not. */
export function whyNoBuilderImage(): string | null {
  if (!existsSync(PERL)) return 'there is no perl';
  const lacking = DAEMONS.find((name) => which(name) === null);
  return lacking === undefined ? null : `${lacking} is not installed`;
}

/** Null: the engine can run a container with all capabilities, as a builder's is; else why not. */
export async function whyNotPrivileged(api: EngineApi): Promise<string | null> {
  const { Version } = await api.json<{ readonly Version: string }>('GET', '/version');
  if (Number.parseInt(Version, 10) >= 23) return null;
  // The older ones ask for every capability that the kernel knows, also for those that nobody has on this machine.
  const bounding = BigInt(`0x${/CapBnd:\s*([0-9a-f]+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`);
  const all = (1n << (BigInt(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8').trim()) + 1n)) - 1n;
  return (bounding & all) === all ? null : `Docker Engine ${Version} asks for capabilities that this machine does not give`;
}

/** Builds it on the engine that the tests share. */
export async function makeBuilderImage(name: string): Promise<void> {
  const socket = '/var/lib/buildkit/engine.sock';
  const project = createProject(DOCKERFILE, { buildctl: buildctl(socket), buildkitd: buildkitd(socket) });
  for (const file of ['buildctl', 'buildkitd']) chmodSync(project.path(file), 0o755);
  addPerl(project);
  for (const daemon of DAEMONS) {
    const path = which(daemon)!;
    mkdirSync(project.path('root/usr/bin'), { recursive: true });
    copyFileSync(path, project.path(`root/usr/bin/${daemon}`));
    for (const library of librariesOf(path)) copyInto(project.path('root'), library);
  }
  const built = await runBxtui(['build', '--progress=plain', '-t', name, project.dir], { timeoutMs: 150_000 });
  if (built.status !== 0) throw new Error(`the image of the builder: ${built.output}`);
}

/** Perl, and what a program of it needs to speak with a socket, below `root` of the project. */
export function addPerl(project: Project): void {
  const files = ['Socket.pm', 'auto/Socket/Socket.so', ...PERL_FILES].flatMap(perlFile);
  for (const file of [...files, PERL, ...librariesOf(PERL)]) copyInto(project.path('root'), file);
}

const DOCKERFILE = `FROM scratch
COPY root /
COPY busybox buildctl buildkitd /usr/bin/
RUN ["busybox", "mkdir", "-p", "/etc", "/tmp", "/run", "/var"]
ENV PATH=/usr/bin
ENTRYPOINT ["buildkitd"]
`;

const PERL_FILES = [
  'strict.pm',
  'warnings.pm',
  'warnings/register.pm',
  'Exporter.pm',
  'XSLoader.pm',
  'vars.pm',
  'Carp.pm',
  'Config.pm',
];

/** Where perl has a file of its own. */
function perlFile(file: string): string[] {
  const { output } = capture(PERL, ['-e', 'print join "\\n", @INC']);
  const found = output
    .split('\n')
    .map((dir) => join(dir, file))
    .find((path) => existsSync(path));
  return found === undefined ? [] : [found];
}

function librariesOf(program: string): string[] {
  return [...capture('ldd', [program]).output.matchAll(/(?:=> |^\s+)(\/\S+) \(/gm)].map((match) => match[1]!);
}

function copyInto(root: string, file: string): void {
  const target = join(root, file);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(file, target);
}

/** Told `--broken` it ends at once, and so in the network of an engine, whose bridge it would remove; told `--late` it begins six seconds later. */
function buildkitd(socket: string): string {
  return `#!/usr/bin/busybox sh
echo "buildkitd $*" >&2
case " $* " in *" --broken "*) echo "buildkitd: unknown flag: broken" >&2; exit 1 ;; esac
case " $* " in *" --late "*) sleep 6 ;; esac
if [ -e /sys/class/net/docker0 ]; then echo "this would take the bridge of another engine" >&2; exit 1; fi
rm -rf /run/docker /run/dockerd.pid
exec dockerd --data-root /var/lib/buildkit/data --exec-root /run/docker --pidfile /run/dockerd.pid -H unix://${socket} --bridge=none --iptables=false
`;
}

/** `debug workers` and `dial-stdio`, by an upgrade to HTTP/2 as the Engine API offers it. */
export function buildctl(socket: string): string {
  return `#!/usr/bin/perl
use strict; use Socket;
my $s;
socket($s, AF_UNIX, SOCK_STREAM, 0) && connect($s, sockaddr_un('${socket}')) or do { print STDERR "no engine: $!\\n"; exit 1 };
exit 0 if $ARGV[0] eq 'debug';
syswrite $s, "POST /grpc HTTP/1.1\\r\\nHost: d\\r\\nConnection: Upgrade\\r\\nUpgrade: h2c\\r\\nContent-Length: 0\\r\\n\\r\\n";
my $head = '';
while ($head !~ /\\r\\n\\r\\n\\z/) { sysread($s, my $byte, 1) or exit 1; $head .= $byte }
my $in = fileno(STDIN); my $out = fileno($s); my $is_open = 1;
while (1) {
  my $wanted = ''; vec($wanted, $in, 1) = 1 if $is_open; vec($wanted, $out, 1) = 1;
  my $ready = $wanted;
  select($ready, undef, undef, undef);
  if ($is_open && vec($ready, $in, 1)) { if (sysread(STDIN, my $data, 65536)) { put($s, $data) } else { $is_open = 0; shutdown($s, 1) } }
  if (vec($ready, $out, 1)) { sysread($s, my $data, 65536) or exit 0; put(*STDOUT, $data) }
}
sub put { my ($to, $data) = @_; while (length $data) { my $n = syswrite($to, $data) // exit 1; substr($data, 0, $n) = '' } }
`;
}
