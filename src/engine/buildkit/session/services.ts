/** The small calls of a session, served through Connect: health, credentials, secrets, ssh, and the stores of blobs. */
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { BxError, toBxError } from '../../../platform/errors.js';
import type { RegistryAuth } from '../../shared/registry-auth.js';
import { Auth } from '../proto/gen/auth_pb.js';
import { Health, HealthCheckResponse_ServingStatus } from '../proto/gen/health_pb.js';
import { Secrets } from '../proto/gen/secrets_pb.js';
import { SSH } from '../proto/gen/sshforward_pb.js';
import { registerContent } from './content/content-service.js';
import type { SecretStore } from './secrets.js';
import type { SshForwarder } from './ssh-agent.js';

export interface SessionServices {
  readonly auth: RegistryAuth;
  readonly secrets: SecretStore;
  readonly ssh: SshForwarder;
  /** Directories by the ids of the stores that they are served as. */
  readonly contents: ReadonlyMap<string, string>;
}

export function registerServices(router: ConnectRouter, { auth, secrets, ssh, contents }: SessionServices): void {
  registerContent(router, contents);
  router.service(Health, { check: () => ({ status: HealthCheckResponse_ServingStatus.SERVING }) });
  // The other methods of Auth stay unimplemented: the engine then fetches tokens itself, with these credentials.
  router.service(Auth, {
    async credentials(request) {
      const found = await auth.lookUp(request.Host).catch(rethrow);
      return found ? { Username: found.username, Secret: found.secret } : {};
    },
  });
  router.service(Secrets, {
    async getSecret(request) {
      const data = await secrets.get(request.ID).catch(rethrow);
      if (!data) throw new ConnectError(`secret ${request.ID}: not found`, Code.NotFound);
      return { data: new Uint8Array(data) };
    },
  });
  router.service(SSH, {
    checkAgent(request) {
      // "Not implemented" is what the engine words best when nothing was given at all.
      if (!ssh.isConfigured) throw new ConnectError('no ssh agent was given', Code.Unimplemented);
      try {
        ssh.check(request.ID);
      } catch (error) {
        rethrow(error);
      }
      return {};
    },
    async *forwardAgent(requests, context) {
      const id = context.requestHeader.get('buildkit.ssh.id') ?? '';
      async function* bytes(): AsyncGenerator<Uint8Array> {
        for await (const message of requests) yield message.data;
      }
      try {
        for await (const data of ssh.forward(id, bytes(), context.signal)) yield { data: new Uint8Array(data) };
      } catch (error) {
        rethrow(error);
      }
    },
  });
}

function rethrow(thrown: unknown): never {
  const error = toBxError(thrown);
  throw new ConnectError(
    error.message,
    error instanceof BxError && error.code === 'not-found' ? Code.NotFound : Code.Unknown,
    undefined,
    undefined,
    error,
  );
}
