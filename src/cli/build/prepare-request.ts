/** What is built: the Dockerfile is read for each generation, and sent as it was read. It must not read the context's files. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseDockerfile, severalPlatforms } from '../../core/dockerfile/index.js';
import type { BuildRequest } from '../../engine/engine.js';
import { BxError } from '../../platform/errors.js';
import { nearestName } from '../../platform/nearest-name.js';
import { reasonOf } from '../../platform/reason.js';
import { awsSourceFor, withAwsKey } from '../values/cache-environment.js';
import { readSourcePolicy } from '../values/source-policy.js';
import type { BuildInput } from './build-input.js';
import type { BuildOptions } from './build-options.js';
import { checkDestinations } from './check-destinations.js';
import type { StandardInput } from './standard-input.js';

/** The largest Dockerfile that is read; more is surely another file. */
export const DOCKERFILE_MAX_BYTES = 2 * 1024 * 1024;

/**
 * One generation's request: reads the Dockerfile now, where it is on this machine. `stdin`: what has come by standard input. Throws
 * `BxError('input')`, also for a target that it does not have, a source policy that is none, and a result that cannot be written.
 */
export function prepareRequest(input: BuildInput, options: BuildOptions, stdin: StandardInput | null = null): BuildRequest {
  const { target, buildArgs, tags, noCache, platform, secrets, ssh, outputs } = options;
  checkDestinations(options);
  const awsKey = awsSourceFor(options.settings, process.env);
  const { dockerfileDir: dir, dockerfileName: name } = input;
  const text = dir !== null ? readDockerfile(join(dir, name)) : stdin?.kind === 'dockerfile' ? stdin.text : '';
  const origin = dir !== null ? null : stdin?.kind === 'dockerfile' ? 'stdin' : 'context';
  const plan = parseDockerfile(text, options.call === null ? severalPlatforms(platform) : []);
  if (origin !== 'context') requireTarget(target, plan.stages);
  return {
    contextDir: input.contextDir,
    ...(input.url !== undefined && { source: { kind: 'url', url: input.url } }),
    ...(stdin?.kind === 'archive' && { source: stdin }),
    dockerfile: {
      ...{ dir, name, text, plan },
      ...(origin !== null && { origin }),
      ...(input.dockerfileUrl !== undefined && { url: input.dockerfileUrl }),
    },
    ...{ target, buildArgs, tags, noCache, platform, secrets, ssh, outputs },
    ...options.settings,
    // One that a program tells comes later (`complete-request.ts`).
    ...(awsKey?.kind === 'key' && withAwsKey(options.settings, awsKey.key)),
    ...(options.sourcePolicyFile !== null && { sourcePolicy: readSourcePolicy(options.sourcePolicyFile) }),
    ...(options.sendsGitQueries && { sendsGitQueries: true }),
    ...(options.call !== null && { call: `frontend.${options.call.method}` }),
    ...(options.resultFiles.record !== null && { buildRecord: options.resultFiles.record }),
  };
}

function readDockerfile(path: string): string {
  try {
    const stat = statSync(path);
    if (stat.isFile() && stat.size > DOCKERFILE_MAX_BYTES) {
      throw new BxError('input', `${path} has ${stat.size} bytes, which is too large for a Dockerfile`, {
        hint: 'Name another with -f PATH.',
      });
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof BxError) throw error;
    throw new BxError('input', `cannot read the Dockerfile ${path}: ${reasonOf(error)}`, {
      hint: 'Restore the file, or name another with -f PATH.',
      cause: error,
    });
  }
}

/** The frontend compares stage names without case; engines accept neither the number nor the made-up name of an unnamed stage. */
function requireTarget(target: string | null, stages: BuildRequest['dockerfile']['plan']['stages']): void {
  const names = [...new Set(stages.flatMap((stage) => stage.name ?? []))];
  if (target === null || names.some((name) => name.toLowerCase() === target.toLowerCase())) return;
  const near = nearestName(target.toLowerCase(), names);
  const list = names.length === 0 ? 'It names no stage (FROM … AS name).' : `Its stages: ${names.join(', ')}.`;
  throw new BxError('input', `the Dockerfile has no stage "${target}"`, {
    hint: near === null ? list : `Did you mean ${near}? ${list}`,
  });
}
