/** A client session: what the engine may ask of us while it builds (files, credentials, secrets, ssh, and where results go). */
import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../../../builders/endpoint.js';
import { BxError, toBxError } from '../../../platform/errors.js';
import type { SecretSource, SshSource } from '../../engine.js';
import { createRegistryAuth } from '../../shared/registry-auth.js';
import type { CredentialsLookUp } from '../../shared/registry-refusal.js';
import { dialSession, type SpareSocket } from '../transport/dial.js';
import type { Http2Connection } from '../transport/http2-client.js';
import { openControlStream } from './control-stream.js';
import type { MemoryFile } from './filesync/memory-tree.js';
import { createXattrReader } from './filesync/xattrs.js';
import { createLocalSources, type LocalSource } from './local-sources.js';
import { type SessionIdentity, sessionHeaders } from './methods.js';
import { createOutputReceivers, type OutputReceiver } from './outputs/receiver.js';
import type { OutputTarget } from './outputs/target.js';
import { createSecretStore } from './secrets.js';
import { serveSession } from './server.js';
import { createSshForwarder } from './ssh-agent.js';
import type { TransferProgress } from './transfer-meter.js';

export type { MemoryFile } from './filesync/memory-tree.js';
export type { LocalSource } from './local-sources.js';
export { intoFile } from './outputs/file-sink.js';
export type { OutputReceiver } from './outputs/receiver.js';
export type { OutputTarget } from './outputs/target.js';
export type { TransferProgress } from './transfer-meter.js';

export interface SessionOptions {
  readonly endpoint: Endpoint;
  /** The connection to a buildkitd, on which its session is opened; a Docker Engine's session has a connection of its own. */
  readonly connection: Http2Connection;
  /** A connection to a Docker Engine that waits for a session. */
  readonly spareSocket?: SpareSocket | null;
  /** By the name that the build knows them by: `context`, `dockerfile` … */
  readonly locals: Readonly<Record<string, LocalSource>>;
  /** Files that the engine asks for by an id, as `http://buildkit-session/ID`. */
  readonly uploads?: ReadonlyMap<string, string>;
  readonly secrets?: readonly SecretSource[];
  readonly ssh?: readonly SshSource[];
  /** Directories of blobs, by the ids that the build knows them by. */
  readonly contents?: ReadonlyMap<string, string>;
  /** False: nothing is likely to be copied from the local sources, so that nothing is prepared for it. It is served all the same. */
  readonly isCopyExpected?: boolean;
  /** For secrets from variables and for the docker configuration; default: the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Shown by the engine; default `bxtui`. */
  readonly name?: string;
  /** What the engine keeps of local sources is found again under the same text; default: the directory of `context`, else the id. */
  readonly sharedKey?: string;
  /** At most 20 times a second and transfer, and once at its end. */
  readonly onTransfer?: (progress: TransferProgress) => void;
  /** What could not be used and was done without (a credential helper); a sentence. */
  readonly onWarning?: (message: string) => void;
  /** A transfer that ended by our fault (an unreadable file); the engine reports it too, as the failure of a step. */
  readonly onTransferError?: (error: BxError) => void;
  readonly signal: AbortSignal;
}

export interface SessionHandle {
  readonly id: string;
  /**
   * Resolves when the engine has taken the session. A build that names it may be begun before: the engine waits for it (BuildKit,
   * session/manager.go). Rejects with `BxError('endpoint' | 'cancelled' | 'engine-lost')`, handled already.
   */
  readonly opened: Promise<void>;
  /** Adds or replaces a local source. The engine reads each source once in a session. */
  addLocal(name: string, source: LocalSource | ReadonlyMap<string, MemoryFile>): void;
  /** Where the next export of this session goes. `exporter`: its index in SolveRequest.Exporters. */
  receive(target: OutputTarget, exporter?: number, calls?: number): OutputReceiver;
  /** What the engine has asked about registries, and what it was told. */
  credentials(): readonly CredentialsLookUp[];
  /** Resolves with the reason when the engine ended the session; with null after `close`. */
  readonly ended: Promise<BxError | null>;
  /** Ends transfers that are under way. Safe to call twice. */
  close(): Promise<void>;
}

/** Opens a session under a new id. Throws `BxError('input')` for a directory that cannot be read. */
export function openSession(options: SessionOptions): SessionHandle {
  const env = options.env ?? process.env;
  const identity = createIdentity(options);
  const xattrs = createXattrReader();
  const outputs = createOutputReceivers((progress) => options.onTransfer?.(progress));
  const locals = createLocalSources({
    onTransfer: (progress) => options.onTransfer?.(progress),
    onError: (error) => options.onTransferError?.(error),
    xattrs,
    isCopyExpected: options.isCopyExpected ?? true,
  });
  for (const [name, source] of Object.entries(options.locals)) locals.add(name, source);

  const giveUp = new AbortController();
  const services = {
    auth: createRegistryAuth(env, (message) => options.onWarning?.(message)),
    secrets: createSecretStore(options.secrets ?? [], env, (message) => options.onWarning?.(message)),
    ssh: createSshForwarder(options.ssh ?? []),
    contents: options.contents ?? new Map(),
  };
  const serving = openStream(options, identity, AbortSignal.any([options.signal, giveUp.signal])).then((stream) =>
    serveSession(stream, services, {
      sendFiles: (call) => locals.serve(call),
      receiveOutput: (call) => outputs.serve(call),
      upload: async (call) => {
        const { serveUpload } = await import('./upload.js');
        const error = await serveUpload(call, options.uploads ?? new Map(), (progress) => options.onTransfer?.(progress));
        if (error) options.onTransferError?.(error);
      },
    }),
  );
  const opened = serving.then(() => undefined);
  opened.catch(() => undefined);
  const ended = serving.then(
    (server) => server.ended,
    (error: unknown) => (giveUp.signal.aborted ? null : toBxError(error, 'endpoint')),
  );
  void ended.then(() => {
    outputs.dispose();
    xattrs?.dispose();
  });
  return {
    id: identity.id,
    opened,
    addLocal: (name, source) =>
      locals.add(name, source instanceof Map ? { kind: 'memory', files: source } : (source as LocalSource)),
    credentials: () => services.auth.lookUps(),
    receive: (target, exporter, calls) => outputs.receive(target, exporter, calls),
    ended,
    async close() {
      giveUp.abort();
      await (await serving.catch(() => null))?.close();
    },
  };
}

function createIdentity(options: SessionOptions): SessionIdentity {
  const id = randomBytes(12).toString('hex');
  const { context } = options.locals;
  const shared = options.sharedKey ?? (context?.kind === 'dir' ? context.dir : id);
  const sharedKey = createHash('sha256').update(`${hostname()}\0${shared}`).digest('hex');
  return { id, name: options.name ?? 'bxtui', sharedKey };
}

async function openStream(options: SessionOptions, identity: SessionIdentity, signal: AbortSignal): Promise<Duplex> {
  const headers = sessionHeaders(identity);
  if (options.endpoint.kind === 'docker') return dialSession(options.endpoint, headers, signal, options.spareSocket);
  if (options.connection.isClosed)
    throw new BxError('engine-lost', 'the connection to buildkitd has ended', { hint: 'Reload when it is back.' });
  return openControlStream(options.connection.session, headers);
}
