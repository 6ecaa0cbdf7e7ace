/** Processes of this program's own: the server of a session, the keeper of an engine. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { launcherPath } from './package-root.js';

/** `args`: the command and what belongs to it. As `child_process.spawn`; `env` is this process's where it is not given. */
export function spawnOwn(args: readonly string[], options: SpawnOptions): ChildProcess {
  return spawn(process.execPath, [launcherPath(), ...args], {
    ...options,
    env: withCertificatesLater(options.env ?? process.env),
  });
}

/**
 * Before its first line, Node reads the certificates that NODE_EXTRA_CA_CERTS names and all of its own: longer than the rest of its start. So the
 * variable goes to our processes under another name; bin/bxtui does the same, and bin/start.cjs gives it back.
 */
function withCertificatesLater({ NODE_EXTRA_CA_CERTS, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return NODE_EXTRA_CA_CERTS ? { ...env, BXTUI_EXTRA_CA_CERTS: NODE_EXTRA_CA_CERTS } : env;
}
