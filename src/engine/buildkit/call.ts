/** A question to the frontend in place of a build, answered out of the Dockerfile (frontend/subrequests in moby/buildkit). */
import type { BuildResult } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import { engineErrorOf } from './engine-error.js';
import type { EngineFacts } from './engine-facts.js';
import { DOCKERFILE_FRONTEND, type FrontendRequest } from './frontend-options.js';
import type { OpenBuild } from './open-build.js';

/** Told to frontends that might not know any calls, so that they refuse instead of building. */
const CALLS_CAP = 'moby.buildkit.frontend.subrequests+forward';

/** `call`: such as `frontend.outline`. Throws what the engine throws, and `BxError('unsupported')` where the frontend does not know it. */
export async function askFrontend(
  { gateway, whileOpen }: OpenBuild,
  call: string,
  { options, inputs }: FrontendRequest,
  { name }: Pick<EngineFacts, 'name'>,
  signal: AbortSignal,
): Promise<BuildResult> {
  const caps = [options['frontend.caps'], CALLS_CAP].filter((cap) => cap !== undefined).join(',');
  const FrontendOpt = { ...options, 'frontend.caps': caps, requestid: call };
  const asked = gateway.bridge.solve(
    {
      ...{ Frontend: DOCKERFILE_FRONTEND, FrontendOpt, FrontendInputs: inputs },
      ...{ allowResultReturn: true, allowResultArrayRef: true },
    },
    { signal },
  );
  const { result } = await whileOpen(asked).catch((error: unknown) => {
    const said = engineErrorOf(error)?.rawMessage ?? '';
    throw /unsupported (?:request|frontend capability)/.test(said) ? unsupported(call, name) : error;
  });
  const decoder = new TextDecoder();
  const answer = Object.entries(result?.metadata ?? {}).map(([key, value]) => [key, decoder.decode(value)]);
  const metadata = Object.fromEntries(answer) as Record<string, string>;
  // An old one takes no notice of the question.
  if (metadata['result.json'] === undefined && metadata['result.txt'] === undefined) throw unsupported(call, name);
  return { imageId: null, tags: [], outputs: [], metadata };
}

/** Without the engine's own words as its cause, which would be told in its place. */
function unsupported(call: string, name: string): BxError {
  return new BxError('unsupported', `unsupported request ${call}: the Dockerfile frontend in ${name} does not answer it`, {
    hint: 'A newer frontend may: write "# syntax=docker/dockerfile:1" as the first line of the Dockerfile.',
  });
}
