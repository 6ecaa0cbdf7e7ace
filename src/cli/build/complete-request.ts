/**
 * What of a request takes a while: the key of AWS for its caches, where a program tells it. It is asked for while the engine is connected, anew for
 * each generation. It must not read any file that is built from.
 */
import type { EngineEvent } from '../../core/events.js';
import type { BuildRequest } from '../../engine/engine.js';
import type { AwsProgram } from '../values/aws-key.js';
import { awsSourceFor, withAwsKey } from '../values/cache-environment.js';
import { tellWhenSlow } from './slow-step.js';

export interface Completion {
  readonly signal: AbortSignal;
  /** What takes long, as a step. */
  readonly tell: (event: EngineEvent) => void;
  /** What nobody may see of what was found, before anybody else has it; called once, also where there is nothing. */
  readonly onSecrets: (values: readonly string[]) => void;
}

/** Whether anything of the request takes a while. */
export function isCompletedLater(request: Pick<BuildRequest, 'cacheFrom' | 'cacheTo'>, env: NodeJS.ProcessEnv): boolean {
  return awsSourceFor(request, env)?.kind === 'program';
}

/** Throws `BxError('input' | 'unsupported' | 'cancelled')`. */
export async function completeRequest(request: BuildRequest, completion: Completion): Promise<BuildRequest> {
  const source = awsSourceFor(request, process.env);
  if (source?.kind !== 'program') return request;
  const secrets: string[] = [];
  try {
    const key = await ask(source.program, completion);
    secrets.push(key.secret_access_key, key.session_token ?? '');
    return { ...request, ...withAwsKey(request, key) };
  } finally {
    completion.onSecrets(secrets);
  }
}

async function ask(program: AwsProgram, { signal, tell }: Completion) {
  const { askAwsProgram } = await import('../values/aws-program.js');
  const slow = tellWhenSlow(tell, () => ({
    name: `asking ${program.name}`,
    silent: `asking ${program.name}`,
    hint: 'It may wait for somebody: run it by hand to see.',
  }));
  try {
    const key = await askAwsProgram(program, process.env, signal);
    slow.end();
    return key;
  } catch (error) {
    slow.end((error as Error).message);
    throw error;
  }
}
