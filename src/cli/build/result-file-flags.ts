/** The flags for `--iidfile` and `--metadata-file`, and the variables that say what is in them, as checked values. */
import { resolve } from 'node:path';
import type { OutputSpec } from '../../engine/engine.js';
import { BxError } from '../../platform/errors.js';
import { parseGoBoolean } from '../../platform/go-boolean.js';
import type { ParsedFlags } from '../flags/parse-flags.js';
import type { ResultFiles } from './result-files.js';

/** Throws `BxError('usage')`. */
export function readResultFiles(
  flags: ParsedFlags,
  wish: { readonly outputs: readonly OutputSpec[]; readonly isCall: boolean },
  env: NodeJS.ProcessEnv,
  cwd: string,
): ResultFiles {
  const path = (name: string): string | null => {
    const text = flags.text(name);
    return text ? resolve(cwd, text) : null;
  };
  const iidFile = path('iidfile');
  const files = wish.outputs.find(({ kind }) => kind === 'local' || kind === 'tar');
  if (iidFile !== null && files) {
    throw new BxError('usage', `--iidfile: --output type=${files.kind} makes no image that could have an id`, {
      hint: 'Leave one of them out.',
    });
  }
  const metadataFile = path('metadata-file');
  const hasWarnings = parseGoBoolean(env.BUILDX_METADATA_WARNINGS ?? '') === true && !wish.isCall;
  return {
    iidFile,
    metadataFile,
    hasWarnings,
    record: metadataFile === null ? null : recordOf(env.BUILDX_METADATA_PROVENANCE ?? ''),
  };
}

/** docker/buildx, util/confutil/metadata.go: whatever else it says, it is the short form. */
function recordOf(told: string): ResultFiles['record'] {
  if (told === 'disabled' || parseGoBoolean(told) === false) return 'reference';
  return told === 'max' ? 'max' : 'min';
}
