/**
 * From what is settled to a running container: tries the filesystem's own shell, a lent one, another step's, none, in that order, and
 * gives up a privilege that the engine refuses. Every container made on the way is given back.
 */
import { randomBytes } from 'node:crypto';
import type { StepKey } from '../../../core/model/index.js';
import { BxError } from '../../../platform/errors.js';
import type { Container, ProcessSpec } from '../../engine.js';
import { appendPath } from '../../shared/env.js';
import { shellJoin } from '../../shared/shell-quote.js';
import { isForeignProgram, platformOfOp, runsByItself, whyForeign } from '../foreign-programs.js';
import { type ExecOp, type Mount, NetMode, SecurityMode } from '../proto/gen/pb_pb.js';
import { type BareOptions, createBareContainer } from './bare-container.js';
import { type ContainerFacts, createKeptContainer } from './container.js';
import type { Ground } from './ground.js';
import { canBeFirst, keptByFirst, keptByKeeper, type Life, type LifeOptions } from './life.js';
import { bindMount, type StepMount, tmpfsMount } from './mounts.js';
import { type ContainerRequest, newContainer, releaseContainer } from './new-container.js';
import { stepExec } from './root-state.js';
import { HOME_DIR } from './scripts.js';
import { keepsHistory, shellOfInstruction } from './shell-choice.js';
import { type ShellSource, shellSources } from './shell-sources.js';
import { lookAround, type Surroundings } from './surroundings.js';
import { userOfStep } from './user.js';

/** What `--network` makes of the network of a step. */
const NETWORKS: Readonly<Record<string, NetMode>> = { none: NetMode.NONE, host: NetMode.HOST };

interface Privileges {
  readonly network: NetMode;
  readonly security: SecurityMode;
}

/** `first`: see `ContainerSpec`. Throws `BxError`: 'engine' when no container can be made at all, 'cancelled' after `signal`. */
export async function attemptContainer(ground: Ground, first: ProcessSpec | null, signal: AbortSignal): Promise<Container> {
  const reasons: string[] = [];
  const platform = platformAt(ground);
  const foreign = whyForeign(platform, ground.context.workerPlatform);
  let isForeign = false;
  // On a terminal the words of a program that does not run may be lost, and the engine says no more of its end.
  const mayBeFirst = ground.context.capabilities.signals.isAvailable && runsByItself(platform, ground.context.workerPlatform);
  const notes = withoutLimits(ground.exec);
  let privileges: Privileges = {
    network: ground.exec?.network ?? NETWORKS[ground.context.request.network ?? ''] ?? NetMode.UNSET,
    security: ground.exec?.security ?? SecurityMode.SANDBOX,
  };
  for await (const source of shellSources(ground, reasons, signal)) {
    let together = source.lent === null && mayBeFirst ? first : null;
    for (;;) {
      const outcome = await tryShell(ground, source, privileges, notes, together, signal);
      if ('container' in outcome) return outcome.container;
      const fewer = withoutRefused(privileges, outcome.refusal, notes);
      if (fewer === null) {
        // One after the other they tell which of the two is in the way.
        if (outcome.isTogether) {
          together = null;
          continue;
        }
        if (!isShellProblem(outcome.refusal)) throw new BxError('engine', `the container does not start: ${outcome.refusal}`);
        if (isForeignProgram(outcome.refusal) && !isForeign) {
          isForeign = true;
          notes.push(`${source.posixShell.join(' ')} does not run: ${foreign.reason}. ${foreign.hint}`);
        }
        reasons.push(`${source.posixShell.join(' ')} does not run there (${outcome.refusal})`);
        break;
      }
      privileges = fewer;
    }
  }
  const noShell = isForeign ? { reason: `: ${foreign.reason}`, hint: foreign.hint } : { reason: '', hint: ANY_PROGRAM };
  return withoutShell(ground, privileges, [...notes, noShellNote(ground.step, reasons)], noShell);
}

const ANY_PROGRAM = 'Start a program that is in it.';

/** What the programs of the step are for: as the engine's graph says, else as the build was asked for. */
function platformAt({ context, step }: Ground): string | null {
  const { request, platform, graph } = context;
  return platformOfOp(stepExec(graph, step)?.op) ?? platform ?? request.platform;
}

/** The engine starts a container's programs without what it sets for the step's command (BuildKit, frontend/gateway/container). */
function withoutLimits(exec: ExecOp | null): string[] {
  const { ulimit = [], cgroupParent = '' } = exec?.meta ?? {};
  const missing = [
    ...ulimit.map(({ Name, Soft, Hard }) => `--ulimit ${Name}=${Soft}:${Hard}`),
    ...(cgroupParent === '' ? [] : [`--cgroup-parent ${cgroupParent}`]),
  ];
  return missing.length === 0 ? [] : [`The engine gives no container of a shell ${missing.join(' and ')}, which the step has.`];
}

