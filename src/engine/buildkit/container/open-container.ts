/**
 * Opens a container at a step: settles its root filesystem, mounts, configuration and shell, then has it made and kept alive. Where the
 * filesystem has no shell, one is lent; where the engine refuses a privilege, the container is opened without it, and says so.
 */

import type { PlannedInstruction } from '../../../core/dockerfile/index.js';
import type { StepKey } from '../../../core/model/index.js';
import { BxError } from '../../../platform/errors.js';
import type { Container, ContainerSpec } from '../../engine.js';
import type { OutputRef } from '../graph-types.js';
import { NetMode, SecurityMode } from '../proto/gen/pb_pb.js';
import type { RunContext } from '../run-context.js';
import { attemptContainer } from './attempt.js';
import { environmentAt } from './environment.js';
import type { Ground } from './ground.js';
import { imageName } from './lender.js';
import { stepMounts } from './mounts.js';
import { isLasting, reach } from './reach.js';
import { chooseRootState, type StepExec, stepExec } from './root-state.js';
import { contextAt } from './stage-context.js';
import { stepCommand } from './step-command.js';

/** See `BuildRun.openContainer`. */
export async function openContainer(run: RunContext, spec: ContainerSpec, signal: AbortSignal): Promise<Container> {
  const instruction = findInstruction(run, spec.step);
  const context = await contextAt(run, instruction, signal);
  if (spec.moment !== 'auto' || context.failureAt(spec.step) !== null) return openAt(context, instruction, spec, signal);
  try {
    return await openAt(context, instruction, spec, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const failure = context.failureAt(spec.step);
    // Carried out for this container, it failed: that is a state to look at as well.
    if (isLasting(failure)) {
      const news = `Step ${spec.step} failed when it was carried out: ${failure.message}.`;
      return withNews(await openAt(context, instruction, spec, signal), news);
    }
    const refusal = refusedPrivilege(context, spec.step, error);
    if (refusal === null) throw error;
    const news = `The engine does not carry step ${spec.step} out: ${refusal}. This is the state before it.`;
    return withNews(await openAt(context, instruction, { ...spec, moment: 'before' }, signal), news);
  }
}

function withNews(container: Container, news: string): Container {
  return { ...container, note: container.note === null ? news : `${news} ${container.note}` };
}

/** The engine's words when it refuses the whole graph because of what this step's command asks for (`RUN --network=host`). */
function refusedPrivilege(context: RunContext, step: StepKey, error: unknown): string | null {
  const exec = stepExec(context.graph, step)?.exec;
  const isPrivileged = exec?.network === NetMode.HOST || exec?.security === SecurityMode.INSECURE;
  const refusal = error instanceof Error ? /(?:network\.host|security\.insecure) is not allowed/.exec(error.message) : null;
  return isPrivileged ? (refusal?.[0] ?? null) : null;
}

async function openAt(
  context: RunContext,
  instruction: PlannedInstruction,
  spec: ContainerSpec,
  signal: AbortSignal,
): Promise<Container> {
  const root = chooseRootState(context, spec.step, spec.moment);
  const own = stepExec(context.graph, spec.step, context.failureAt(spec.step));
  const abort = new AbortController();
  const combined = AbortSignal.any([signal, abort.signal]);
  try {
    const inputs = bindInputs(own);
    const rootIndex = own?.exec.mounts.findIndex((mount) => mount.dest === '/') ?? -1;
    const failedRootId = root.moment === 'failed' && rootIndex >= 0 ? (root.failureIds?.[rootIndex] ?? '') : '';
    const lookup = async (): Promise<string> => (root.output === null ? '' : reach(context, spec.step, root.output, combined));
    const [rootId, environment, results] = await Promise.all([
      failedRootId || lookup(),
      environmentAt(context, instruction, root.moment, combined),
      evaluateInputs(context, spec.step, inputs, root.failureIds, combined),
    ]);
    const mounts = own
      ? stepMounts(
          own.exec,
          {
            resultOf: (index) => results.get(index) ?? '',
            failureIds: root.failureIds,
            describeInput: (index) => describeInput(context, spec.step, own.op.inputs[index]?.digest ?? ''),
          },
          context.request,
          spec.exclusiveCaches,
        )
      : [];
    const ground: Ground = {
      context,
      step: spec.step,
      root,
      rootId,
      lookup,
      environment,
      mounts,
      exec: own?.exec ?? null,
      command: own?.exec.meta ? stepCommand(own.exec.meta.args, environment.runShell) : null,
    };
    return await attemptContainer(ground, spec.first ?? null, combined);
  } catch (error) {
    abort.abort();
    if (signal.aborted && !(error instanceof BxError && error.code === 'cancelled')) {
      throw new BxError('cancelled', 'opening the container was cancelled', { cause: error });
    }
    throw error;
  }
}

/** Throws `BxError('not-found')`. */
export function findInstruction(run: RunContext, step: StepKey): PlannedInstruction {
  const instruction = run.request.dockerfile.plan.instructions.find((one) => one.key === step);
  if (instruction !== undefined) return instruction;
  throw new BxError('not-found', `${step} is no step of the Dockerfile, so that there is no filesystem to enter`, {
    hint: 'Choose an instruction of the Dockerfile.',
  });
}

/** Inputs of the step's command that are mounted beside its root. */
function bindInputs(own: StepExec | null): { mountIndex: number; inputIndex: number; output: OutputRef }[] {
  return (own?.exec.mounts ?? []).flatMap((mount, mountIndex) => {
    const input = own?.op.inputs[Number(mount.input)];
    if (mount.dest === '/' || mount.input < 0n || input === undefined) return [];
    return [{ mountIndex, inputIndex: Number(mount.input), output: { digest: input.digest, index: Number(input.index) } }];
  });
}

async function evaluateInputs(
  context: RunContext,
  step: StepKey,
  inputs: ReturnType<typeof bindInputs>,
  failureIds: readonly string[] | null,
  signal: AbortSignal,
): Promise<Map<number, string>> {
  const needed = inputs.filter(({ mountIndex }) => (failureIds?.[mountIndex] ?? '') === '');
  return new Map(
    await Promise.all(
      needed.map(async ({ inputIndex, output }) => [inputIndex, await reach(context, step, output, signal)] as const),
    ),
  );
}

/** `build` for a stage, `context`, an image's name. */
function describeInput(context: RunContext, step: StepKey, digest: string): string {
  const { graph } = context;
  const { plan } = context.request.dockerfile;
  const source = graph.op(digest)?.op.op;
  if (source?.case === 'source') {
    const { identifier } = source.value;
    if (identifier.startsWith('local://')) return identifier.slice('local://'.length);
    return imageName(identifier);
  }
  if (graph.stepsOf(digest).includes(step)) return 'the Dockerfile';
  const maker = graph.stepOf(digest);
  const stage = plan.instructions.find((one) => one.key === maker)?.stage;
  return (stage === undefined ? undefined : plan.stages[stage]?.label) ?? 'another step';
}
