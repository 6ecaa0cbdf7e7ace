/**
 * A container that is kept alive by its keeper until it is released: starts programs in it and tells when it is gone. How it was made
 * is not its business.
 */
import { BxError } from '../../../platform/errors.js';
import type { Container, ContainerDefaults, ContainerProcess, ProcessSpec } from '../../engine.js';
import { mergeEnv } from './env.js';
import type { Keeper } from './keeper.js';
import { type ExecContext, type OwnedProcess, startWrapped } from './process.js';
import { shellQuote } from './shell-quote.js';
import { HISTORY_PATH } from './step-command.js';

/** What is settled about a container before it exists. */
export type ContainerFacts = Pick<Container, 'id' | 'step' | 'moment' | 'note' | 'mounts' | 'defaults' | 'holdsExclusiveCache'>;

export interface KeptOptions {
  readonly facts: ContainerFacts;
  readonly exec: ExecContext;
  readonly keeper: Keeper;
  /** argv that runs POSIX scripts in it. */
  readonly posixShell: readonly string[];
  /** `env` of the filesystem, for variables whose names no shell passes on; empty when there is none. */
  readonly envProgram: string;
  /** Gives it back to the engine; never throws. */
  readonly release: () => Promise<void>;
}

/** Terminal type when the step sets none: what the terminal pane emulates. */
const DEFAULT_TERM = 'TERM=xterm-256color';

export function createKeptContainer(options: KeptOptions): Container {
  const { facts, keeper } = options;
  const { defaults } = facts;
  const processes = new Set<OwnedProcess>();
  let ending: Promise<void> | null = null;
  let lostReason: string | null = null;
  let markGone: (reason: string | null) => void = () => {};
  const gone = new Promise<string | null>((resolve) => {
    markGone = resolve;
  });

  void keeper.ended.then((reason) => {
    if (ending !== null) return;
    lostReason = endReason(reason);
    for (const process of processes) process.lose(lostReason);
    markGone(lostReason);
    ending = options.release();
  });

  async function release(): Promise<void> {
    if (ending === null) {
      ending = (async () => {
        for (const process of processes) process.lose('the container was released');
        keeper.close();
        await options.release();
        markGone(null);
      })();
    }
    await ending;
  }

  async function start(spec: ProcessSpec): Promise<ContainerProcess> {
    if (ending !== null) throw goneError(facts.id, lostReason);
    const args = spec.args.length > 0 ? spec.args : defaults.shell;
    const cwd = spec.cwd ?? defaults.cwd;
    const user = await startableUser(keeper, spec.user ?? defaults.user, cwd);
    const env = mergeEnv(
      [...(spec.tty ? [DEFAULT_TERM] : []), ...(isShell(args, defaults) ? [`HISTFILE=${HISTORY_PATH}`] : [])],
      mergeEnv(defaults.env, spec.env),
    );
    const process = await startWrapped(
      options.exec,
      options.posixShell,
      { ...spec, args: throughEnv(args, env, options.envProgram), env, user, cwd },
      async (name, pid) => (await keeper.run(`bx_kill ${name} ${pid}; [ -d /proc/${pid} ]`)).status === 0,
    );
    processes.add(process);
    void process.exited.then(() => processes.delete(process));
    if (lostReason !== null) process.lose(lostReason);
    return process;
  }

  return { ...facts, start, release, gone };
}

/**
 * The engine takes an unknown user or a missing directory for a failed process and stops the whole container; so they are looked up first,
 * as the engine would (BuildKit, executor/oci GetUser). Returns the user to start as: root needs no entry.
 */
async function startableUser(keeper: Keeper, user: string, cwd: string): Promise<string> {
  const [name = '', group = ''] = user.split(':');
  const checks: string[] = [];
  if (!isNumericId(name)) checks.push(`bx_member ${shellQuote(name)} /etc/passwd || exit 11`);
  if (!isNumericId(group)) checks.push(`bx_member ${shellQuote(group)} /etc/group || exit 12`);
  checks.push(`[ -d ${shellQuote(cwd)} ] || exit 13`);
  if (user === 'root') checks.push('bx_member root /etc/passwd || exit 14');
  if (/^\d+$/.test(user)) checks.push('[ -e /etc/passwd ] || exit 15');
  const { status } = await keeper.run(checks.join('; '));
  const hint = 'Name another one, or use root.';
  if (status === 11) throw new BxError('engine', `no user ${name} in this container's /etc/passwd`, { hint });
  if (status === 12) throw new BxError('engine', `no group ${group} in this container's /etc/group`, { hint });
  if (status === 13)
    throw new BxError('engine', `no directory ${cwd} in this container`, { hint: 'Name another working directory, such as /.' });
  // Without the file the engine finds no group for a bare number, and takes that for an unknown user.
  if (status === 15) return `${user}:0`;
  return status === 14 ? '' : user;
}

/** Also true for none at all, which means root. */
function isNumericId(name: string): boolean {
  return name === '' || name === 'root' || (/^\d+$/.test(name) && Number(name) <= 0x7fffffff);
}

function isShell(args: readonly string[], defaults: ContainerDefaults): boolean {
  return args.length === defaults.shell.length && args.every((arg, index) => arg === defaults.shell[index]);
}

/** dash and ash drop variables whose names they could not have themselves (`my.key`); `env` puts them back. */
function throughEnv(args: readonly string[], env: readonly string[], envProgram: string): readonly string[] {
  const odd = env.filter((entry) => !/^[A-Za-z_]\w*=/.test(entry) && /^[^=\s-][^=]*=/.test(entry));
  return odd.length === 0 || envProgram === '' ? args : [envProgram, ...odd, ...args];
}

function goneError(id: string, reason: string | null): BxError {
  return new BxError('state', `container ${id} is gone${reason === null ? '' : `: ${reason}`}`, {
    hint: 'Roll back to the step for a new one.',
  });
}

function endReason(reason: string): string {
  if (/exit code: 137|status 137|context canceled/.test(reason))
    return `a process in it was killed, and the container with it (${reason})`;
  return reason;
}