async function tryShell(
  ground: Ground,
  source: ShellSource,
  privileges: Privileges,
  notes: readonly string[],
  first: ProcessSpec | null,
  signal: AbortSignal,
): Promise<{ container: Container } | { refusal: string; isTogether: boolean }> {
  const { context, environment } = ground;
  const { gateway } = context;
  const id = await newContainer(gateway, containerRequest(ground, source, privileges), signal);
  const secrets = secretEnv(ground);
  const { h2 } = context;
  const exec = { h2, metadata: gateway.metadata, containerId: id, security: privileges.security, secretEnv: secrets.given };
  const options: LifeOptions = {
    exec,
    posixShell: source.posixShell,
    files: ground.command?.files ?? new Map([['history', '']]),
    env: environment.env,
    user: environment.user,
    cwd: environment.cwd,
  };
  const isTogether = first !== null && canBeFirst(first, options);
  try {
    const life: Life = isTogether
      ? await keptByFirst(options, first, shellOfInstruction(environment.runShell), signal)
      : await keptByKeeper(options, lookAround(source, environment.cwd), signal);
    const { found } = life;
    const stepUser = source.prefix === '' ? environment.user : '';
    const { user, note } = isTogether ? { user: stepUser, note: null } : await userOfStep(await life.keeper(), stepUser);
    const container = createKeptContainer({
      facts: {
        ...commonFacts(ground, id, [...notes, ...secrets.notes, ...(note === null ? [] : [note])]),
        defaults: {
          env: source.pathEntry === null ? environment.env : appendPath(environment.env, source.pathEntry),
          user,
          cwd: source.prefix === '' ? found.cwd : source.prefix,
          shell: interactiveShell(ground, source, found.bash),
          lentShell: source.lent,
          runShell: environment.runShell,
          ...commandDefaults(ground, source, found),
        },
      },
      exec,
      life,
      posixShell: source.posixShell,
      release: () => releaseContainer(gateway, id),
    });
    return { container };
  } catch (error) {
    await releaseContainer(gateway, id);
    if (signal.aborted) throw new BxError('cancelled', 'opening the container was cancelled', { cause: error });
    if (error instanceof BxError && error.code === 'engine') return { refusal: error.message, isTogether };
    throw error;
  }
}

function containerRequest(
  ground: Ground,
  source: Pick<ShellSource, 'rootId' | 'mounts' | 'prefix'> | null,
  privileges: Privileges,
): ContainerRequest {
  const meta = ground.exec?.meta;
  const prefix = source?.prefix ?? '';
  const step: Mount[] = ground.mounts
    .filter(isGiven)
    .map(({ mount }) => (prefix === '' ? mount : { ...mount, dest: `${prefix}${mount.dest}` }));
  return {
    Mounts: [
      bindMount('/', source?.rootId ?? ground.rootId, false),
      ...(source?.mounts ?? []),
      ...step,
      ...(source === null ? [] : [tmpfsMount(HOME_DIR)]),
    ],
    Network: privileges.network,
    extraHosts: meta?.extraHosts ?? hostsOfAllSteps(ground.context),
    hostname: meta?.hostname ?? '',
  };
}

/** Of a step that runs nothing: those that a command there would have. */
function hostsOfAllSteps(context: Ground['context']): Array<{ Host: string; IP: string }> {
  const hosts = context.frontendOptions()['add-hosts'] ?? '';
  return hosts.split(',').flatMap((entry) => {
    const equals = entry.indexOf('=');
    return equals < 0 ? [] : [{ Host: entry.slice(0, equals), IP: entry.slice(equals + 1) }];
  });
}

/** A cache that was left out is an empty directory in its place; a secret that was not given is nothing at all. */
function isGiven({ summary }: StepMount): boolean {
  return summary.isMounted || summary.kind === 'cache';
}

function commonFacts(ground: Ground, id: string, notes: readonly string[]): Omit<ContainerFacts, 'defaults'> {
  const all = [ground.root.note, ground.environment.note, ...notes].filter((note) => note !== null);
  return {
    id,
    step: ground.step,
    moment: ground.root.moment,
    note: all.length === 0 ? null : all.join(' '),
    mounts: ground.mounts.map(({ summary }) => summary),
    holdsExclusiveCache: ground.mounts.some(({ isExclusiveCache }) => isExclusiveCache),
  };
}

