/** What the commands about files have in common: which step and state they mean, and the first line of what they say. */
import type { Generation, Moment, Step } from '../core/model/index.js';
import { selectCurrent, selectInstructions, selectPlatform } from '../core/select/index.js';
import { BxError } from '../platform/errors.js';
import { printableLine } from '../platform/printable.js';
import type { FilesAnswer, FilesQuestion } from '../session/index.js';
import { type MonitorCommand, type MonitorContext, type MonitorDeps, usageError } from './command.js';
import { MOMENTS } from './place.js';
import { defaultStep, looksLikeStep, resolveStep } from './resolve-step.js';

export interface Meant {
  readonly generation: Generation;
  readonly step: Step;
  readonly isInit: boolean;
  /** Flags with a value, such as `--offset`. */
  readonly values: ReadonlyMap<string, number>;
  readonly paths: readonly string[];
}

/** `flags`: those that take a number. Throws `BxError`. */
export function readMeant(
  context: MonitorContext,
  command: Pick<MonitorCommand, 'name' | 'usage'>,
  args: readonly string[],
  flags: readonly string[] = [],
): Meant {
  const generation = selectCurrent(context.session.state);
  if (generation === null) throw new BxError('state', 'there is no build yet');
  const rest = [...args];
  const paths: string[] = [];
  const values = new Map<string, number>();
  let step: Step | null = null;
  let isInit = false;
  let isOpen = true;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!isOpen || word === '-' || !word.startsWith('-')) {
      if (isOpen && step === null && paths.length === 0 && looksLikeStep(generation, word)) step = resolveStep(generation, word);
      else paths.push(word);
    } else if (word === '--') isOpen = false;
    else if (word === '--init' && command.usage.includes('--init')) isInit = true;
    else {
      const [name = '', joined] = word.split('=', 2);
      if (!flags.includes(name)) throw usageError(command, `unknown flag: ${word}`);
      const value = joined ?? rest.shift() ?? '';
      if (!/^\d{1,15}$/.test(value)) throw usageError(command, `${name} needs a number of bytes`);
      values.set(name, Number(value));
    }
  }
  const chosen = context.selectedStep?.() ?? null;
  step ??= (chosen === null ? undefined : generation.steps[chosen]) ?? defaultStep(generation);
  return { generation, step, isInit, values, paths };
}

/** Throws `BxError`. */
export async function askFiles<Kind extends FilesQuestion['kind']>(
  { session, signal }: MonitorContext,
  { step, isInit }: Pick<Meant, 'step' | 'isInit'>,
  question: FilesQuestion & { readonly kind: Kind },
): Promise<FilesAnswer & { readonly kind: Kind }> {
  const moment = isInit ? 'before' : 'auto';
  const result = await session.execute({ type: 'step.files', step: step.key, moment, question }, signal);
  const answer = result.process === null ? result.files : undefined;
  if (answer?.kind !== question.kind) {
    throw new BxError('unsupported', 'this session cannot tell of files', { hint: 'It was started by an older program.' });
  }
  return answer as FilesAnswer & { readonly kind: Kind };
}

/** `step 9 · RUN npm ci · failed state`, and a line for a note. */
export function headOf(
  { generation, step }: Meant,
  { moment, note }: { readonly moment: Moment; readonly note: string | null },
): string[] {
  const platform = selectPlatform(generation, step);
  const parts = [
    `step ${step.number ?? step.key}`,
    ...(platform === null ? [] : [platform]),
    step.text,
    ...(step.lines === null ? [] : [`line ${step.lines.start}`]),
  ];
  return [[...parts, MOMENTS[moment]].join(' · '), ...(note === null ? [] : [note])].map(printableLine);
}

export function completeStep(deps: MonitorDeps, words: readonly string[], flags: readonly string[]): readonly string[] {
  const generation = deps.session === null ? null : selectCurrent(deps.session.state);
  if (generation === null || words.length > 0) return flags;
  return [...selectInstructions(generation).map((step) => step.key), ...flags];
}
