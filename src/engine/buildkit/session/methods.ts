/** What a session offers to the engine, and the names under which it says so. */

export const DIFF_COPY_IN = '/moby.filesync.v1.FileSync/DiffCopy';
export const DIFF_COPY_OUT = '/moby.filesync.v1.FileSend/DiffCopy';
export const UPLOAD = '/moby.upload.v1.Upload/Pull';

/** The engine calls only what is announced here (and, announced or not, the methods of Auth). */
export const SESSION_METHODS: readonly string[] = [
  DIFF_COPY_IN,
  DIFF_COPY_OUT,
  UPLOAD,
  '/moby.filesync.v1.Auth/Credentials',
  '/moby.buildkit.secrets.v1.Secrets/GetSecret',
  '/moby.sshforward.v1.SSH/CheckAgent',
  '/moby.sshforward.v1.SSH/ForwardAgent',
  '/grpc.health.v1.Health/Check',
  ...['Info', 'List', 'Delete', 'Read', 'Status', 'ListStatuses', 'Write', 'Abort'].map(
    (method) => `/containerd.services.content.v1.Content/${method}`,
  ),
];

export interface SessionIdentity {
  readonly id: string;
  readonly name: string;
  /** Local sources of sessions with the same key share what the engine has received of them already. */
  readonly sharedKey: string;
}

/** Header pairs for `POST /session`, in lower case metadata for Control.Session; the method header is repeated, once for each method. */
export function sessionHeaders(identity: SessionIdentity): ReadonlyArray<readonly [name: string, value: string]> {
  return [
    ['X-Docker-Expose-Session-Uuid', identity.id],
    ['X-Docker-Expose-Session-Name', identity.name],
    ['X-Docker-Expose-Session-Sharedkey', identity.sharedKey],
    ...SESSION_METHODS.map((method) => ['X-Docker-Expose-Session-Grpc-Method', method] as const),
  ];
}
