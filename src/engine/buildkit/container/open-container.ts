/**
 * Opens a container at a step: settles its root filesystem, mounts, configuration and shell, then has it made and kept alive. Where the
 * filesystem has no shell, one is lent; where the engine refuses a privilege, the container is opened without it, and says so.
 */
import type { PlannedInstruction } from '../../../core/dockerfile/index.js';
import type { StepKey } from '../../../core/model/index.js';
import { BxError } from '../../../platform/errors.js';
import type { Container, ContainerSpec } from '../../engine.js';
import type { OutputRef, RunContext } from '../run-context.js';
import { attemptContainer, type Ground } from './attempt.js';
import { environmentAt } from './environment.js';
import { imageName } from './lender.js';
import { isExclusive, stepMounts } from './mounts.js';
import { chooseRootState, stepExec } from './root-state.js';
import { stepCommand } from './step-command.js';

/** True when the step's own mounts hold a cache that nobody else can use meanwhile (sharing=locked or private). */
export function hasExclusiveCache(context: Pick<RunContext, 'graph'>, step: StepKey): boolean {
  return stepExec(context.graph, step)?.exec.mounts.some(isExclusive) ?? false;
}

/** See `BuildRun.openContainer`. */
export async function openContainer(context: RunContext, spec: ContainerSpec, signal: AbortSignal): Promise<Container> {
  const instruction = findInstruction(context, spec.step);
  const root = chooseRootState(context, spec.step, spec.moment);
  const own = stepExec(context.graph, spec.step);
  const abort = new AbortController();
  const combined = AbortSignal.any([signal, abort.signal]);
  try {
    const inputs = bindInputs(context, spec.step);
    const [rootId, environment, results] = await Promise.all([
      root.output === null ? '' : context.evaluate(root.output, combined),
      environmentAt(context, instruction, root.moment, combined),
      evaluateInputs(context, inputs, root.failureIds, combined),
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
    const rootIndex = own?.exec.mounts.findIndex((mount) => mount.dest === '/') ?? -1;
    const failedRootId = rootIndex < 0 ? '' : (root.failureIds?.[rootIndex] ?? '');
    const ground: Ground = {
      context,
      step: spec.step,
      root,
      rootId: root.moment === 'failed' && failedRootId !== '' ? failedRootId : rootId,
      lookupId: rootId,
      environment,
      mounts,
      exec: own?.exec ?? null,
      command: own?.exec.meta ? stepCommand(own.exec.meta.args, environment.runShell) : null,
    };
    return await attemptContainer(ground, combined);
  } catch (error) {
    abort.abort();
    if (signal.aborted && !(error instanceof BxError && error.code === 'cancelled')) {
      throw new BxError('cancelled', 'opening the container was cancelled', { cause: error });
    }
    throw error;
  }
}

function findInstruction(context: RunContext, step: StepKey): PlannedInstruction {
  const instruction = context.request.dockerfile.plan.instructions.find((one) => one.key === step);
  if (instruction === undefined) {
    throw new BxError('not-found', `${step} is no step of the Dockerfile, so that there is no filesystem to enter`, {
      hint: 'Choose an instruction of the Dockerfile.',
    });
  }
  if (!context.graph.hasStage(instruction.stage)) {
    throw new BxError('unsupported', `step ${step} is in a stage that the target does not need`, {
      hint: 'Build that stage with --target.',
    });
  }
  return instruction;
}

/** Inputs of the step's command that are mounted beside its root. */
function bindInputs(context: RunContext, step: StepKey): { mountIndex: number; inputIndex: number; output: OutputRef }[] {
  const own = stepExec(context.graph, step);
  return (own?.exec.mounts ?? []).flatMap((mount, mountIndex) => {
    const input = own?.op.inputs[Number(mount.input)];
    if (mount.dest === '/' || mount.input < 0n || input === undefined) return [];
    return [{ mountIndex, inputIndex: Number(mount.input), output: { digest: input.digest, index: Number(input.index) } }];
  });
}

async function evaluateInputs(
  context: RunContext,
  inputs: ReturnType<typeof bindInputs>,
  failureIds: readonly string[] | null,
  signal: AbortSignal,
): Promise<Map<number, string>> {
  const needed = inputs.filter(({ mountIndex }) => (failureIds?.[mountIndex] ?? '') === '');
  return new Map(
    await Promise.all(
      needed.map(async ({ inputIndex, output }) => [inputIndex, await context.evaluate(output, signal)] as const),
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
  const maker = graph.stepOf(digest);
  if (maker === step) return 'the Dockerfile';
  const stage = plan.instructions.find((one) => one.key === maker)?.stage;
  return (stage === undefined ? undefined : plan.stages[stage]?.label) ?? 'another step';
}
