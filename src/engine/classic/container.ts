/**
 * A container from an image of the build. Its own process is a silent shell that reads from this program: when the connection ends, for whatever
 * reason, so does the container, and the engine removes it.
 */

import type { PlannedInstruction } from '../../core/dockerfile/index.js';
import type { Moment } from '../../core/model/index.js';
import { BxError, toBxError } from '../../platform/errors.js';
import { type BuildSettings, type Container, type ContainerDefaults, RELEASED } from '../engine.js';
import { ApiError, type EngineApi } from '../shared/engine-api.js';
import { mergeEnv } from '../shared/env.js';
import { commandOf, lineOf } from './command.js';
import { type StartedExec, startExec } from './exec.js';
import { ownLabel, removeContainer } from './owner.js';
import { settingsHostConfig } from './settings-query.js';
import { userOfStep } from './step-user.js';

export interface ImageConfig {
  readonly Env?: readonly string[] | null;
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Cmd?: readonly string[] | null;
  readonly Shell?: readonly string[] | null;
}

export interface ContainerGround {
  /** Takes the image away as soon as the container is made, which needs it no more. Null: it stays. */
  readonly discard: ((image: string) => Promise<void>) | null;
  /** Asked again for every try. */
  readonly image: () => Promise<string>;
  readonly config: ImageConfig;
  readonly step: PlannedInstruction;
  readonly moment: Moment;
  /** argv of the step's RUN as the engine had it; null: of the Dockerfile. */
  readonly command: readonly string[] | null;
  /** Why it is not what was asked for, or what it lacks of its step; null: nothing to say. */
  readonly note: string | null;
}

/** Shells that may keep a container, best first. */
const KEEPERS = ['/bin/sh', '/bin/bash', '/busybox/sh', '/usr/bin/sh'];
const BASHES = ['/bin/bash', '/usr/bin/bash'];
/** Ends with its input, and takes in the end of whatever has lost its parent. */
const KEEP = 'exec 3<&0; (while read -r _ <&3; do :; done) & wait $!';
const HISTORY = '/dev/shm/.bxtui-history';
const DEFAULT_RUN_SHELL = ['/bin/sh', '-c'];

/** Throws `BxError('engine' | 'unsupported' | 'cancelled')`. */
export async function openContainer(
  api: EngineApi,
  ground: ContainerGround,
  settings: BuildSettings,
  signal: AbortSignal,
): Promise<Container> {
  const { step, moment, config } = ground;
  const made = await startKept(api, ground, settings, signal);
  const { user: stepUser, note: userNote } = await userOfStep(api, made.id, config.User ?? '', signal);
  const defaults = await defaultsOf(api, ground, made, stepUser);
  const programs = new Set<StartedExec>();
  let releasing: Promise<void> | null = null;
  let isGone = false;
  const gone = made.ended.then((reason) => {
    isGone = true;
    for (const program of programs) program.lose(releasing ? RELEASED : reason);
    return releasing ? null : reason;
  });
  return {
    id: made.id,
    step: step.key,
    moment,
    note:
      made.shell === null
        ? 'There is no shell in this step, and the classic builder can lend none: no program can be started here.'
        : [ground.note, userNote].filter((note) => note !== null).join(' ') || null,
    mounts: [],
    defaults,
    holdsExclusiveCache: false,
    gone,
    async start(spec) {
      if (releasing || isGone) throw new BxError('state', `the container of step ${step.number} has gone`);
      if (made.shell === null) throw noShell(ground);
      const isShell = spec.args.length === 0;
      if (isShell && defaults.shell.length === 0) throw noShell(ground);
      const below = spec.tty ? ['TERM=xterm-256color'] : [];
      const stepEnv = mergeEnv(below, mergeEnv(config.Env ?? [], spec.env));
      const asked = spec.user ?? defaults.user;
      // It need not be in any passwd.
      const user = asked === 'root' ? '0' : asked;
      const line = defaults.stepCommandLine;
      const hasHistory = isShell && spec.tty && line !== null && defaults.hasHistory;
      const program = await startExec(api, made.id, made.shell, {
        args: hasHistory ? withHistory(made.shell, line, defaults.shell) : isShell ? defaults.shell : spec.args,
        env: hasHistory ? mergeEnv([`HISTFILE=${HISTORY}`], stepEnv) : stepEnv,
        user,
        cwd: spec.cwd ?? defaults.cwd,
        ...{ tty: spec.tty, cols: spec.cols, rows: spec.rows },
      }).catch((error: unknown) => {
        const { message } = toBxError(error);
        if (/unable to find user/.test(message))
          throw new BxError('engine', `there is no user ${asked} in this container`, {
            hint: 'Name another one, or use root.',
            cause: error,
          });
        throw new BxError('engine', message.includes(user) ? message : `${message} (user ${user})`, { cause: error });
      });
      programs.add(program);
      void program.process.exited.then(() => programs.delete(program));
      return program.process;
    },
    release() {
      for (const program of releasing ? [] : programs) program.lose(RELEASED);
      releasing ??= made.remove().then(() => gone.then(() => {}));
      return releasing;
    },
  };
}

