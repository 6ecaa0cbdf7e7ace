/** Text as one word of a POSIX shell, and argv as one line. */

/** A word that every POSIX shell reads back as `text`. Line breaks stay as they are, inside of the quotes. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

export function shellJoin(args: readonly string[]): string {
  return args.map(shellQuote).join(' ');
}

/** A command that prints exactly `text`, itself on one line: `printf`'s %b undoes the octal codes (POSIX, printf utility). */
export function printfCommand(text: string): string {
  const encoded = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\0012').replaceAll('\r', '\\0015');
  return `printf %b '${encoded.replaceAll("'", "'\\''")}'`;
}
