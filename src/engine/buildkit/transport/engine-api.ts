/** The Engine API of a docker endpoint (`/version`, image load, tag, save), through dockerode, which is loaded on first use: it is heavy. */
import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import type { Endpoint } from '../../../builders/endpoint.js';
import { BxError } from '../../../platform/errors.js';
import { isSocketAddress, socketTarget } from '../../shared/address.js';
import { describeEndpoint } from '../../shared/connect-error.js';
import { openSocket } from '../../shared/open-socket.js';
import { secureContextOf } from '../../shared/tls-context.js';

/** dockerode for the same endpoint. Throws `BxError('unsupported')` for a buildkitd endpoint, which has no Engine API. */
export async function engineApi(endpoint: Endpoint): Promise<Docker> {
  if (endpoint.kind !== 'docker') {
    throw new BxError('unsupported', `${describeEndpoint(endpoint)} is a buildkitd, which has no Engine API`, {
      hint: 'Name a Docker Engine with DOCKER_HOST for loading, tagging and saving images.',
    });
  }
  const { default: Dockerode } = await import('dockerode');
  return new Dockerode((await modemOptions(endpoint)) as Docker.DockerOptions);
}

/** Every field is given, also as undefined: docker-modem fills what is missing from DOCKER_HOST and its companions. */
async function modemOptions(endpoint: Endpoint): Promise<Record<string, unknown>> {
  const { tls } = endpoint;
  const plain = { ca: undefined, cert: undefined, key: undefined, pathPrefix: '/', timeout: undefined, username: undefined };
  if (!isSocketAddress(endpoint.address)) {
    return { ...plain, protocol: 'http', socketPath: undefined, host: 'docker', port: 80, agent: await channelAgent(endpoint) };
  }
  const target = socketTarget(endpoint);
  if (target.kind !== 'tcp') return { ...plain, protocol: 'http', socketPath: target.path, host: undefined, port: undefined };
  const tcp = { ...plain, socketPath: undefined, host: target.host, port: target.port };
  if (!tls) return { ...tcp, protocol: 'http' };
  const https = await import('node:https');
  const agent = new https.Agent({
    keepAlive: false,
    rejectUnauthorized: !tls.skipVerify,
    secureContext: secureContextOf(tls),
    ...(tls.serverName !== null && { servername: tls.serverName }),
  });
  return { ...tcp, protocol: 'https', agent };
}

/** Each request goes over a channel of its own. */
async function channelAgent(endpoint: Endpoint): Promise<unknown> {
  const http = await import('node:http');
  const agent = new http.Agent({ keepAlive: false });
  return Object.assign(agent, {
    createConnection(_options: unknown, done: (error: Error | null, stream?: Duplex) => void): void {
      openSocket(endpoint, new AbortController().signal).then(
        (stream) => done(null, stream),
        (error: Error) => done(error),
      );
    },
  });
}
