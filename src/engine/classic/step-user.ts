/** Whether the engine can start programs as the user of a step: it looks the names up in the container's own files (moby/moby, daemon/exec_linux.go). */
import { BxError } from '../../platform/errors.js';
import type { EngineApi } from '../shared/engine-api.js';
import { isNumericId, noGroup, noUser, rootInstead, type StepUser } from '../shared/step-user.js';
import { filesOf } from './files.js';

/** `user`: `NAME` or `NAME:GROUP`, each may be a number. */
export async function userOfStep(api: EngineApi, container: string, user: string, signal: AbortSignal): Promise<StepUser> {
  const [name = '', group = ''] = user.split(':');
  const names = async (path: string): Promise<readonly string[] | null> => {
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of filesOf(api, container, 'the container').read(path, { offset: 0, length: null }, signal))
        chunks.push(chunk);
    } catch (error) {
      // What cannot be read is for the engine to judge.
      return error instanceof BxError && error.code === 'not-found' ? [] : null;
    }
    return Buffer.concat(chunks)
      .toString('utf8')
      .split('\n')
      .map((line) => line.slice(0, line.indexOf(':')));
  };
  const lacks = async (path: string, one: string): Promise<boolean> =>
    !isNumericId(one) && (await names(path))?.includes(one) === false;
  if (await lacks('/etc/passwd', name)) return rootInstead('root', noUser(name));
  if (await lacks('/etc/group', group)) return rootInstead('root', noGroup(group));
  return { user: user || 'root', note: null };
}
