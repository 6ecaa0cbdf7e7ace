/** Makes the session of a run: where the engine is, what is built, where overflow goes. */
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { BuildRequest } from '../../engine/engine.js';
import { localNameOf } from '../../engine/shared/local-name.js';
import { createLocalSession, type LocalSession, type LocalSessionOptions } from '../../session/index.js';
import { makeSessionId } from '../../session/records/session-id.js';
import type { BuildInput } from './build-input.js';
import type { BuildOptions } from './build-options.js';
import { completeRequest } from './complete-request.js';
import type { Connecting } from './connecting.js';
import { readDockerProxies } from './docker-proxies.js';
import type { FrontEnd } from './front-end.js';
import { readGitAttributes } from './git-attributes.js';
import { prepareRequest } from './prepare-request.js';
import { withResultFiles } from './result-files.js';
import { readStandardInput } from './standard-input.js';

export interface BuildRun<Progress extends FrontEnd['progress'] = FrontEnd['progress']> {
  readonly options: BuildOptions;
  readonly input: BuildInput;
  readonly frontEnd: FrontEnd & { readonly progress: Progress };
  readonly connecting: Connecting;
}

export interface SessionPlace {
  /** Nothing in this run ever asks for a shell. */
  readonly isUnattended?: boolean;
  /** Gets what BuildKit itself tells. */
  readonly onRawStatus?: BuildRequest['onRawStatus'];
  readonly id?: string;
  /** For logs that outgrow memory; made when it is needed, removed at the end. Default: one for temporary files. */
  readonly spillDirectory?: string;
  /** Where standard input was kept, if it is to be built from. */
  readonly stdinFile?: string | null;
  /** Gets what nobody may see of what is found out for a build, before that begins. */
  readonly onSecrets?: (values: readonly string[]) => void;
}

/**
 * Reads the Dockerfile at once, so that what is wrong with it is told before anything else happens. `openOn`: when the session opens a shell by
 * itself. Throws `BxError('input')`.
 */
export function openSession(
  { options, input, connect }: Pick<BuildRun, 'options' | 'input'> & Pick<LocalSessionOptions, 'connect'>,
  openOn: FrontEnd['openOn'],
  place: SessionPlace = {},
): LocalSession {
  const { isUnattended = false, id = makeSessionId(), spillDirectory, onRawStatus, stdinFile = null } = place;
  const { onSecrets = () => undefined } = place;
  const stdin = input.stdin !== undefined && stdinFile !== null ? readStandardInput(stdinFile, input.stdin, options) : null;
  const prepare = (): BuildRequest => ({
    ...prepareRequest(input, options, stdin),
    proxies: readDockerProxies(process.env),
    ...sourceControlOf(input, options),
    isUnattended,
    ...(onRawStatus && { onRawStatus }),
  });
  let first: BuildRequest | null = prepare();
  return createLocalSession({
    id,
    contextLabel: options.context === '.' && input.contextDir !== null ? basename(input.contextDir) : options.context,
    connect: async (signal, tell) => withResultFiles(await connect(signal, tell), options.resultFiles),
    prepare: () => {
      const request = first ?? prepare();
      first = null;
      return request;
    },
    complete: (request, signal, tell) => completeRequest(request, { signal, tell, onSecrets }),
    target: options.target,
    openOn,
    invoke: options.invoke,
    spillDirectory: spillDirectory ?? join(tmpdir(), `bxtui-${process.pid}-${id}`),
    now: Date.now,
  });
}

/** Asked for anew with each generation: there may be another commit. */
function sourceControlOf(input: BuildInput, { settings, builder }: BuildOptions): Pick<BuildRequest, 'sourceControl'> {
  const { contextDir, dockerfileDir, dockerfileName } = input;
  if (contextDir === null || builder === 'classic') return {};
  const sent = {
    context: contextDir,
    ...(dockerfileDir !== null && { dockerfile: dockerfileDir }),
    ...Object.fromEntries(
      (settings.contexts ?? []).flatMap(({ name, from }) => (from.kind === 'dir' ? [[localNameOf(name), from.dir]] : [])),
    ),
  };
  const dockerfile = dockerfileDir === null ? null : join(dockerfileDir, dockerfileName);
  return { sourceControl: readGitAttributes({ contextDir, dockerfile, sent }, process.env) };
}