interface Kept {
  readonly id: string;
  /** Null: nothing in it can keep it. */
  readonly shell: string | null;
  readonly ended: Promise<string>;
  remove(): Promise<void>;
}

async function startKept(
  api: EngineApi,
  { image: imageOf, discard, config }: ContainerGround,
  settings: BuildSettings,
  signal: AbortSignal,
): Promise<Kept> {
  for (const shell of KEEPERS) {
    const image = await imageOf();
    const { Id: id } = await api.json<{ readonly Id: string }>('POST', '/containers/create', {
      body: {
        Image: image,
        ...{ Entrypoint: [shell], Cmd: ['-c', KEEP], User: '0', Env: config.Env ?? [], WorkingDir: config.WorkingDir || '/' },
        ...{ Tty: false, OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true },
        ...{ Labels: ownLabel(), Healthcheck: { Test: ['NONE'] } },
        HostConfig: { AutoRemove: true, ...settingsHostConfig(settings) },
      },
      signal,
    });
    await discard?.(image);
    try {
      const socket = await api.hijack(`/containers/${id}/attach`, null, {
        query: { stream: '1', stdin: '1', stdout: '1' },
        signal,
      });
      const closed = new Promise<string>((resolve) => {
        socket.once('end', () => resolve('its first process has ended'));
        socket.once('close', () => resolve('the connection to the engine was lost'));
      });
      socket.resume();
      await api.json('POST', `/containers/${id}/start`, { signal }).catch((error: unknown) => {
        socket.destroy();
        throw error;
      });
      const remove = (): Promise<void> =>
        removeContainer(api, id)
          .catch(() => {})
          .finally(() => socket.destroy());
      return { id, shell, ended: closed, remove };
    } catch (error) {
      await removeContainer(api, id).catch(() => {});
      if (!(error instanceof ApiError) || !isWithout(shell, error.message)) throw error;
    }
  }
  let end: (reason: string) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  return { id: 'without-shell', shell: null, ended, remove: async () => end('released') };
}

/** What an engine says of a program that it cannot start; of all else that it lacks it says no program. */
function isWithout(program: string, message: string): boolean {
  return message.includes(program) && /no such file|not found|permission denied/i.test(message);
}

async function defaultsOf(api: EngineApi, ground: ContainerGround, made: Kept, user: string): Promise<ContainerDefaults> {
  const { config, step } = ground;
  const runShell = config.Shell && config.Shell.length > 0 ? config.Shell : DEFAULT_RUN_SHELL;
  const stepCommand = step.instruction === 'RUN' ? (ground.command ?? commandOf(step.text, runShell)) : null;
  const shell = made.shell === null ? null : await interactiveShell(api, made.id, made.shell, config.Shell?.[0] ?? null);
  return {
    env: config.Env ?? [],
    user,
    cwd: config.WorkingDir || '/',
    shell: shell === null ? [] : [shell],
    lentShell: null,
    runShell,
    stepCommand,
    stepCommandLine: stepCommand === null ? null : lineOf(stepCommand, runShell),
    // Others have none, or cannot be asked.
    hasHistory: stepCommand !== null && shell?.endsWith('/bash') === true,
  };
}

async function interactiveShell(api: EngineApi, id: string, posixShell: string, named: string | null): Promise<string> {
  const candidates = named?.startsWith('/') && named !== '/bin/sh' ? [named, ...BASHES] : BASHES;
  for (const path of candidates) {
    const { status } = await api.head(`/containers/${id}/archive`, { query: { path } });
    if (status === 200) return path;
  }
  return posixShell;
}

/** The history is in memory of the container, so that its files stay as the step has them. */
function withHistory(posixShell: string, line: string, shell: readonly string[]): string[] {
  const script = `[ -e ${HISTORY} ] || printf '%s\\n' "$1" > ${HISTORY} 2>/dev/null; chmod 666 ${HISTORY} 2>/dev/null; shift; exec "$@"`;
  return [posixShell, '-c', script, 'bxtui', line, ...shell];
}

function noShell({ step }: ContainerGround): BxError {
  return new BxError('unsupported', `there is no shell in step ${step.number}, and the classic builder can lend none`, {
    hint: 'Choose another step.',
  });
}
