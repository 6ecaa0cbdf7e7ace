/** Actions on the selected step: rollback, options, editing, jumping to failed and running steps. */
import type { Moment, ProcessSummary, Step } from '../core/model/index.js';
import { dockerRunLine, isOtherUser } from '../core/select/index.js';
import { type Action, needsStep } from './action.js';
import type { ActionContext, Opening } from './context.js';

function canRollBack(context: ActionContext): true | string {
  const { step } = context;
  if (step === null) return 'no step is selected';
  if (step.kind !== 'instruction') return 'only instructions of the Dockerfile have a filesystem to open';
  if (context.state.engineStatus.kind === 'lost') return 'the connection to the engine is lost';
  if (context.state.engineStatus.kind === 'connecting') return 'the engine is still being connected';
  if (hasNothing(context)) return 'it failed before anything of it ran, and there is nothing to look into';
  if (context.isOlder) return 'this is an older run of the build (Esc goes back to the newest)';
  return true;
}

/** The person has stopped it, so it is not run again by itself; what was stopped because another step failed is. */
const wasStopped = ({ step, generation }: ActionContext): boolean =>
  step?.state === 'cancelled' && generation?.status === 'cancelled';

/** A failed step that is no command has left nothing behind. */
function enteredMoment(context: ActionContext, { state, instruction }: Step): Moment {
  if (state === 'failed') return instruction === 'RUN' ? 'failed' : 'before';
  return wasStopped(context) ? 'before' : 'after';
}

/**
 * The shell that Enter would open, where this screen has one already, the one in front before others: in the moment and as the user that
 * Enter stands for. Where the engine could not give the failed state the container's note says so.
 */
function openShell(context: ActionContext): ProcessSummary | null {
  const { step, generation, state, tabs, activeTab } = context;
  if (step === null || generation === null) return null;
  const wanted = enteredMoment(context, step);
  const isIt = (process: ProcessSummary): boolean => {
    const { id, kind, endedAtMs, container } = process;
    const place = state.containers[container];
    if (kind !== 'shell' || endedAtMs !== null || !tabs.includes(id) || place === undefined) return false;
    if (place.step !== step.key || place.generation !== generation.number || isOtherUser(process, place)) return false;
    if (place.moment === wanted || (wanted === 'failed' && place.note !== null)) return true;
    // Of a FROM whose image has triggers (ONBUILD) a command may have failed as well.
    return place.moment === 'failed' && step.state === 'failed';
  };
  const open = state.processes.filter(isIt);
  return open.find(({ id }) => id === activeTab) ?? open.at(-1) ?? null;
}

/** The build failed before there was anything of the step to carry out: its Dockerfile cannot be read, or an image cannot be had. */
const hasNothing = ({ step }: ActionContext): boolean => step?.state === 'failed' && step.vertices.length === 0;

/** A shell in the step that is on its way. */
const pendingShell = ({ step, generation, openings }: ActionContext): Opening | null =>
  openings.findLast((one) => one.step === step?.key && one.generation === generation?.number && one.command === null) ?? null;

function rollbackHint(context: ActionContext): string {
  const { step } = context;
  if (pendingShell(context) !== null) return 'wait for shell';
  if (openShell(context) !== null) return 'go to shell';
  if (step?.state === 'failed') return 'shell in failed step';
  if (step?.state === 'pending' || step?.state === 'not-needed') return 'build to here + shell';
  if (step?.state === 'running') return 'shell when it is done';
  if (wasStopped(context)) return 'shell before step';
  if (step?.state === 'cancelled') return 'build to here + shell';
  return 'shell after step';
}

const orderedSteps = (context: ActionContext): Step[] => {
  const { generation } = context;
  if (generation === null) return [];
  return generation.order.flatMap((key) => generation.steps[key] ?? []);
};

const nextFailed = (context: ActionContext): Step | null => {
  const failed = orderedSteps(context).filter((step) => step.state === 'failed');
  const at = failed.findIndex((step) => step.key === context.step?.key);
  return failed[(at + 1) % Math.max(1, failed.length)] ?? null;
};

const runningStep = (context: ActionContext): Step | null =>
  orderedSteps(context).findLast((step) => step.state === 'running') ?? null;

/** A record of an older version has none. */
const imageOf = (step: Step): string | null => step.imageId ?? null;

