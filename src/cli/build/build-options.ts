/** The command line of `bxtui build` as checked values. It must not touch the engine; files are only looked at, never read. */
import { resolve } from 'node:path';
import type { EndpointWish } from '../../builders/index.js';
import type { BuildRequest, BuildSettings, SshSource } from '../../engine/engine.js';
import type { BuilderKind } from '../../engine/registry.js';
import { BxError } from '../../platform/errors.js';
import { parseGoBoolean } from '../../platform/go-boolean.js';
import type { Invoke } from '../../session/index.js';
import { type ParsedFlags, parseFlags } from '../flags/parse-flags.js';
import { parseBuildArg } from '../values/build-arg.js';
import { type Call, parseCall } from '../values/call.js';
import { parseInvoke } from '../values/invoke.js';
import { parseOutputs } from '../values/output.js';
import { parsePlatform } from '../values/platform.js';
import { parseSecret } from '../values/secret.js';
import { sourcePolicyFile } from '../values/source-policy.js';
import { parseSshList } from '../values/ssh.js';
import { checkTag } from '../values/tag.js';
import { ALL_BUILD_FLAGS } from './build-flags.js';
import { isGitOverSsh } from './build-input.js';
import { readBuildSettings } from './build-settings.js';
import { chooseBuilder } from './builder-kind.js';
import { chooseProgressMode, type ProgressMode } from './progress-mode.js';
import { readResultFiles } from './result-file-flags.js';
import type { ResultFiles } from './result-files.js';

/** Of reproducible-builds.org; the frontend takes it as an argument. */
const EPOCH = 'SOURCE_DATE_EPOCH';

/** Of a request, as they were given. */
type GivenSettings = 'target' | 'buildArgs' | 'tags' | 'noCache' | 'platform' | 'secrets' | 'ssh' | 'outputs';

export interface BuildOptions extends Pick<BuildRequest, GivenSettings> {
  /** As written. */
  readonly context: string;
  readonly file: string | null;
  readonly settings: BuildSettings;
  /** Absolute. */
  readonly sourcePolicyFile: string | null;
  readonly sendsGitQueries: boolean;
  readonly resultFiles: ResultFiles;
  readonly builder: BuilderKind;
  /** Which engine, as far as the command line says it. */
  readonly endpoint: EndpointWish;
  readonly progress: ProgressMode;
  /** Null: a build. */
  readonly call: Call | null;
  readonly on: 'error' | 'always' | null;
  readonly invoke: Invoke | null;
  /** Whether the session gets a process of its own and outlives this one; null: as it suits the front end. */
  readonly detach: boolean | null;
  /** Null: the usual place. */
  readonly root: string | null;
  /** The file of `--server-config`, as written. */
  readonly serverConfig: string | null;
  /** Null: as the settings have it. */
  readonly theme: string | null;
  readonly color: 'auto' | 'always' | 'never' | null;
  readonly glyphs: 'auto' | 'unicode' | 'ascii' | null;
  readonly leaveKey: string | null;
}

/**
 * Whether a build that names no output ends with an image in the engine's store: buildx takes a variable for its wish that it does not
 * (docker/buildx, build/utils.go: what is no boolean is no wish). The classic builder can do nothing else, and knows no such variable.
 */
function keepsByItself(builder: BuilderKind, env: NodeJS.ProcessEnv): boolean {
  return builder === 'classic' || parseGoBoolean(env.BUILDX_NO_DEFAULT_LOAD ?? '') !== true;
}