/** Secrets that the command gets as variables; what cannot be passed on is said. */
function secretEnv(ground: Ground): { given: ExecOp['secretenv']; notes: string[] } {
  const wanted = ground.exec?.secretenv ?? [];
  if (wanted.length === 0) return { given: [], notes: [] };
  const { secretEnv: capability } = ground.context.capabilities;
  if (!capability.isAvailable)
    return {
      given: [],
      notes: [`${capability.reason.replace(/\.$/, '')}: ${wanted.map(({ name }) => name).join(', ')} is not set.`],
    };
  const isKnown = (id: string): boolean => ground.context.request.secrets.some((secret) => secret.id === id);
  const missing = wanted.filter(({ ID }) => !isKnown(ID));
  const notes = missing.map(({ ID, name }) => `${name} is not set: no --secret id=${ID} was given.`);
  return { given: wanted.filter(({ ID }) => isKnown(ID)), notes };
}

/** With the filesystem at another place than `/`, its command needs a `chroot` to run. */
function commandDefaults(
  ground: Ground,
  source: ShellSource,
  found: Surroundings,
): Pick<ContainerFacts['defaults'], 'stepCommand' | 'stepCommandLine' | 'hasHistory'> {
  const { command } = ground;
  if (command === null || (source.prefix !== '' && found.chroot === ''))
    return { stepCommand: null, stepCommandLine: null, hasHistory: false };
  const hasHistory = keepsHistory(interactiveShell(ground, source, found.bash), source.posixShell, found.isAshWithHistory);
  if (source.prefix === '') return { stepCommand: command.args, stepCommandLine: command.line, hasHistory };
  const args = [found.chroot, source.prefix, ...command.args];
  return { stepCommand: args, stepCommandLine: shellJoin(args), hasHistory: false };
}

function interactiveShell(ground: Ground, source: ShellSource, bash: string): readonly string[] {
  if (source.lent !== null && source.prefix === '') return source.posixShell;
  const named = source.lent === null ? shellOfInstruction(ground.environment.runShell) : null;
  if (named !== null) return [named];
  return bash === '' ? source.posixShell : [bash];
}

/** One privilege less, said in `notes`; null when nothing that can be given up was refused. */
function withoutRefused(privileges: Privileges, refusal: string, notes: string[]): Privileges | null {
  if (privileges.network === NetMode.HOST && /network\.host is not allowed/.test(refusal)) {
    notes.push("The engine refuses the host's network here: this container has a network of its own.");
    return { ...privileges, network: NetMode.UNSET };
  }
  if (privileges.security === SecurityMode.INSECURE && /security\.insecure is not allowed/.test(refusal)) {
    notes.push('The engine refuses security=insecure here: this container runs with the usual restrictions.');
    return { ...privileges, security: SecurityMode.SANDBOX };
  }
  return null;
}

/** runc's words for a program that is not there, or not for this machine. */
function isShellProblem(refusal: string): boolean {
  return /no such file or directory|not found|exec format error|permission denied|not a directory|invalid argument|status \d+/i.test(
    refusal,
  );
}

function noShellNote(step: StepKey, reasons: readonly string[]): string {
  return `The filesystem of step ${step} has no shell, and none could be lent (${reasons.join('; ')}). A program that is in it can be run; each run starts from the same state.`;
}

function withoutShell(
  ground: Ground,
  privileges: Privileges,
  notes: readonly string[],
  noShell: BareOptions['noShell'],
): Container {
  const { context, environment } = ground;
  const { gateway, releaseWatch } = context;
  const secrets = secretEnv(ground);
  const never = new AbortController().signal;
  return createBareContainer({
    facts: {
      ...commonFacts(ground, `bxtuibare${randomBytes(8).toString('hex')}`, [...notes, ...secrets.notes]),
      holdsExclusiveCache: false,
      defaults: {
        env: environment.env,
        user: environment.user,
        cwd: environment.cwd,
        shell: [],
        lentShell: null,
        runShell: environment.runShell,
        stepCommand: ground.command?.args ?? null,
        stepCommandLine: ground.command?.line ?? null,
        hasHistory: false,
      },
    },
    exec: { h2: context.h2, metadata: gateway.metadata, security: privileges.security, secretEnv: secrets.given },
    noShell,
    noSignals: context.capabilities.signals.isAvailable ? null : context.capabilities.signals.reason,
    async create() {
      const id = await newContainer(gateway, containerRequest(ground, null, privileges), never);
      releaseWatch?.hold(id, gateway.buildRef);
      return id;
    },
    async release(id) {
      await releaseContainer(gateway, id);
      releaseWatch?.free(id);
    },
  });
}
