/**
 * The peers: buildx as it is installed, else from a newer Debian. Fetched with apt into a directory of its own; nothing of the
 * machine's packages is changed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Peer {
  readonly path: string;
  readonly version: string;
  /** `docker buildx` where docker's command line is there, else the plugin on its own, which starts faster. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const PLUGIN = 'docker-buildx';
const INSTALLED = [
  join(homedir(), '.docker/cli-plugins'),
  '/usr/libexec/docker/cli-plugins',
  '/usr/lib/docker/cli-plugins',
  '/usr/local/lib/docker/cli-plugins',
];

/** Buildx for builds, newest first: BXTUI_BENCH_BUILDX, installed, Debian sid. */
export function findBuildx(): Peer | string {
  const named = process.env.BXTUI_BENCH_BUILDX;
  const candidates = [...(named ? [named] : []), ...INSTALLED.map((dir) => join(dir, PLUGIN))];
  return firstThatRuns(candidates) ?? fromDebian('sid');
}

/** The last buildx with a debug monitor that one leaves and enters: 0.13, which is Debian trixie's. */
export function findDebugBuildx(): Peer | string {
  const named = process.env.BXTUI_BENCH_BUILDX_DEBUG;
  const peer = firstThatRuns(
    [...(named ? [named] : []), ...INSTALLED.map((dir) => join(dir, PLUGIN))].filter((path) =>
      /^v?0\.13\b/.test(versionOf(path) ?? ''),
    ),
  );
  if (peer !== null) return peer;
  const fetched = fromDebian('trixie');
  return typeof fetched !== 'string' && !fetched.version.startsWith('0.13')
    ? `buildx is ${fetched.version}, its monitor was in 0.13`
    : fetched;
}

function firstThatRuns(paths: readonly string[]): Peer | null {
  for (const path of paths) {
    const version = versionOf(path);
    if (version !== null) return { path, version, ...throughDocker(path) };
  }
  return null;
}

/** Docker's command line finds a plugin in its configuration directory; ours holds nothing but that. */
function throughDocker(path: string): Pick<Peer, 'argv' | 'env'> {
  const docker = process.env.BXTUI_BENCH_DOCKER ?? 'docker';
  if (spawnSync(docker, ['--version']).status !== 0) return { argv: [path], env: {} };
  const config = join(tmpdir(), `bxtui-bench-config-${createHash('sha256').update(path).digest('hex').slice(0, 8)}`);
  mkdirSync(join(config, 'cli-plugins'), { recursive: true });
  const link = join(config, 'cli-plugins', PLUGIN);
  if (!existsSync(link)) symlinkSync(path, link);
  return { argv: [docker, 'buildx'], env: { DOCKER_CONFIG: config } };
}

function versionOf(path: string): string | null {
  if (!existsSync(path)) return null;
  const result = spawnSync(path, ['version'], { encoding: 'utf8' });
  return result.status === 0 ? (/\bv?(\d+\.\d+\.\d+)/.exec(result.stdout)?.[1] ?? null) : null;
}

/** `apt-get download` against lists of our own: an ordinary client, a directory of its own. */
function fromDebian(suite: string): Peer | string {
  const dir = join(process.env.XDG_CACHE_HOME ?? join(tmpdir(), 'bxtui-bench-cache'), `buildx-${suite}`);
  const unpacked = join(dir, 'root/usr/libexec/docker/cli-plugins', PLUGIN);
  if (!existsSync(unpacked)) {
    for (const sub of ['lists/partial', 'archives/partial']) mkdirSync(join(dir, sub), { recursive: true });
    const mirror = mirrorOf();
    if (mirror === null) return 'no Debian mirror is configured';
    writeFileSync(join(dir, 'sources.list'), `deb ${mirror} ${suite} main\n`);
    const options = Object.entries({
      'Dir::Etc::sourcelist': join(dir, 'sources.list'),
      'Dir::Etc::sourceparts': '-',
      'Dir::State::lists': join(dir, 'lists'),
      'Dir::Cache': dir,
      'APT::Sandbox::User': 'root',
    }).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
    for (const command of [['update'], ['download', PLUGIN]]) {
      const result = spawnSync('apt-get', [...options, ...command], { cwd: dir, encoding: 'utf8', timeout: 180_000 });
      if (result.status !== 0) return `apt has no ${PLUGIN} of ${suite} here`;
    }
    const archive = readdirSync(dir).find((name) => name.endsWith('.deb'));
    if (archive === undefined || spawnSync('dpkg-deb', ['-x', archive, 'root'], { cwd: dir }).status !== 0)
      return `${PLUGIN} of ${suite} cannot be unpacked`;
  }
  return firstThatRuns([unpacked]) ?? `${PLUGIN} of ${suite} does not run here`;
}

function mirrorOf(): string | null {
  for (const file of ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']) {
    if (!existsSync(file)) continue;
    const found = /^(?:URIs:|deb)\s+(?:\[[^\]]*\]\s+)?(https?:\S+)/m.exec(readFileSync(file, 'utf8'));
    if (found?.[1] !== undefined) return found[1];
  }
  return null;
}