/** `command`: as people call it. Null: `--help` was asked for. Throws `BxError('usage' | 'input')`. */
export function readBuildOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string,
  command: 'bxtui build' | 'bxtui debug build' = 'bxtui build',
): BuildOptions | null {
  const flags = parseFlags(ALL_BUILD_FLAGS, args, `${command} --help`);
  if (flags.bool('help')) return null;
  const invoke = flags.text('invoke');
  const platform = choosePlatform(flags, env);
  const tags = flags.list('tag').map(checkTag);
  const named = parseOutputs(flags.list('output'), { load: flags.bool('load'), push: flags.bool('push'), tags }, cwd);
  const call = chooseCall(flags);
  const builder = chooseBuilder(flags.text('engine'), env);
  const context = onlyContext(flags, command);
  const outputs = named.length > 0 || keepsByItself(builder, env) ? named : [{ kind: 'cacheonly' } as const];
  return {
    context,
    file: flags.text('file') || null,
    target: flags.text('target') || null,
    buildArgs: withEpoch(
      flags.list('build-arg').map((text) => parseBuildArg(text, env)),
      env,
    ),
    tags,
    noCache: flags.bool('no-cache'),
    platform,
    secrets: flags
      .list('secret')
      .filter((text) => text !== '')
      .map((text) => parseSecret(text, env, cwd)),
    ssh: readSsh(flags, env, cwd),
    outputs,
    settings: readBuildSettings(flags, builder, env, cwd),
    sourcePolicyFile: sourcePolicyFile(env, cwd),
    sendsGitQueries: parseGoBoolean(env.BUILDX_SEND_GIT_QUERY_AS_INPUT ?? '') === true,
    resultFiles: readResultFiles(flags, { outputs, isCall: call !== null }, env, cwd),
    builder,
    endpoint: {
      builder: flags.text('builder') || null,
      context: flags.text('context') || null,
      platform: platform?.split(',')[0] ?? null,
      subject: cwd === '' ? context : resolve(cwd, context),
    },
    progress: chooseProgressMode(flags, env),
    call,
    on: flags.text('on') as BuildOptions['on'],
    invoke: invoke === null ? null : parseInvoke(invoke),
    detach: flags.isSet('detach') ? flags.bool('detach') : null,
    root: flags.text('root') || null,
    serverConfig: flags.text('server-config') || null,
    theme: flags.text('theme'),
    color: flags.text('color') as BuildOptions['color'],
    glyphs: flags.text('glyphs') as BuildOptions['glyphs'],
    leaveKey: flags.text('leave-key'),
  };
}

/** Throws `BxError('usage')`. */
function choosePlatform(flags: ParsedFlags, env: NodeJS.ProcessEnv): string | null {
  if (flags.isSet('platform')) return parsePlatform(flags.list('platform'));
  return env.DOCKER_DEFAULT_PLATFORM ? parsePlatform([env.DOCKER_DEFAULT_PLATFORM], 'DOCKER_DEFAULT_PLATFORM') : null;
}

/** A repository that is reached over ssh is given the agent without being told (docker/buildx, commands/build.go). */
function readSsh(flags: ParsedFlags, env: NodeJS.ProcessEnv, cwd: string): SshSource[] {
  const given = parseSshList(flags.list('ssh'), env, cwd);
  const context = flags.positionals[0];
  return given.length === 0 && context !== undefined && isGitOverSsh(context) ? parseSshList(['default'], env, cwd) : given;
}

/** The times of what is built, as the environment has them, unless an argument says otherwise. */
function withEpoch(buildArgs: BuildOptions['buildArgs'], env: NodeJS.ProcessEnv): BuildOptions['buildArgs'] {
  const epoch = env[EPOCH];
  if (!epoch || buildArgs.some(([name, value]) => name === EPOCH && value !== null)) return buildArgs;
  return [...buildArgs, [EPOCH, epoch]];
}

/** Throws `BxError('usage')`. */
function chooseCall(flags: ParsedFlags): Call | null {
  // One is short for the other, so that the last one counts.
  const isCheck = flags.bool('check') && flags.last('check', 'call') === 'check';
  const call = parseCall(isCheck ? 'check' : (flags.text('call') ?? ''));
  const debugging = ['on', 'invoke', 'detach'].find((flag) => flags.isSet(flag));
  if (call === null || debugging === undefined) return call;
  throw new BxError('usage', `--${debugging} makes no sense with --call: nothing is built that could be looked into`, {
    hint: 'Leave one of them out.',
  });
}

function onlyContext(flags: ParsedFlags, command: string): string {
  const [context, ...more] = flags.positionals;
  if (context !== undefined && more.length === 0) return context;
  if (context !== undefined) {
    throw new BxError(
      'usage',
      `${command} requires 1 argument, not ${flags.positionals.length}: ${flags.positionals.join(' ')}`,
      {
        hint: `Flags may stand before and after it. Run '${command} --help' for more information.`,
      },
    );
  }
  const eaten = flags.text('invoke');
  const isEaten = eaten === '.' || eaten === '..' || eaten?.endsWith('/') === true;
  throw new BxError('usage', `${command} requires 1 argument: the directory with the files to build from, a URL, or -`, {
    hint: isEaten
      ? `--invoke took ${eaten} as its command. Write --invoke=default ${eaten}`
      : `For the current directory: ${command} . Run '${command} --help' for more information.`,
  });
}
