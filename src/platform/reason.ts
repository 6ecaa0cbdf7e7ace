/** Why the system refused something, in words instead of `ENOENT: no such file or directory, open '/x'`. Pure. */

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'it is in use',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was broken off',
  EDQUOT: 'the quota of the disk is used up',
  EEXIST: 'it is there already',
  EFBIG: 'it is too large for its file system',
  EIO: 'the disk failed',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'too many files are open',
  ENOENT: 'it does not exist',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'a part of the path is no directory',
  ENOTEMPTY: 'the directory is not empty',
  ENXIO: 'nobody reads there',
  EPERM: 'permission denied',
  EPIPE: 'the reader has gone',
  EROFS: 'the file system is read-only',
  ETIMEDOUT: 'there was no answer',
  ETXTBSY: 'it is a program that runs',
};

/** `ENODEV: no such device, open '/x'`; `connect ENODEV /x`. */
const RAW = /^E[A-Z0-9]+: (.+?), \w+(?: '.*')?$/s;

/** Without the object, which whoever says it names. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? RAW.exec(message)?.[1] ?? message;
}

/** Why a file cannot be written: what does not exist then is the directory that it would be in. */
export function writeReasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such directory' : reasonOf(error);
}
