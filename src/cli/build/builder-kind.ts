/** Which builder is meant: `--engine`, else docker's own variable for it. */
import type { BuilderKind } from '../../engine/registry.js';
import { BxError } from '../../platform/errors.js';
import { parseGoBoolean } from '../../platform/go-boolean.js';

/** `flag`: of `--engine`, null when it is not given. Where nothing is said, an engine without BuildKit is used as it is. Throws `BxError('usage')` for a variable that is no boolean. */
export function chooseBuilder(flag: string | null, env: NodeJS.ProcessEnv): BuilderKind {
  if (flag !== null) return flag as BuilderKind;
  const told = env.DOCKER_BUILDKIT ?? '';
  if (told === '') return 'either';
  const wantsBuildKit = parseGoBoolean(told);
  if (wantsBuildKit === null) {
    throw new BxError('usage', `DOCKER_BUILDKIT is ${JSON.stringify(told)}, which is neither true nor false`, {
      hint: 'Set it to 1 or 0, or say --engine=buildkit or --engine=classic.',
    });
  }
  return wantsBuildKit ? 'buildkit' : 'classic';
}
