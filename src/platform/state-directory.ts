/** Where the program keeps what outlives a login and a reboot (XDG Base Directory Specification: a path that is not absolute is ignored). */
import { homedir } from 'node:os';
import { join } from 'node:path';

export function stateDirectory(env: NodeJS.ProcessEnv): string {
  const state = env.XDG_STATE_HOME;
  return join(state?.startsWith('/') ? state : join(env.HOME || homedir(), '.local', 'state'), 'bxtui');
}
