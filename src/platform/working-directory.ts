/** The directory that relative paths count from, which may be gone by the time a program is started in it. */

/**
 * Empty where it is gone: `path.resolve` takes that for the directory of this process and asks for it once a path is relative, which throws then
 * (`toBxError` says it in words). So whatever names only whole paths goes on.
 */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '';
  }
}

/** Whether an error says that the directory of this process is gone. */
export function saysDirectoryIsGone(error: Error): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' && syscall === 'uv_cwd';
}
