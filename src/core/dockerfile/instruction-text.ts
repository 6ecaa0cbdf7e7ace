/** An instruction's source lines as the one line that lists show. */

const HEREDOC = /<<-?\s*["']?\w/;
/** `RUN <<EOF`: the heredoc is the script itself, not what another program reads. */
const SCRIPT = /^RUN\s(?:\s*--\S+)*\s*<<-?\s*["']?(\w+)["']?$/i;
/** What scripts begin with, whatever they do. */
const PREAMBLE = /^(?:#|set\s+[-+])/;

/**
 * Joins continuations with single spaces, drops comment and blank lines inside of them, and cuts a heredoc after its opening
 * line (marked with `…`); of one that is a script the first command stands for it: `RUN <<EOF (make all …)`. `escapeCharacter` is the file's
 * escape character, a backslash or a backtick.
 */
export function instructionText(lines: readonly string[], escapeCharacter: string): string {
  const parts: string[] = [];
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (index > 0 && (line === '' || line.startsWith('#'))) continue;
    const isContinued = line.endsWith(escapeCharacter);
    parts.push(isContinued ? line.slice(0, -1).trimEnd() : line);
    if (!isContinued) {
      if (index < lines.length - 1 && HEREDOC.test(line)) parts.push(bodyText(line, lines.slice(index + 1)));
      break;
    }
  }
  return parts.filter((part) => part !== '').join(' ');
}

function bodyText(opening: string, body: readonly string[]): string {
  const terminator = SCRIPT.exec(opening)?.[1];
  if (terminator === undefined) return '…';
  const commands = body.map((line) => line.trim()).filter((line) => line !== '' && line !== terminator && !PREAMBLE.test(line));
  if (commands[0] === undefined) return '…';
  return `(${commands[0]}${commands.length > 1 ? ' …' : ''})`;
}
