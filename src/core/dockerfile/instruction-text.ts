/** An instruction's source lines as the one line that lists show. */

/**
 * Joins continuations with single spaces, drops comment and blank lines inside of them, and cuts a heredoc after its opening
 * line (marked with `…`). `escapeCharacter` is the file's escape character, a backslash or a backtick.
 */
export function instructionText(lines: readonly string[], escapeCharacter: string): string {
  const parts: string[] = [];
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (index > 0 && (line === '' || line.startsWith('#'))) continue;
    const isContinued = line.endsWith(escapeCharacter);
    parts.push(isContinued ? line.slice(0, -1).trimEnd() : line);
    if (!isContinued) {
      if (index < lines.length - 1 && /<<-?\s*["']?\w/.test(line)) parts.push('…');
      break;
    }
  }
  return parts.filter((part) => part !== '').join(' ');
}
