/** What a case of the parity suite is: one build, carried out by both programs on the same engine. */
import type { Key } from './ssh.js';

export interface FileSpec {
  readonly text?: string;
  /** An archive of these files. */
  readonly tar?: Readonly<Record<string, string>>;
  /** A directory that is an image with these files, under the tag `one`. */
  readonly layout?: Readonly<Record<string, string>>;
  /** Permissions, also the special bits. */
  readonly mode?: number;
  /** Target of a symbolic link. */
  readonly link?: string;
  /** Path in the same context that it is another name of. */
  readonly hardLink?: string;
  readonly dir?: boolean;
  readonly owner?: readonly [uid: number, gid: number];
  /** Seconds since the epoch. */
  readonly mtime?: number;
  readonly xattrs?: Readonly<Record<string, string>>;
}

/**
 * tree: the result as files in a directory · tar: as an archive · image: its configuration in the store of the engine · metadata: the file that
 * tells of it · text: what is printed on standard output, and the exit status · failure: the exit status, and what is said.
 */
export type Compared = 'tree' | 'tar' | 'image' | 'metadata' | 'text' | 'failure';

export interface ParityCase {
  readonly name: string;
  readonly dockerfile: string;
  /** Of the context, by path; a string is the content. */
  readonly files?: Readonly<Record<string, string | FileSpec>>;
  /** `@DIR@` is the directory of the case: in it are the context and, for each program by itself, `@OUT@`. */
  readonly args?: readonly string[];
  /** `@DIR@` here as well; undefined: it is not set. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Pairs of keys in the context, as `key-ed25519` and `key-ed25519.pub`; all of them where the client of ssh is copied. */
  readonly keys?: readonly Key[];
  /** An ssh-agent listens at `@DIR@/agent.sock`, and has these keys. */
  readonly agent?: readonly Key[];
  /** The context is a git repository with one commit, and this remote. */
  readonly remote?: string;
  /** The engine has to take images out of directories. */
  readonly needsLayouts?: boolean;
  /** Default: tree. */
  readonly compared?: Compared;
  /** Of a failure: what both have to say, besides the same exit status. */
  readonly says?: RegExp;
}

/** A stage with a shell; the commands after it run for each program by itself. */
export const BASE = `FROM scratch AS base
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
ARG RUN_ID
`;
