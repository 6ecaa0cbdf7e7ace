/** An engine that the command line names: used as it is, and neither started, stopped nor pruned. */
import { SetupError } from '../setup/say.mjs';

/**
 * @param {string} address as for DOCKER_HOST
 * @returns {import('../setup/engine.mjs').EngineHandle}
 */
export function namedEngine(address) {
  if (!/^(unix|tcp):\/\//.test(address)) {
    throw new SetupError(`--docker-host ${address} is no address`, 'Give unix:///path/to/docker.sock or tcp://host:port.');
  }
  const { BUILDKIT_HOST: _b, DOCKER_CONTEXT: _c, ...env } = process.env;
  const refuse = async () => {
    throw new SetupError(`${address} is not ours to stop or start`, '');
  };
  return {
    address,
    isPrivate: false,
    cgroup: null,
    env: { ...env, DOCKER_HOST: address },
    kill: refuse,
    start: refuse,
    stop: async () => null,
    deaths: () => [],
  };
}
