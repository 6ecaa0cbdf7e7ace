/** The proxies of docker's configuration as build arguments, which need no ARG and stay out of the image (docker/cli, docs of `proxies`). */
import type { BuildRequest } from '../engine.js';

/**
 * The request with the proxies that are configured for the engine at `address`, else for all engines. An argument of the command line in
 * any spelling beats them. `inBothCases`: the classic builder's client gives each a second time in lower case, BuildKit does it by itself.
 */
export function withProxyArgs(request: BuildRequest, address: string, inBothCases = false): BuildRequest {
  const { proxies = {}, buildArgs } = request;
  const configured = proxies[address] ?? proxies.default ?? [];
  const given = new Set(buildArgs.map(([name]) => name.toUpperCase()));
  const added = configured
    .filter(([name]) => !given.has(name))
    .flatMap(([name, value]) => (inBothCases ? [name, name.toLowerCase()] : [name]).map((one) => [one, value] as const));
  return added.length === 0 ? request : { ...request, buildArgs: [...buildArgs, ...added] };
}
