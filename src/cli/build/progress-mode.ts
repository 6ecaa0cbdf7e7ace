/** Which form of progress is wanted: `--progress`, `--quiet` and the variable. */
import { BxError } from '../../platform/errors.js';
import type { ParsedFlags } from '../flags/parse-flags.js';

const PROGRESS_MODES = ['auto', 'none', 'plain', 'quiet', 'rawjson', 'tty'] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];

/**
 * As docker has it: `-q` beats auto and silence only; the variable counts where the flag leaves it open, and makes silence of quiet
 * (commands/build.go, util/progress/printer.go in docker/buildx). Throws `BxError('usage')`.
 */
export function chooseProgressMode(flags: ParsedFlags, env: NodeJS.ProcessEnv): ProgressMode {
  const flag = (flags.text('progress') || 'auto') as ProgressMode;
  if (flags.bool('quiet')) {
    if (flag === 'auto' || flag === 'none' || flag === 'quiet') return 'quiet';
    throw new BxError('usage', `--progress=${flag} and --quiet cannot be used together`, { hint: 'Leave one of them out.' });
  }
  if (flag !== 'auto') return flag;
  const told = env.BUILDKIT_PROGRESS || 'auto';
  const mode = PROGRESS_MODES.find((known) => known === told);
  if (mode !== undefined) return mode === 'quiet' ? 'none' : mode;
  throw new BxError('usage', `BUILDKIT_PROGRESS is ${JSON.stringify(told)}, and must be ${PROGRESS_MODES.join(', ')}`, {
    hint: 'Set it to one of them, or say --progress=plain.',
  });
}
