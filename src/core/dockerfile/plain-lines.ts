/**
 * The instructions of a Dockerfile that are one plain line each, found without the parser: it takes most of its time for arguments, of which
 * little is asked here. Whatever is not surely one (heredocs, continuations, escapes, quoted flags) is left to it.
 */
export interface PlainLine {
  /** 1-based. */
  readonly line: number;
  /** Upper-case. */
  readonly keyword: string;
  readonly parts: Parts;
}

export interface Flag {
  readonly name: string;
  /** Null: without `=`. */
  readonly value: string | null;
}

/** What stands behind the keyword. */
export interface Parts {
  readonly flags: readonly Flag[];
  readonly args: readonly string[];
}

export interface Split {
  readonly plain: readonly PlainLine[];
  /** The text without them, every other line at its place. */
  readonly rest: string;
}

const PLAIN = /^[ \t]*([A-Z]+)[ \t]+(?![^\n]*(?:<<|[\\`]))[^\s]/i;
const COMMENT_OR_BLANK = /^\s*(?:#.*)?$/;
const NONE: Parts = { flags: [], args: [] };

/** Takes the plain lines out, up to the first heredoc: what its lines are is the parser's to say. */
export function takePlainLines(text: string): Split {
  const plain: PlainLine[] = [];
  // A line break of its own to the parser.
  if (/\r(?!\n)/.test(text)) return { plain, rest: text };
  const lines = text.split('\n');
  let isContinued = false;
  for (const [index, line] of lines.entries()) {
    if (line.includes('<<')) break;
    const keyword = isContinued ? undefined : PLAIN.exec(line)?.[1]?.toUpperCase();
    const parts = keyword === undefined ? null : partsOf(keyword, line);
    if (keyword !== undefined && parts !== null) {
      plain.push({ line: index + 1, keyword, parts });
      lines[index] = '';
    } else if (!COMMENT_OR_BLANK.test(line)) isContinued = /[\\`]/.test(line);
  }
  return { plain, rest: plain.length === 0 ? text : lines.join('\n') };
}

/** Whether the parser is to be asked for anything in what is left. */
export function hasInstructions(rest: string): boolean {
  return rest.split('\n').some((line) => !COMMENT_OR_BLANK.test(line));
}

/** Nobody asks for those of an instruction that has no flags, except for FROM. Null: not for a plain reader. */
function partsOf(keyword: string, line: string): Parts | null {
  if (keyword !== 'FROM' && (!line.includes('--') || hasList(line))) return NONE;
  if (/["'$#[]|[^\S \t\r]/.test(line)) return null;
  const [, ...words] = line.trim().split(/[ \t]+/);
  const end = words.findIndex((word) => !word.includes('--'));
  const leading = end < 0 ? words : words.slice(0, end);
  const flags = leading.filter((word) => word.startsWith('--'));
  return { flags: flags.map(flagOf), args: words.slice(flags.length) };
}

/** `RUN ["a", "--b"]`: nothing stands before the list, and nothing in it is a flag. */
function hasList(line: string): boolean {
  const list = /^\s*\S+\s+(\[.*\])\s*$/.exec(line)?.[1];
  try {
    return list !== undefined && (JSON.parse(list) as unknown[]).every((word) => typeof word === 'string');
  } catch {
    return false;
  }
}

function flagOf(word: string): Flag {
  const at = word.indexOf('=');
  return at < 0 ? { name: word.slice(2), value: null } : { name: word.slice(2, at), value: word.slice(at + 1) };
}
