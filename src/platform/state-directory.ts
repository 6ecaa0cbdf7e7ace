/** Where the program keeps what outlives a login and a reboot (XDG Base Directory Specification: a path that is not absolute is ignored). */
import { isAbsolute, join } from 'node:path';
import { homeDirectory } from './person.js';

export function stateDirectory(env: NodeJS.ProcessEnv): string {
  const state = env.XDG_STATE_HOME;
  return join(state !== undefined && isAbsolute(state) ? state : join(homeDirectory(env), '.local', 'state'), 'bxtui');
}
