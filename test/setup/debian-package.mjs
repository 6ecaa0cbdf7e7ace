/**
 * Programs out of a Debian suite, unpacked beside the project and never installed: apt fetches them with the mirror and the keys of this
 * machine, into lists and caches of its own.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { capture, which } from './command.mjs';
import { SetupError, say } from './say.mjs';
import { projectRoot } from './toolchain.mjs';

/** Ignored by git, gone with node_modules. */
const CACHE = join(projectRoot, 'node_modules/.cache/bxtui-debian');
const SOURCE_FILES = ['/etc/apt/sources.list', '/etc/apt/sources.list.d'];

/** The suite of this machine; null where it is not Debian's. */
export function debianSuite() {
  try {
    return /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? null;
  } catch {
    return null;
  }
}

/**
 * @param {readonly [string, ...string[]]} names of the package, and of those that it needs and this machine may lack
 * @param {string} suite Debian's code name
 * @param {{ readonly architecture?: string, readonly only?: readonly string[] }} [options] another than this machine's; paths of the files that are
 *   wanted of a large package
 * @returns {string} the directory that they are unpacked in
 */
export function unpackDebianPackages(names, suite, { architecture, only } = {}) {
  const [name] = names;
  const target = join(CACHE, [name, suite, ...(architecture === undefined ? [] : [architecture])].join('-'));
  if (existsSync(target)) return target;
  if (which('apt-get') === null) throw new SetupError(`${name} of Debian ${suite} needs apt`, '');
  const source = debianSource();
  if (source === null) throw new SetupError('/etc/apt names no mirror of Debian', '');
  say(`fetching ${name} of Debian ${suite}, beside the project`);
  const apt = join(CACHE, `apt-${suite}`);
  for (const dir of ['lists/partial', 'cache/archives/partial', 'download']) mkdirSync(join(apt, dir), { recursive: true });
  writeFileSync(join(apt, 'status'), '');
  writeFileSync(join(apt, 'list'), `deb ${source.options}${source.uri} ${suite} main\n`);
  const options = {
    'Dir::State': apt,
    'Dir::State::lists': join(apt, 'lists'),
    'Dir::State::status': join(apt, 'status'),
    'Dir::Cache': join(apt, 'cache'),
    'Dir::Etc::sourcelist': join(apt, 'list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': '',
    ...(architecture !== undefined && { 'APT::Architecture': architecture, 'APT::Architectures': architecture }),
  };
  const flags = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  try {
    run('apt-get', [...flags, 'update'], apt);
    run('apt-get', [...flags, 'download', ...names], join(apt, 'download'));
    const archives = readdirSync(join(apt, 'download')).filter((file) => file.endsWith('.deb'));
    if (archives.length < names.length) throw new SetupError(`apt brought no ${names.join(' or no ')} of Debian ${suite}`, '');
    const unpacked = `${target}.part`;
    rmSync(unpacked, { recursive: true, force: true });
    for (const archive of archives) run('dpkg-deb', ['-x', join(apt, 'download', archive), unpacked], apt);
    if (only === undefined) renameSync(unpacked, target);
    else keepOnly(only, unpacked, target);
    return target;
  } finally {
    rmSync(apt, { recursive: true, force: true });
  }
}

/** @param {readonly string[]} paths @param {string} unpacked @param {string} target */
function keepOnly(paths, unpacked, target) {
  const kept = `${unpacked}.kept`;
  rmSync(kept, { recursive: true, force: true });
  for (const path of paths) {
    mkdirSync(dirname(join(kept, path)), { recursive: true });
    renameSync(join(unpacked, path), join(kept, path));
  }
  rmSync(unpacked, { recursive: true });
  renameSync(kept, target);
}

/** @param {string} file @param {readonly string[]} args @param {string} cwd */
function run(file, args, cwd) {
  const { status, output } = capture(file, args, { cwd, timeoutMs: 180_000 });
  if (status === 0) return;
  throw new SetupError(`${file} ${args.at(-1)} failed: ${output.trim().split('\n').at(-1) ?? `status ${status}`}`, '');
}

/**
 * The mirror that this machine has for Debian's main archive, in either of apt's formats (sources.list(5)).
 * @returns {{ uri: string, options: string } | null}
 */
function debianSource() {
  for (const file of sourceFiles()) {
    const text = readFileSync(file, 'utf8');
    const oneLine = /^deb\s+(\[[^\]]*\]\s+)?(\S+\/debian\/?)\s/m.exec(text);
    if (oneLine?.[2] !== undefined) return { uri: oneLine[2], options: oneLine[1] ?? '' };
    for (const stanza of text.split(/\n\s*\n/)) {
      const uri = /^URIs:\s*(\S+\/debian\/?)\s*$/m.exec(stanza)?.[1];
      const key = /^Signed-By:\s*(\/\S+)\s*$/m.exec(stanza)?.[1];
      if (uri !== undefined) return { uri, options: key === undefined ? '' : `[signed-by=${key}] ` };
    }
  }
  return null;
}

function sourceFiles() {
  return SOURCE_FILES.flatMap((path) => {
    if (!existsSync(path)) return [];
    if (!path.endsWith('.d')) return [path];
    return readdirSync(path)
      .filter((name) => /\.(list|sources)$/.test(name))
      .map((name) => join(path, name));
  });
}
