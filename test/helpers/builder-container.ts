/**
 * A container as a buildx builder of the driver docker-container has it, from an image made for the test: its `buildctl` leads to the BuildKit of
 * the engine that it runs on, since no registry is in reach that has a buildkitd.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createApi } from '../../src/engine/shared/engine-api.js';
import { capture } from '../setup/command.mjs';
import { createProject } from './project.js';
import { runBxtui } from './run.js';

const PERL = '/usr/bin/perl';
const IMAGE = 'bxtui-test-builder';

/** Debian's perl-base, which every Debian has. */
export const canMakeBuilder = existsSync(PERL);

export interface BuilderContainer {
  isRunning(): Promise<boolean>;
  remove(): Promise<void>;
}

/** Makes the image and the container, which does not run yet. */
export async function createBuilderContainer(engine: string, name: string): Promise<BuilderContainer> {
  const socket = engine.replace(/^unix:\/\//, '');
  const project = createProject(DOCKERFILE, { buildctl: buildctl(`/engine/${basename(socket)}`) });
  chmodSync(project.path('buildctl'), 0o755);
  for (const file of ['Socket.pm', 'auto/Socket/Socket.so', ...PERL_FILES].flatMap(perlFile))
    copyInto(project.path('root'), file);
  for (const file of [PERL, ...librariesOf(PERL)]) copyInto(project.path('root'), file);
  const built = await runBxtui(['build', '--progress=plain', '-t', IMAGE, project.dir]);
  if (built.status !== 0) throw new Error(`the image of the builder: ${built.output}`);
  const api = createApi({ kind: 'docker', address: engine, source: 'the test', tls: null });
  const remove = async (): Promise<void> => {
    await api.json('DELETE', `/containers/${name}`, { query: { force: '1' } }).catch(() => undefined);
    await api.json('DELETE', `/images/${IMAGE}`, { query: { force: '1' } }).catch(() => undefined);
  };
  await api.json('POST', '/containers/create', {
    query: { name },
    body: { Image: IMAGE, HostConfig: { Binds: [`${dirname(socket)}:/engine`], NetworkMode: 'none' } },
  });
  return {
    isRunning: async () => (await api.json<{ State: { Running: boolean } }>('GET', `/containers/${name}/json`)).State.Running,
    remove,
  };
}

const DOCKERFILE = `FROM scratch
COPY root /
COPY busybox buildctl /usr/bin/
ENV PATH=/usr/bin
CMD ["busybox", "sleep", "3600"]
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