function noImage({ state, step }: ActionContext): string {
  const { engine } = state;
  if (engine?.kind !== 'classic') return 'only the classic builder makes an image of each step (DOCKER_BUILDKIT=0)';
  return step?.state === 'failed' ? 'the step has failed, there is no image of it' : 'there is no image of this step yet';
}

export const stepActions: readonly Action[] = [
  {
    id: 'step.rollback',
    title: "Go to the selected step's shell, or open one",
    hint: rollbackHint,
    group: 'Step',
    changes: true,
    enabled: canRollBack,
    run: async (context) => {
      const { step } = context;
      const pending = pendingShell(context);
      const open = openShell(context);
      if (pending !== null) context.screen.showOpening(pending.id);
      else if (open !== null) context.screen.showStarted(open.id);
      else if (step !== null) await context.screen.rollback({ step: step.key, moment: wasStopped(context) ? 'before' : 'auto' });
    },
  },
  {
    id: 'step.rollbackWith',
    title: 'Open another shell: which state, user and command',
    hint: (context) => (openShell(context) === null ? 'options' : 'another shell'),
    group: 'Step',
    changes: true,
    enabled: canRollBack,
    run: async (context) => {
      const wish = context.step === null ? null : await context.screen.askOptions(context.step);
      if (wish !== null) await context.screen.rollback(wish);
    },
  },
  {
    id: 'source.edit',
    title: 'Edit the Dockerfile at the selected step',
    hint: 'edit',
    group: 'Step',
    changes: true,
    enabled: ({ generation }) => {
      if (generation === null) return 'the Dockerfile has not been read yet';
      const { origin } = generation.dockerfile;
      if (origin === 'stdin') return 'it came by standard input';
      if (origin === 'context') return 'it is not on this machine';
      return true;
    },
    run: (context) => context.screen.editSource(context.step?.lines?.start ?? 1),
  },
  {
    id: 'step.copyImage',
    title: "Copy the step's image: its id, or a docker run line",
    hint: 'image',
    group: 'Step',
    enabled: (context) => {
      if (context.step === null) return 'no step is selected';
      return imageOf(context.step) === null ? noImage(context) : true;
    },
    run: async (context) => {
      const image = context.step === null ? null : imageOf(context.step);
      const { engine } = context.state;
      if (image === null || engine === null) return;
      const line = dockerRunLine(engine, image);
      const answer = await context.screen.ask({
        title: `Copy the image of step ${context.step?.number ?? ''}`,
        lines: [`Id: ${image}`, `Run it: ${line}`],
        choices: [
          { id: 'line', key: 'r', label: 'The docker run line' },
          { id: 'id', key: 'i', label: 'The id' },
        ],
        default: 'line',
      });
      if (answer !== null) context.screen.copyText(answer === 'id' ? image : line);
    },
  },
  {
    id: 'goto.failure',
    title: 'Go to the failed step',
    hint: 'failure',
    group: 'Step',
    enabled: (context) => (nextFailed(context) === null ? 'no step has failed' : true),
    run: (context) => {
      const step = nextFailed(context);
      if (step !== null) context.screen.selectStep(step.key);
    },
  },
  {
    id: 'goto.running',
    title: 'Go to the running step',
    hint: 'running step',
    group: 'Step',
    enabled: (context) => (runningStep(context) === null ? 'no step is running' : true),
    run: (context) => {
      const step = runningStep(context);
      if (step !== null) context.screen.selectStep(step.key);
    },
  },
  {
    id: 'stage.fold',
    title: 'Fold or unfold the stage',
    hint: 'fold',
    group: 'Step',
    enabled: (context) => (context.step?.stage == null && needsStep(context) === true ? 'this step is in no stage' : true),
    run: (context) => context.screen.toggleFold(),
  },
  {
    id: 'stage.previous',
    title: 'Go to the previous stage',
    group: 'Step',
    enabled: needsStep,
    run: (context) => context.screen.stage(-1),
  },
  {
    id: 'stage.next',
    title: 'Go to the next stage',
    group: 'Step',
    enabled: needsStep,
    run: (context) => context.screen.stage(1),
  },
  {
    id: 'steps.internal',
    title: 'Show or hide context and internal steps',
    hint: 'internal steps',
    group: 'Step',
    enabled: (context) => (context.generation === null ? 'no build has started' : true),
    run: (context) => context.screen.toggleInternal(),
  },
];
