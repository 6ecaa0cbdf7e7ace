/** `rollback`: a shell, or a command, in a fresh container made from any step. */
import type { Generation } from '../../core/model/index.js';
import { selectCurrent, selectInstructions } from '../../core/select/index.js';
import { BxError } from '../../platform/errors.js';
import { type MonitorCommand, type MonitorContext, usageError } from '../command.js';
import { defaultStep, looksLikeStep, resolveStep } from '../resolve-step.js';
import { startProgram } from '../start-program.js';

export const rollback: MonitorCommand = {
  name: 'rollback',
  usage: 'rollback [STEP] [--init] [CMD [ARG...]]',
  summary: 'a shell (or CMD) in the root filesystem of a step, in a container of its own',
  details: [
    'STEP is a number (9), a line of the Dockerfile (L17) or a place in a stage (build:3); without it the step ' +
      'that failed, else the last one. The state is the one after the step, of a failed RUN what it left behind; ' +
      'with --init it is the state before the step. A step that has not run yet is built first. -- ends the flags.',
  ],
  async run(context, args) {
    const generation = selectCurrent(context.session.state);
    if (generation === null) throw new BxError('state', 'there is no build yet');
    const { step, isInit, command } = readArguments(context, generation, args);
    return startProgram(context, {
      type: 'step.rollback',
      step,
      moment: isInit ? 'before' : 'auto',
      exclusiveCaches: generation.endedAtMs === null ? 'omit' : 'mount',
      ...(command.length > 0 ? { args: command } : {}),
      ...(context.hasTerminal ? {} : { tty: false }),
      size: context.size(),
    });
  },
  complete({ session }, words) {
    const generation = session === null ? null : selectCurrent(session.state);
    if (generation === null || words.length > 1) return ['--init'];
    return [...selectInstructions(generation).map((step) => step.key), '--init'];
  },
};

interface Arguments {
  readonly step: string;
  readonly isInit: boolean;
  readonly command: readonly string[];
}

function readArguments(context: MonitorContext, generation: Generation, args: readonly string[]): Arguments {
  const rest = [...args];
  let step: string | null = null;
  let isInit = false;
  for (let word = rest[0]; word !== undefined; word = rest[0]) {
    if (word === '--') {
      rest.shift();
      break;
    }
    if (word === '--init') isInit = true;
    else if (word.startsWith('-')) throw usageError(rollback, `unknown flag: ${word}`);
    else if (step === null && looksLikeStep(generation, word)) step = resolveStep(generation, word).key;
    else break;
    rest.shift();
  }
  step ??= context.selectedStep?.() ?? defaultStep(generation).key;
  return { step, isInit, command: rest };
}
