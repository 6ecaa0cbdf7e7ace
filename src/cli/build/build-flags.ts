/** The flags of `bxtui build`: docker's names and meanings, then bxtui's own. The order is that of `--help`. */
import type { FlagSpec } from '../flags/flag-spec.js';

const text = (name: string, value: string, summary: string, more: Partial<FlagSpec> = {}): FlagSpec => ({
  name,
  kind: 'string',
  value,
  summary,
  ...more,
});
const list = (name: string, value: string, summary: string, more: Partial<FlagSpec> = {}): FlagSpec =>
  text(name, value, summary, { kind: 'list', ...more });
const bool = (name: string, summary: string, more: Partial<FlagSpec> = {}): FlagSpec =>
  text(name, '', summary, { kind: 'bool', ...more });

export const BUILD_FLAGS: readonly FlagSpec[] = [
  list('add-host', 'HOST:IP', 'Line of /etc/hosts in each RUN; host-gateway as the IP is the machine of the engine'),
  list('allow', 'ENTITLEMENT', 'Let steps have what is not usual: network.host, security.insecure or device[=NAME]'),
  list(
    'annotation',
    '[TYPE:]NAME=VALUE',
    'Annotation of the image; TYPE: manifest, index, manifest-descriptor, index-descriptor',
  ),
  list('attest', 'SPEC', 'What is told of the image: type=provenance[,mode=max] or type=sbom[,generator=IMAGE]'),
  list('build-arg', 'NAME[=VALUE]', 'Set a build argument; without a value, the environment has it'),
  list('build-context', 'NAME=SOURCE', 'More files, as COPY --from=NAME: a directory, docker-image://REF or a URL'),
  text('builder', 'NAME', 'Builder of docker buildx, or docker context, to build with', { fallback: 'BUILDX_BUILDER' }),
  list('cache-from', 'SPEC', 'Cache to take steps from: an image, or type=registry,ref=REF'),
  list('cache-to', 'SPEC', 'Where the cache goes: type=inline (into the image), or type=registry,ref=REF[,mode=max]'),
  text('call', 'METHOD', 'Ask the frontend instead of building: check, outline or targets; METHOD,format=json for programs', {
    fallback: 'build',
  }),
  bool('check', 'Check the Dockerfile: --call=check'),
  text('cgroup-parent', 'CGROUP', 'Parent of the control groups that each RUN has'),
  text('context', 'NAME', 'Docker context to build with', { fallback: 'DOCKER_CONTEXT, else the current one' }),
  text('engine', 'BUILDER', 'Builder of the engine: BuildKit, or the classic one of DOCKER_BUILDKIT=0', {
    choices: ['buildkit', 'classic'],
    fallback: 'as DOCKER_BUILDKIT has it, else buildkit',
  }),
  text(
    'file',
    'PATH',
    'Dockerfile, which may lie outside of the context; - for standard input; in a URL, a path there; or a URL of its own',
    {
      short: 'f',
      fallback: 'PATH/Dockerfile',
    },
  ),
  text('iidfile', 'FILE', 'Write the image id to FILE'),
  list('label', 'NAME[=VALUE]', 'Label of the image'),
  bool('load', 'Put the image into the engine: --output=type=docker'),
  bool('no-cache', 'Run every step, whatever the cache has'),
  text('metadata-file', 'FILE', 'Write what the engine says of the result to FILE, as JSON'),
  list('no-cache-filter', 'STAGE', 'Run every step of this stage, whatever the cache has'),
  text('network', 'MODE', 'Network of each RUN: default, none or host', { fallback: 'default' }),
  list(
    'output',
    'SPEC',
    'Write the result: type=local, tar, oci, docker, image, registry or cacheonly, with dest=PATH; a directory, or - for a tar on standard output',
    { short: 'o' },
  ),
  list('platform', 'OS/ARCH', 'Build for this platform, or for each of several: linux/amd64,linux/arm64'),
  text('progress', 'MODE', 'How progress is shown', {
    choices: ['auto', 'none', 'plain', 'quiet', 'rawjson', 'tty'],
    fallback: 'BUILDKIT_PROGRESS, else auto',
  }),
  text('provenance', 'SPEC', 'How the image was built: true, false, mode=min or mode=max; --attest=type=provenance'),
  bool('pull', 'Look base images up at their registries, also those that the engine has'),
  bool('push', 'Push the image to its registry: --output=type=registry'),
  bool('quiet', 'Print the image id only: --progress=quiet', { short: 'q' }),
  text('sbom', 'SPEC', 'What is in the image: true, false or generator=IMAGE; --attest=type=sbom'),
  list('secret', 'SPEC', 'Secret for RUN --mount=type=secret: id=NAME[,src=FILE|,env=NAME]'),
  text('shm-size', 'BYTES', 'Size of /dev/shm in each RUN: a number, or one with k, m or g'),
  list('ssh', 'ID[=SOCKET|=KEY]', 'For RUN --mount=type=ssh: default, or an id with the socket of an agent, or with key files'),
  list('tag', 'NAME[:TAG]', 'Name of the image', { short: 't' }),
  text('target', 'STAGE', 'Build this stage'),
  list('ulimit', 'TYPE=SOFT[:HARD]', 'Limit of the processes of each RUN'),
];

