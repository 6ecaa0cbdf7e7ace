/** The configuration that a command has at a step: environment, user, working directory, shell. It must not touch filesystems. */
import { fromBinary } from '@bufbuild/protobuf';
import type { PlannedInstruction } from '../../../core/dockerfile/index.js';
import type { Moment } from '../../../core/model/index.js';
import { BxError, toBxError } from '../../../platform/errors.js';
import { readDefinition } from '../definition.js';
import type { Gateway } from '../gateway.js';
import { type ExecOp, type Meta, OpSchema } from '../proto/gen/pb_pb.js';
import type { RunContext } from '../run-context.js';
import { solveProbe } from './probe.js';
import { stepExec } from './root-state.js';

export interface Environment {
  readonly env: readonly string[];
  readonly user: string;
  readonly cwd: string;
  /** SHELL in force: argv in front of a command line. */
  readonly runShell: readonly string[];
  /** Set when this is not exact. */
  readonly note: string | null;
}

const DEFAULT_SHELL = ['/bin/sh', '-c'];
const DEFAULT_ENV = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

/** Probes are asked once per run and place; a probe that failed may be asked again. */
const probes = new WeakMap<Gateway, Map<string, Promise<Uint8Array>>>();

/** The probe's definition for the place after `line`. */
export function probeAfter(context: RunContext, line: number, signal: AbortSignal): Promise<Uint8Array> {
  const known = probes.get(context.gateway) ?? new Map<string, Promise<Uint8Array>>();
  probes.set(context.gateway, known);
  const place = `${line} ${context.platform ?? ''}`;
  const asked = known.get(place) ?? solveProbe(context, line, signal);
  known.set(place, asked);
  asked.catch(() => known.delete(place));
  return asked;
}

/** Throws `BxError('cancelled')` only; an engine that cannot tell gives the nearest known configuration with a note. */
export async function environmentAt(
  context: RunContext,
  instruction: PlannedInstruction,
  moment: Moment,
  signal: AbortSignal,
): Promise<Environment> {
  const own = stepExec(context.graph, instruction.key, context.failureAt(instruction.key))?.exec;
  const meta = isAfterTriggers(instruction, moment) ? undefined : own?.meta;
  if (meta && instruction.instruction === 'RUN' && !isExecForm(instruction)) {
    return { ...fromMeta(meta), runShell: meta.args.length > 1 ? meta.args.slice(0, -1) : DEFAULT_SHELL, note: null };
  }
  const line = probeLine(context, instruction, own === undefined ? moment : 'after');
  if (line === null) return { env: DEFAULT_ENV, user: '', cwd: '/', runShell: DEFAULT_SHELL, note: null };
  try {
    const probed = lastExec(await probeAfter(context, line, signal))?.meta;
    if (probed === undefined) throw new BxError('engine', 'the engine gave no command back');
    const runShell = probed.args.slice(0, -1);
    return meta ? { ...fromMeta(meta), runShell, note: null } : { ...fromMeta(probed), runShell, note: null };
  } catch (error) {
    const { code, message } = toBxError(error, 'engine');
    if (code === 'cancelled') throw error;
    if (meta) return { ...fromMeta(meta), runShell: DEFAULT_SHELL, note: null };
    return nearest(context, instruction, message);
  }
}

/** A FROM's commands are the triggers of its image (ONBUILD): what they set after the last command is in none of them. */
function isAfterTriggers(instruction: Pick<PlannedInstruction, 'instruction'>, moment: Moment): boolean {
  return instruction.instruction === 'FROM' && moment === 'after';
}

/**
 * The line after which the probe stands: of the instruction itself, or of the one before it in its stage when the state before it is
 * wanted. Null: before FROM, where nothing is set.
 */
function probeLine(context: RunContext, instruction: PlannedInstruction, moment: Moment): number | null {
  if (moment !== 'before') return instruction.lines.end;
  const earlier = context.request.dockerfile.plan.instructions.findLast(
    (one) => one.stage === instruction.stage && one.number < instruction.number,
  );
  return earlier?.lines.end ?? null;
}

function fromMeta(meta: Meta): Pick<Environment, 'env' | 'user' | 'cwd'> {
  return { env: [...meta.env, ...proxyEnv(meta)], user: meta.user, cwd: meta.cwd || '/' };
}

/** Containers ignore the op's proxy settings; a command of the build gets them in both spellings (BuildKit, executor's proxy env). */
function proxyEnv(meta: Meta): string[] {
  const proxy = meta.proxyEnv;
  if (!proxy) return [];
  const values = {
    HTTP_PROXY: proxy.httpProxy,
    HTTPS_PROXY: proxy.httpsProxy,
    FTP_PROXY: proxy.ftpProxy,
    NO_PROXY: proxy.noProxy,
    ALL_PROXY: proxy.allProxy,
  };
  return Object.entries(values).flatMap(([name, value]) =>
    value === '' ? [] : [`${name}=${value}`, `${name.toLowerCase()}=${value}`],
  );
}

export function isExecForm(instruction: Pick<PlannedInstruction, 'text'>): boolean {
  const command = instruction.text.replace(/^\s*RUN\s+/i, '').replace(/^(?:--\S+\s+)*/, '');
  if (!command.startsWith('[')) return false;
  try {
    return Array.isArray(JSON.parse(command));
  } catch {
    return false;
  }
}

function lastExec(definition: Uint8Array): ExecOp | null {
  for (const raw of readDefinition(definition).ops.toReversed()) {
    const op = fromBinary(OpSchema, raw).op;
    if (op.case === 'exec') return op.value;
  }
  return null;
}

/** The nearest command of the stage, an earlier one first: better than nothing, and said. */
function nearest(context: RunContext, instruction: PlannedInstruction, reason: string): Environment {
  const stage = context.request.dockerfile.plan.instructions.filter((one) => one.stage === instruction.stage);
  const order = [...stage.filter((one) => one.number < instruction.number).reverse(), ...stage];
  for (const other of order) {
    const { graph } = context;
    // Of several commands, a FROM's triggers, the last one.
    const last = graph.verticesOf(other.key).findLast((digest) => graph.op(digest)?.op?.op.case === 'exec');
    const meta = stepExec(graph, other.key, { digest: last ?? null })?.exec.meta;
    if (!meta) continue;
    const runShell = isExecForm(other) || meta.args.length < 2 ? DEFAULT_SHELL : meta.args.slice(0, -1);
    return { ...fromMeta(meta), runShell, note: `The environment is that of step ${other.key}: ${reason}` };
  }
  return {
    env: DEFAULT_ENV,
    user: '',
    cwd: '/',
    runShell: DEFAULT_SHELL,
    note: `The step's environment is not known: ${reason}`,
  };
}
