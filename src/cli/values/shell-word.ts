/** A word for a person's shell to read back. Pure. */

/** As a POSIX shell takes it (Shell Command Language, 2.2). */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