/** What docker has for its classic builder. BuildKit takes them, as docker has it, and they change nothing there. */
export const CLASSIC_FLAGS: readonly FlagSpec[] = [
  bool('compress', 'Send the context compressed with gzip'),
  text('cpu-period', 'MICROSECONDS', 'Period of the CPU quota of each RUN'),
  text('cpu-quota', 'MICROSECONDS', 'CPU time that each RUN has in a period'),
  text('cpu-shares', 'WEIGHT', 'CPU time of each RUN in proportion to others; usual is 1024', { short: 'c' }),
  text('cpuset-cpus', 'CPUS', 'CPUs that each RUN may use: 0-3 or 0,1'),
  text('cpuset-mems', 'NODES', 'Memory nodes that each RUN may use: 0-3 or 0,1'),
  text('isolation', 'KIND', 'How the containers are kept apart; on Linux there is default only'),
  text('memory', 'BYTES', 'Memory of each RUN: a number, or one with k, m or g', { short: 'm' }),
  text('memory-swap', 'BYTES', 'Memory and swap of each RUN together; -1: as much swap as there is'),
  list('security-opt', 'OPTION', 'Security option of each RUN, where the engine takes any'),
  bool('squash', 'Make one layer of all that the build adds; the engine has to be an experimental one'),
];

/** Taken as docker takes them: they change nothing. */
export const IGNORED_FLAGS: readonly FlagSpec[] = [
  bool('debug', 'Accepted without effect', { short: 'D' }),
  bool('disable-content-trust', 'Accepted without effect: no signatures are looked at; false is refused'),
  bool('force-rm', 'Accepted without effect: no container is left behind'),
  bool('rm', 'Accepted without effect: no container is left behind'),
];

/** Docker's older names of flags. */
const OTHER_NAMES: readonly FlagSpec[] = [text('print', 'METHOD', '', { sameAs: 'call' })];

export const DEBUG_FLAGS: readonly FlagSpec[] = [
  text('on', 'WHEN', 'When a shell opens by itself; a session that opens none ends with the build', {
    choices: ['error', 'always'],
  }),
  text('invoke', 'COMMAND', 'What that shell is: a program, or a record of args, entrypoint, env, user, cwd and tty'),
];

export const SESSION_FLAGS: readonly FlagSpec[] = [
  bool('detach', 'Start the session without a screen, print its id and return; bxtui attach opens one'),
  text('root', 'DIR', 'Directory of the sessions', { fallback: 'BXTUI_ROOT, or /tmp/bxtui-UID' }),
  text(
    'server-config',
    'FILE',
    'TOML file for the process of the session: root, log_file (both from the directory of FILE), log_level, idle',
  ),
];

export const SCREEN_FLAGS: readonly FlagSpec[] = [
  text('color', 'WHEN', 'Colours on the screen', { choices: ['auto', 'always', 'never'], fallback: 'auto' }),
  text('glyphs', 'SET', 'Characters of frames and states', { choices: ['auto', 'unicode', 'ascii'], fallback: 'auto' }),
  text('leave-key', 'KEY', 'Key that leaves a terminal, such as ctrl-] or f12; without the screen also two: ctrl-a,c', {
    fallback: 'ctrl-]',
  }),
  text('theme', 'NAME', 'auto, dark, light or the name of a theme', { fallback: 'auto' }),
];

export const HELP_FLAG: FlagSpec = bool('help', 'Print this text', { short: 'h' });

export const ALL_BUILD_FLAGS: readonly FlagSpec[] = [
  ...BUILD_FLAGS,
  ...CLASSIC_FLAGS,
  ...IGNORED_FLAGS,
  ...OTHER_NAMES,
  ...DEBUG_FLAGS,
  ...SESSION_FLAGS,
  ...SCREEN_FLAGS,
  HELP_FLAG,
];
