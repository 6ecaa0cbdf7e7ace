/**
 * Which root filesystem a container gets: the state after a step, before it, or as its failed command left it. It must not make
 * containers; what it returns is what to mount.
 */

import type { Moment, StepKey } from '../../../core/model/index.js';
import { BxError } from '../../../platform/errors.js';
import type { ContainerSpec } from '../../engine.js';
import { rootInputOf } from '../graph.js';
import type { Graph, OutputRef } from '../graph-types.js';
import type { ExecOp, Op } from '../proto/gen/pb_pb.js';
import type { RunContext, SolveFailure } from '../run-context.js';

export interface RootState {
  readonly moment: Moment;
  /** The state as an output of the graph; null: an empty filesystem. For `failed`: the state before, which can be looked into. */
  readonly output: OutputRef | null;
  /** For `failed`: the ids of the error, one per mount of the command. */
  readonly failureIds: readonly string[] | null;
  /** Set when it is not what was asked for. */
  readonly note: string | null;
}

/** A step's command and the graph's op around it. */
export interface StepExec {
  readonly op: Op;
  readonly exec: ExecOp;
}

/** Null for steps that run none. A FROM may have several, of the triggers in its image (ONBUILD): `failed` tells which of them is meant. */
export function stepExec(graph: Graph, step: StepKey, failed: Pick<SolveFailure, 'digest'> | null = null): StepExec | null {
  const own = graph.verticesOf(step);
  for (const digest of own.includes(failed?.digest ?? '') ? [failed?.digest ?? '', ...own] : own) {
    const op = graph.op(digest)?.op;
    if (op?.op.case === 'exec') return { op, exec: op.op.value };
  }
  return null;
}

/** The state before a step: what its first operation takes as its root. For a step without one, the state there is what it is. */
export function outputBefore(graph: Graph, step: StepKey, isFrom: boolean): OutputRef | null {
  const own = new Set(graph.verticesOf(step));
  let at = graph.sink(step);
  if (own.size === 0) return isFrom ? null : at;
  while (at !== null && own.has(at.digest)) at = rootInputOf(graph.op(at.digest)?.op);
  return at;
}

/** Of a FROM that has failed it is the state before the trigger that did: there is none before FROM itself. */
function outputBeforeFailed(graph: Graph, step: StepKey, isFrom: boolean, failed: SolveFailure | null): OutputRef | null {
  const culprit = failed?.digest ?? '';
  const isTrigger = isFrom && graph.verticesOf(step).includes(culprit);
  return isTrigger ? rootInputOf(graph.op(culprit)?.op) : outputBefore(graph, step, isFrom);
}

/** Throws `BxError` when the step has no such state. */
export function chooseRootState(context: RunContext, step: StepKey, asked: ContainerSpec['moment']): RootState {
  const { graph } = context;
  const isFrom = context.request.dockerfile.plan.instructions.find((one) => one.key === step)?.instruction === 'FROM';
  const failed = context.failureAt(step);
  const moment = asked === 'auto' ? autoMoment(failed) : asked;
  switch (moment) {
    case 'before':
      return { moment, output: outputBeforeFailed(graph, step, isFrom, failed), failureIds: null, note: null };
    case 'failed':
      return failedState(context, step, failed, isFrom);
    case 'after':
      if (failed !== null) {
        throw new BxError('engine', `step ${step} failed, so that there is no state after it: ${failed.message}`, {
          hint: 'Open the state before it, or the failed one.',
        });
      }
      return { moment, output: graph.sink(step), failureIds: null, note: null };
  }
}

function autoMoment(failed: SolveFailure | null): Moment {
  if (failed === null) return 'after';
  return failed.kind === 'exec' ? 'failed' : 'before';
}

function failedState(context: RunContext, step: StepKey, failed: SolveFailure | null, isFrom: boolean): RootState {
  const output = outputBeforeFailed(context.graph, step, isFrom, failed);
  if (failed === null) throw new BxError('unsupported', `step ${step} has not failed`, { hint: 'Open the state after it.' });
  if (failed.kind !== 'exec') {
    const note = 'This step wrote nothing before it failed; this is the state before it.';
    return { moment: 'before', output, failureIds: null, note };
  }
  const root = failed.op?.op.case === 'exec' ? failed.op.op.value.mounts.findIndex((mount) => mount.dest === '/') : -1;
  if (root >= 0 && (failed.mountIds[root] ?? '') !== '')
    return { moment: 'failed', output, failureIds: failed.mountIds, note: null };
  const reason = context.capabilities.failedState.isAvailable
    ? 'The engine kept nothing of what the failed command wrote'
    : context.capabilities.failedState.reason.replace(/\.$/, '');
  const note = `${reason}: this is the state before it, with its mounts; run the command again to see what it leaves behind.`;
  return { moment: 'before', output, failureIds: null, note };
}
