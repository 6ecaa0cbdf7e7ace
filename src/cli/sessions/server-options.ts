/** Where the sessions of a run are kept and what their process is told: the command line over the file of `--server-config`. */
import { loadServerConfig, type ServerConfig } from '../../config/index.js';
import { sessionRoot } from '../../session/records/root-dir.js';
import type { BuildOptions } from '../build/build-options.js';

export interface ServerOptions extends Omit<ServerConfig, 'root'> {
  readonly root: string;
  /** What was named on the command line or in the file; null: the usual place. */
  readonly namedRoot: string | null;
}

/** Throws `BxError('input')` that names file and line. */
export function readServerOptions(options: Pick<BuildOptions, 'root' | 'serverConfig'>, env: NodeJS.ProcessEnv): ServerOptions {
  const config = options.serverConfig === null ? null : loadServerConfig(options.serverConfig);
  const { logLevel, logFile, idleHours } = config ?? { logLevel: null, logFile: null, idleHours: null };
  const namedRoot = options.root ?? config?.root ?? null;
  return { root: sessionRoot(namedRoot, env), namedRoot, logLevel, logFile, idleHours };
}
