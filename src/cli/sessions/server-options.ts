/** Where the sessions of a run are kept and what their process is told: the command line over the file of `--server-config`. */
import { loadServerConfig, type ServerConfig } from '../../config/index.js';
import { sessionRoot } from '../../session/records/root-dir.js';
import type { BuildOptions } from '../build/build-options.js';

export interface ServerOptions {
  readonly root: string;
  /** Null: no file was named. */
  readonly config: ServerConfig | null;
}

/** Throws `BxError('input')` that names file and line. */
export function readServerOptions(options: Pick<BuildOptions, 'root' | 'serverConfig'>, env: NodeJS.ProcessEnv): ServerOptions {
  const config = options.serverConfig === null ? null : loadServerConfig(options.serverConfig);
  return { root: sessionRoot(options.root ?? config?.root ?? null, env), config };
}
